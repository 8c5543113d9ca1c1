"""Wait until something is so; when it is not in time, fail with everything that tells why."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from e2e import diagnosis, kube

Found = TypeVar("Found")
INTERVAL = 0.5
#: Reasons of a build that has not ended.
UNDER_WAY = ("Building", "Retrying", "Unschedulable")


def until(claim: str, probe: Callable[[], Found], seconds: float, namespace: kube.Namespace) -> Found:
    """The first true value of a probe. An error of kubectl counts as not yet."""
    deadline = time.monotonic() + seconds
    last = "it was never true"
    while time.monotonic() < deadline:
        try:
            if found := probe():
                return found
        except kube.KubectlError as error:
            last = str(error)
        time.sleep(INTERVAL)
    pytest.fail(f"{claim}: not so after {seconds:.0f} s ({last})\n{diagnosis.of(namespace)}", pytrace=False)


def ready(namespace: kube.Namespace, name: str, seconds: float = 240) -> kube.Manifest:
    """The ModelDeployment, once Ready for the generation that it has now."""
    return condition(namespace, name, "Ready", "True", seconds=seconds)


def condition(
    namespace: kube.Namespace, name: str, kind: str, status: str, reason: str = "", seconds: float = 240
) -> kube.Manifest:
    """The ModelDeployment, once a condition is so for the generation that it has now."""

    def probe() -> kube.Manifest | None:
        found = namespace.get("mdep", name)
        condition = current(found).get(kind, {})
        fits = condition.get("status") == status and condition.get("reason", "").startswith(reason)
        return found if fits else None

    return until(f"{name} is {kind}={status} {reason}".rstrip(), probe, seconds, namespace)


def judged(namespace: kube.Namespace, name: str, seconds: float = 240) -> dict[str, kube.Manifest]:
    """Type -> condition, once the build of this generation has ended, or cannot begin."""

    def probe() -> dict[str, kube.Manifest] | None:
        found = current(namespace.get("mdep", name))
        return found if found and found["Built"]["reason"] not in UNDER_WAY else None

    return until(f"{name} is judged", probe, seconds, namespace)


def current(resource: kube.Manifest) -> dict[str, kube.Manifest]:
    """Type -> condition, of a status that speaks of the present generation; else none."""
    status = resource.get("status", {})
    if status.get("observedGeneration") != resource["metadata"]["generation"]:
        return {}
    return conditions(resource)


def conditions(resource: kube.Manifest) -> dict[str, kube.Manifest]:
    """Type -> condition, of whatever generation."""
    return {condition["type"]: condition for condition in resource.get("status", {}).get("conditions", [])}


def gone(namespace: kube.Namespace, kind: str, name: str, seconds: float = 120) -> None:
    """Until there is no such object."""
    until(f"{kind}/{name} is gone", lambda: namespace.find(kind, name) is None, seconds, namespace)
