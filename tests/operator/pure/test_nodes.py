"""What pods ask and nodes give, as the scheduler counts."""

import decimal

import pytest

from model_operator import nodes


def container(requests=None, limits=None, **fields):
    return {"resources": {"requests": requests or {}, "limits": limits or {}}, **fields}


def asked(**pod):
    return {name: float(value) for name, value in nodes.asked(pod).items() if name != "pods"}


def test_containers_are_added_up():
    assert asked(containers=[container({"cpu": "500m"}), container({"cpu": 1, "memory": "1Ki"})]) == {
        "cpu": 1.5,
        "memory": 1024,
    }


def test_init_containers_come_one_after_the_other():
    inits = [container({"cpu": 3}), container({"cpu": 2})]
    assert asked(initContainers=inits, containers=[container({"cpu": 1})]) == {"cpu": 3}


def test_sidecars_stay_beside_those_that_follow_and_beside_the_containers():
    sidecar = container({"cpu": 1}, restartPolicy="Always")
    assert asked(initContainers=[container({"cpu": 5}), sidecar], containers=[container({"cpu": 1})]) == {"cpu": 5}
    assert asked(initContainers=[sidecar, container({"cpu": 5})], containers=[container({"cpu": 1})]) == {"cpu": 6}
    assert asked(initContainers=[sidecar], containers=[container({"cpu": 7})]) == {"cpu": 8}


def test_a_limit_without_a_request_asks_for_as_much_and_overhead_comes_on_top():
    one = container(limits={"nvidia.com/gpu": "2", "cpu": 4}, requests={"cpu": 1})
    assert asked(containers=[one], overhead={"cpu": "250m"}) == {"cpu": 1.25, "nvidia.com/gpu": 2}


def test_pods_that_ended_give_back_what_they_had():
    pods = [
        {"spec": {"containers": [container({"nvidia.com/gpu": 1})]}, "status": {"phase": phase}}
        for phase in ("Running", "Pending", "Succeeded", "Failed")
    ]
    assert nodes.taken(pods) == {"nvidia.com/gpu": 2, "pods": 2}


def test_devices_are_what_kubernetes_does_not_count_itself():
    amounts = dict.fromkeys(("cpu", "hugepages-2Mi", "kubernetes.io/x", "b.com/y", "a.com/x"), decimal.Decimal(1))
    assert nodes.extended(amounts) == ["a.com/x", "b.com/y"]


TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "nvidia.com/gpu", "operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}, True),
        ({"key": "nvidia.com/gpu", "value": "present"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "nvidia.com/gpu", "value": "absent"}, False),
        ({"key": "nvidia.com/gpu"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"key": "", "operator": "Equal"}, False),
    ],
)
def test_taints_are_tolerated_as_kubernetes_says(toleration, tolerated):
    node = {"metadata": {"name": "n"}, "spec": {"taints": [TAINT]}}
    left = nodes.untolerated(node, {"tolerations": [toleration]})
    assert left == ([] if tolerated else ["nvidia.com/gpu=present:NoSchedule"])


def test_a_taint_that_only_prefers_keeps_nobody_away():
    node = {"metadata": {"name": "n"}, "spec": {"taints": [{**TAINT, "effect": "PreferNoSchedule"}]}}
    assert nodes.untolerated(node, {}) == []


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        ({"key": "disk", "operator": "In", "values": ["ssd", "nvme"]}, True),
        ({"key": "disk", "operator": "In", "values": ["hdd"]}, False),
        ({"key": "disk", "operator": "NotIn", "values": ["hdd"]}, True),
        ({"key": "none", "operator": "NotIn", "values": ["hdd"]}, True),
        ({"key": "disk", "operator": "NotIn", "values": ["ssd"]}, False),
        ({"key": "disk", "operator": "Exists"}, True),
        ({"key": "none", "operator": "Exists"}, False),
        ({"key": "none", "operator": "DoesNotExist"}, True),
        ({"key": "disk", "operator": "DoesNotExist"}, False),
        ({"key": "size", "operator": "Gt", "values": ["9"]}, True),
        ({"key": "size", "operator": "Gt", "values": ["10"]}, False),
        ({"key": "size", "operator": "Lt", "values": ["11"]}, True),
        ({"key": "none", "operator": "Lt", "values": ["11"]}, False),
        ({"key": "disk", "operator": "Gt", "values": ["1"]}, False),
        ({"key": "size", "operator": "OfALaterVersion"}, False),
    ],
)
def test_requirements_on_labels(requirement, met):
    assert nodes.meets({"disk": "ssd", "size": "10"}, {"name": "n"}, requirement) is met


def test_the_nearest_of_several_terms_is_told_with_the_node_selector():
    far = {"matchExpressions": [{"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}]}
    near = {"matchExpressions": [{"key": "c", "operator": "Exists"}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [far, near]}}
    pod = {"nodeSelector": {"disk": "ssd"}, "affinity": {"nodeAffinity": required}}
    found = nodes.mismatched({"metadata": {"name": "n"}}, pod)
    assert [one["key"] for one in found] == ["disk", "c"]


def test_a_node_may_be_named():
    required = {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}]}
    pod = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}
    assert nodes.mismatched({"metadata": {"name": "n"}}, pod) == []
    assert nodes.mismatched({"metadata": {"name": "m"}}, pod) != []
