"""Waits for a ModelDeployment, and tells what happens meanwhile."""

import json
import time
from typing import Any

from demo import clusters, errors, programs

#: The longest that a first run may take, in seconds: the builder's image is several GB.
PATIENCE = 1200.0
#: The same for the operator.
OPERATOR_PATIENCE = 300.0
#: The same until a change is noticed.
NOTICE_PATIENCE = 30.0
PAUSE = 1.0
#: Why a container waits that will not come up by waiting.
HOPELESS = {"CrashLoopBackOff", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"}


def until_available(cluster: clusters.Cluster, namespace: str, name: str) -> None:
    """Until the operator is up. Raises DemoError with its last words as soon as it is known not to come."""
    started = time.monotonic()
    while time.monotonic() - started < OPERATOR_PATIENCE:
        status = json.loads(cluster.kubectl("-n", namespace, "get", "deployment", name, "-o", "json"))
        if rolled_out(status):
            return
        pods = json.loads(cluster.kubectl("-n", namespace, "get", "pods", "-o", "json"))["items"]
        if any(reason in HOPELESS for reason in reasons(pods)):
            break
        time.sleep(PAUSE)
    raise errors.DemoError(
        f"The operator does not come up.\n{last_words(cluster, namespace, name)}",
        f"kubectl -n {namespace} describe pods",
    )


def rolled_out(deployment: dict[str, Any]) -> bool:
    """Does the present template run?"""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    counts = {status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")}
    return counts == {wanted} and bool(status["observedGeneration"] == deployment["metadata"]["generation"])


def reasons(pods: list[dict[str, Any]]) -> list[str]:
    """Why containers wait, of pods that are not on their way out."""
    there = [pod["status"].get("containerStatuses", ()) for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return [status["state"].get("waiting", {}).get("reason", "") for statuses in there for status in statuses]


def last_words(cluster: clusters.Cluster, namespace: str, name: str) -> str:
    """State and log."""
    try:
        pods = cluster.kubectl("-n", namespace, "get", "pods")
        return pods + cluster.kubectl("-n", namespace, "logs", f"deployment/{name}", "--tail=10")
    except errors.DemoError as error:
        return str(error)


def until_ready(cluster: clusters.Cluster, namespace: str, name: str) -> None:
    """Print each condition as it changes, until Ready. Raises DemoError when it stalls, or takes too long."""
    started, said = time.monotonic(), dict[str, tuple[str, str]]()
    while time.monotonic() - started < PATIENCE:
        resource = json.loads(cluster.kubectl("-n", namespace, "get", "mdep", name, "-o", "json"))
        conditions = current(resource)
        _tell(conditions, said, time.monotonic() - started)
        if holds(conditions, "Ready"):
            return
        if holds(conditions, "Stalled"):
            raise stuck(conditions, namespace, name, "is stalled")
        time.sleep(PAUSE)
    raise stuck(conditions, namespace, name, f"was not Ready after {PATIENCE / 60:.0f} minutes")


def build(cluster: clusters.Cluster, namespace: str, name: str) -> str:
    """Name of the ModelBuild that is wanted."""
    return cluster.kubectl("-n", namespace, "get", "mdep", name, "-o", "jsonpath={.status.build.name}")


def until_another_build(cluster: clusters.Cluster, namespace: str, name: str, old: str) -> None:
    """Until the operator has seen a changed source; a model that was there before may be wanted again at once."""
    started = time.monotonic()
    while build(cluster, namespace, name) == old and time.monotonic() - started < NOTICE_PATIENCE:
        time.sleep(PAUSE)


def current(resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Conditions by type; none while they speak of an older generation of the spec."""
    status = resource.get("status", {})
    if status.get("observedGeneration") != resource["metadata"]["generation"]:
        return {}
    return {condition["type"]: condition for condition in status.get("conditions", ())}


def holds(conditions: dict[str, dict[str, Any]], kind: str) -> bool:
    """Is it True?"""
    return conditions.get(kind, {}).get("status") == "True"


def stuck(conditions: dict[str, dict[str, Any]], namespace: str, name: str, what: str) -> errors.DemoError:
    """The cause in the resource's own words, and where to read on."""
    ready = conditions.get("Ready", {})
    cause = words(ready)[1] if ready else "The operator has not looked at it yet."
    return errors.DemoError(
        f"{name} {what}.\n{cause}",
        f"kubectl -n {namespace} describe mdep {name}    (conditions and Events)\n"
        f"      kubectl -n {namespace} get mbuild,jobs,pods\n"
        f"      kubectl -n modelsmith-system logs deployment/modelsmith-operator",
    )


def _tell(conditions: dict[str, dict[str, Any]], said: dict[str, tuple[str, str]], seconds: float) -> None:
    """What is new. Ready repeats what it waits for, and Reconciling repeats Ready."""
    told = {kind: words(condition) for kind, condition in conditions.items() if kind != "Reconciling"}
    if told.get("Ready") == told.get("Built"):
        told.pop("Ready", None)
    for kind, (status, why) in told.items():
        if said.get(kind) != (status, why):
            programs.say(f"{seconds:6.1f} s  {kind:<11} {status:<7} {why}")
    said |= told


def words(condition: dict[str, Any]) -> tuple[str, str]:
    """Status, and reason with message."""
    return condition["status"], f"{condition['reason']}: {condition.get('message', '')}"
