"""Pieces of the pods that we make: all of them satisfy Pod Security `restricted`, whatever the namespace asks.

Pure. Values are spelt as the API server keeps them, and what it would drop (empty lists, false where false is the
default) is not written: a desired object then equals the live one where they overlap.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from model_operator import kinds, names
from model_operator.api import quantities, types

#: The user and group of every container, by number: runAsNonRoot can then be checked without looking into an image.
USER = 65532
#: Longest value of a label.
LABEL_LIMIT = 63
#: A volume of the pod's own memory, disk or claim, as a container sees it.
Mount = dict[str, Any]


def labels(component: str, instance: str, **more: str) -> dict[str, str]:
    """Labels of every child: the caches watch by the first, people select by the others."""
    common = {
        names.MANAGED_BY_LABEL: names.MANAGED_BY,
        names.NAME_LABEL: "modelsmith",
        names.COMPONENT_LABEL: component,
        # A claim may have a longer name than a label may say.
        names.INSTANCE_LABEL: instance[:LABEL_LIMIT].rstrip("-."),
    }
    return {**common, **more}


def owner(manifest: kinds.Manifest, *, controller: bool = True) -> dict[str, Any]:
    """An owner reference to a resource of ours. No blockOwnerDeletion: it would need more rights, and buys nothing."""
    metadata = manifest["metadata"]
    reference = {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
    return {**reference, "controller": True} if controller else reference


def short(reference: Mapping[str, Any]) -> str:
    """Who it is, in eight characters of its uid: enough to notice that somebody is gone."""
    return str(reference["uid"])[:8]


def pod_security() -> dict[str, Any]:
    """SecurityContext of a pod. fsGroup makes claims and emptyDirs writable for us."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        # A claim with a million files must not be walked at each start; its root decides.
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def security(user: int = USER) -> dict[str, Any]:
    """SecurityContext of a container; another user where a container must not write what its neighbours do."""
    context: dict[str, Any] = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
    }
    # runAsGroup stands beside runAsUser everywhere: a user without a group runs as group 0.
    return context if user == USER else {**context, "runAsUser": user, "runAsGroup": USER}


def mount(volume: str, path: str, *, sub_path: str = "", read_only: bool = False) -> Mount:
    """A volume in a container."""
    result: Mount = {"name": volume, "mountPath": path}
    if sub_path:
        result["subPath"] = sub_path
    if read_only:
        result["readOnly"] = True
    return result


def empty_directory(name: str, *, size: str = "", memory: bool = False) -> dict[str, Any]:
    """A volume that lives as long as the pod."""
    content = {**({"medium": "Memory"} if memory else {}), **({"sizeLimit": size} if size else {})}
    return {"name": name, "emptyDir": content}


def environment(variables: Mapping[str, str]) -> list[dict[str, Any]]:
    """Environment variables, in the order given."""
    return [{"name": name, "value": value} for name, value in variables.items()]


def resources(asked: types.Resources, requests: Mapping[str, str], limits: Mapping[str, str]) -> dict[str, Any]:
    """What was asked over the defaults.

    As in Kubernetes, a limit without a request requests the same. A request above the default limit raises it: the
    defaults must never contradict what a person wrote.
    """
    merged_limits = {**limits, **asked.limits}
    merged_requests = {**requests, **{name: asked.limits[name] for name in asked.limits}, **asked.requests}
    for name in set(merged_limits) - set(asked.limits):
        merged_limits[name] = max(merged_limits[name], merged_requests.get(name, "0"), key=quantities.value)
    return {"requests": quantities.canonical_all(merged_requests), "limits": quantities.canonical_all(merged_limits)}


def counted(pod: dict[str, Any], asked: types.Resources) -> dict[str, Any]:
    """The pod, in which what is asked for one container's disk or CPU is said of all.

    A ResourceQuota that counts a resource refuses pods of which one container does not speak of it.
    """
    parts = ("initContainers", "containers")
    return {**pod, **{part: [_counted(one, asked) for one in pod.get(part, ())] for part in parts if part in pod}}


#: What a container that only helps has of what a person limits in the main one.
_HELPERS_REQUESTS = {"ephemeral-storage": "64Mi"}
_HELPERS_LIMITS = {"cpu": "1", "ephemeral-storage": "1Gi"}


def _counted(container: dict[str, Any], asked: types.Resources) -> dict[str, Any]:
    said = container["resources"]
    limits = {name: value for name, value in _HELPERS_LIMITS.items() if name in asked.limits}
    requests = {
        name: value for name, value in _HELPERS_REQUESTS.items() if name in asked.limits or name in asked.requests
    }
    resources = {"requests": {**requests, **said["requests"]}, "limits": {**limits, **said["limits"]}}
    return {**container, "resources": resources}


def container(
    name: str,
    image: str,
    command: Sequence[str],
    *,
    resources: Mapping[str, Any],
    mounts: Sequence[Mount],
    user: int = USER,
    **more: Any,
) -> dict[str, Any]:
    """A container of the restricted kind; `more` are other fields of a container."""
    return {
        "name": name,
        "image": image,
        "command": list(command),
        **more,
        "resources": dict(resources),
        "securityContext": security(user),
        "volumeMounts": list(mounts),
        "terminationMessagePolicy": "File",
    }
