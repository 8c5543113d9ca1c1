"""Which nodes servers may run on: by what GPU feature discovery and node feature discovery write on them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure import making

from model_operator import nodes
from model_operator.api import deployment
from model_operator.deployments.manifests import affinity

CPUID = "feature.node.kubernetes.io/cpu-cpuid."
DISCOVERED = {"feature.node.kubernetes.io/cpu-model.vendor_id": "Intel"}


def required(**parts):
    return affinity.required(deployment.ModelDeploymentSpec.model_validate(making.spec(**parts)))


def allowed(terms, labels):
    """Whether the scheduler would let a pod with these terms onto a node with these labels."""
    pod = {"affinity": affinity.affinity(terms)} if terms else {}
    return nodes.mismatched({"metadata": {"name": "n", "labels": labels}}, pod) == []


@pytest.mark.parametrize(
    ("asked", "label", "fits"),
    [
        ("40Gi", "40960", True),
        ("40Gi", "40959", False),
        ("80Gi", "81559", False),  # an H100 says so of its 80 GB
        ("80G", "81559", True),
        (1, "1", True),
    ],
)
def test_the_least_memory_of_a_gpu_is_held_against_its_label_in_mebibytes(asked, label, fits):
    terms = required(serving={"gpu": {"memory": asked}})
    assert allowed(terms, {"nvidia.com/gpu.memory": label}) is fits


def test_a_product_is_one_and_no_other():
    terms = required(serving={"gpu": {"product": "NVIDIA-L4"}})
    assert allowed(terms, {"nvidia.com/gpu.product": "NVIDIA-L4"})
    assert not allowed(terms, {"nvidia.com/gpu.product": "NVIDIA-L40"})
    assert not allowed(terms, {})


def test_product_and_memory_must_both_be_so():
    terms = required(serving={"gpu": {"product": "NVIDIA-L4", "memory": "20Gi"}})
    both = {"nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.memory": "23034"}
    assert allowed(terms, both)
    assert not any(allowed(terms, {key: value}) for key, value in both.items())


@pytest.mark.parametrize(
    ("target", "features", "fits"),
    [
        ("vnni", ("AVX512VNNI",), True),
        ("vnni", ("AVXVNNI",), True),
        ("vnni", ("AVX2",), False),
        ("amx", ("AMXINT8",), True),
        ("amx", ("AMXTILE", "AVX512VNNI"), False),
        ("portable", (), True),
    ],
)
def test_an_artifact_that_is_not_portable_goes_where_its_instructions_are(target, features, fits):
    labels = DISCOVERED | {f"{CPUID}{feature}": "true" for feature in features}
    assert allowed(required(build={"target": {"cpu": target}}), labels) is fits


@pytest.mark.parametrize("target", ["vnni", "amx"])
def test_a_node_of_which_nothing_was_discovered_is_allowed(target):
    assert allowed(required(build={"target": {"cpu": target}}), {"kubernetes.io/hostname": "n"})


def test_what_asks_for_nothing_has_no_affinity():
    assert required() == required(serving={"gpu": {"count": 2}}) == []


KEYS = st.sampled_from(["a", "b", "c"])
REQUIREMENTS = st.fixed_dictionaries(
    {"key": KEYS, "operator": st.sampled_from(["In", "NotIn"]), "values": st.lists(st.sampled_from("xy"), min_size=1)}
)
TERMS = st.lists(
    st.fixed_dictionaries({"matchExpressions": st.lists(REQUIREMENTS, min_size=1, max_size=2)}), max_size=3
)


@given(one=TERMS, other=TERMS, labels=st.dictionaries(KEYS, st.sampled_from("xyz")))
def test_both_are_met_by_just_the_nodes_that_meet_each(one, other, labels):
    assert allowed(affinity.both(one, other), labels) == (allowed(one, labels) and allowed(other, labels))
