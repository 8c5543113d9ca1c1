"""Suspended, or deleted in the middle of a build."""

from e2e import manifests, predicting, smallmodels, waiting


def test_a_suspended_one_builds_nothing(workshop):
    workshop.apply(
        manifests.config_map("unwanted", smallmodels.files(7)),
        manifests.model_deployment("sleeper", manifests.from_config_map("unwanted"), suspend=True),
    )
    waiting.condition(workshop, "sleeper", "Ready", "False", "Suspended", seconds=30)
    assert builds_of(workshop, "sleeper") == []
    workshop.delete("mdep", "sleeper")


def test_a_suspended_one_serves_on_and_ignores_a_changed_model(workshop, served):
    workshop.apply(manifests.config_map("unwanted", smallmodels.files(7)))
    changed = manifests.model_deployment(served, manifests.from_config_map("unwanted"), suspend=True)
    workshop.apply(changed)
    waiting.condition(workshop, served, "Ready", "False", "Suspended", seconds=30)
    assert predicting.mark(workshop, served) == 1
    found = workshop.get("mdep", served)
    assert waiting.current(found)["Available"]["status"] == "True"


def test_resumed_it_is_ready_again(workshop, served):
    workshop.patch("mdep", served, {"spec": {"suspend": True}})
    waiting.condition(workshop, served, "Ready", "False", "Suspended", seconds=30)
    workshop.patch("mdep", served, {"spec": {"suspend": False}})
    waiting.ready(workshop, served, seconds=30)


def test_deleted_while_building_it_takes_the_build_with_it(workshop):
    workshop.apply(
        manifests.config_map("doomed", smallmodels.files(8)),
        manifests.model_deployment("doomed", manifests.from_config_map("doomed")),
    )
    build = waiting.until("a build", lambda: builds_of(workshop, "doomed"), 60, workshop)[0]["metadata"]["name"]
    label = f"modelsmith.dev/build={build}"
    waiting.until("a build pod that runs", lambda: pods_that_began(workshop, label), 90, workshop)
    workshop.delete("mdep", "doomed")
    for kind in ("mbuild", "jobs", "pods"):
        waiting.until(f"no {kind} of it", lambda kind=kind: not of_build(workshop, kind, build), 90, workshop)


def builds_of(namespace, owner: str) -> list:
    """The ModelBuilds that a ModelDeployment owns."""
    return [
        build
        for build in namespace.list("mbuild")
        if any(reference["name"] == owner for reference in build["metadata"].get("ownerReferences", []))
    ]


def of_build(namespace, kind: str, build: str) -> list:
    """What belongs to a build, and itself."""
    if kind == "mbuild":
        return [item for item in namespace.list(kind) if item["metadata"]["name"] == build]
    return namespace.list(kind, f"modelsmith.dev/build={build}")


def pods_that_began(namespace, label: str) -> list:
    """Pods of which a container has started."""
    return [
        pod
        for pod in namespace.list("pods", label)
        if any("running" in status["state"] for status in pod["status"].get("initContainerStatuses", []))
    ]
