"""How things end: artifacts of a registry that go along, a namespace that does not hang."""

import pytest

from e2e import installing, kube, locked, manifests, predicting, smallmodels, waiting
from model_operator import names


@pytest.fixture(scope="module")
def stocked(namespace, tmp_path_factory):
    """The namespace, with the model and the registry's password."""
    with locked.registry(tmp_path_factory.mktemp("registry")):
        yield stock(namespace)


def stock(namespace: kube.Namespace) -> kube.Namespace:
    namespace.apply(manifests.config_map("small", smallmodels.files(1)), locked.secret())
    return namespace


def model(name: str) -> kube.Manifest:
    """Its artifact goes with it."""
    return locked.model(name, reclaimPolicy="Delete")


def test_its_artifact_goes_with_it(stocked):
    stocked.apply(model("leaving"))
    found = waiting.ready(stocked, "leaving")
    assert found["metadata"]["finalizers"] == [names.FINALIZER]
    assert locked.pushed(found)
    stocked.delete("mdep", "leaving")
    assert not locked.pushed(found)


def test_what_a_sibling_serves_stays(stocked):
    stocked.apply(model("one"), model("other"))
    found = [waiting.ready(stocked, name) for name in ("one", "other")]
    stocked.delete("mdep", "one")
    assert locked.pushed(found[1])
    assert predicting.mark(stocked, "other") == 1
    stocked.delete("mdep", "other")
    assert not locked.pushed(found[1])


def test_one_whose_password_is_gone_is_let_go_by_the_annotation(stocked):
    stocked.apply(model("shut"))
    found = waiting.ready(stocked, "shut")
    stocked.delete("secret", "registry")
    stocked.delete("mdep", "shut", wait=False)
    waiting.until("it waits", lambda: "deletionTimestamp" in stocked.get("mdep", "shut")["metadata"], 30, stocked)
    stocked.annotate("mdep", "shut", names.ABANDON, "true")
    waiting.gone(stocked, "mdep", "shut", 30)
    assert locked.pushed(found)
    stocked.apply(locked.secret())


def test_a_namespace_with_one_ends(stocked):
    ending = stock(installing.fresh_namespace("e2e-ending"))
    ending.apply(model("inside"))
    waiting.ready(ending, "inside")
    installing.drop_namespace(ending.name)
