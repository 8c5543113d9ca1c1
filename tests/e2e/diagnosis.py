"""What a person would look at first when something in a namespace does not come true."""

import json
from collections.abc import Iterator

from e2e import kube

OPERATOR = kube.Namespace("modelsmith-system")
OPERATOR_LABEL = "app.kubernetes.io/name=modelsmith-operator"
LINES = "25"


def of(namespace: kube.Namespace) -> str:
    """Conditions, pods, Events, the words of failing containers and of the operator."""
    parts = [
        ("ModelDeployments", conditions(namespace, "mdep")),
        ("ModelBuilds", conditions(namespace, "mbuild")),
        ("pods", told(namespace, "get", "jobs,deploy,pods,pvc", "-o", "wide")),
        ("Events", told(namespace, "get", "events", "--sort-by=.lastTimestamp")),
        *logs(namespace),
        ("operator", told(OPERATOR, "logs", "-l", OPERATOR_LABEL, f"--tail={LINES}")),
    ]
    return "\n".join(f"--- {title}\n{text.strip()}" for title, text in parts)


def told(namespace: kube.Namespace, *words: str) -> str:
    """What kubectl says, be it an error."""
    try:
        return namespace.kubectl(*words)
    except kube.KubectlError as error:
        return str(error)


def conditions(namespace: kube.Namespace, kind: str) -> str:
    """A line each."""
    try:
        found = namespace.list(kind)
    except kube.KubectlError as error:
        return str(error)
    return "\n".join(
        f"{resource['metadata']['name']} {condition['type']}={condition['status']} {condition['reason']}"
        f" {condition.get('message', '')}"
        for resource in found
        for condition in resource.get("status", {}).get("conditions", [])
    )


def logs(namespace: kube.Namespace) -> Iterator[tuple[str, str]]:
    """The last lines of each container that is neither ready nor done."""
    for pod in namespace.list("pods"):
        status = pod.get("status", {})
        for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
            if not is_well(container):
                name, inside = pod["metadata"]["name"], container["name"]
                said = told(namespace, "logs", name, "-c", inside, f"--tail={LINES}")
                yield f"{name} {inside} {json.dumps(container.get('state', {}))}", said


def is_well(container: kube.Manifest) -> bool:
    """It serves, or it ended as it should."""
    return container.get("ready", False) or container.get("state", {}).get("terminated", {}).get("exitCode") == 0
