"""One model, two ModelDeployments: built once, and there until the last one goes."""

import pytest

from e2e import manifests, predicting, smallmodels, waiting

#: Everything that the product makes in a namespace.
MADE = ("mbuild", "jobs", "pods", "deployments", "replicasets", "services", "pvc", "controllerrevisions", "pdb")


@pytest.fixture(scope="module")
def pair(namespace):
    """Two names of one model, both Ready."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        *(manifests.model_deployment(name, manifests.from_config_map("small")) for name in ("first", "second")),
    )
    return [waiting.ready(namespace, name) for name in ("first", "second")]


def test_two_of_the_same_model_share_one_build_and_one_job(namespace, pair):
    assert [len(namespace.list(kind)) for kind in ("mbuild", "jobs")] == [1, 1]


def test_both_serve_the_same_artifact(pair):
    assert len({resource["status"]["artifact"]["digest"] for resource in pair}) == 1


def test_each_is_an_owner_of_the_build(namespace, pair):
    (build,) = namespace.list("mbuild")
    assert {owner["name"] for owner in build["metadata"]["ownerReferences"]} == {"first", "second"}


def test_after_deleting_the_first_the_second_serves_on(namespace, pair):
    namespace.delete("mdep", "first")
    waiting.gone(namespace, "deployment", "first")
    assert predicting.mark(namespace, "second") == 1
    assert len(namespace.list("mbuild")) == 1


def test_after_deleting_both_nothing_is_left(namespace, pair):
    namespace.delete("mdep", "first", "second")
    waiting.until("nothing is left", lambda: not left(namespace), 120, namespace)


def left(namespace) -> list[str]:
    """kind/name of everything but what the user and Kubernetes made themselves."""
    found = [f"{kind}/{item['metadata']['name']}" for kind in MADE for item in namespace.list(kind)]
    maps = [f"configmap/{item['metadata']['name']}" for item in namespace.list("configmap")]
    return found + [name for name in maps if name not in ("configmap/small", "configmap/kube-root-ca.crt")]
