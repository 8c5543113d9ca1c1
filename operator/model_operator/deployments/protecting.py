"""What a podTemplate may not say: each check is named for what it keeps, and yields the field and the way out.

Pure. A ModelDeployment makes pods in its namespace, and no more: no host, no privilege, no other account. And what
keeps a server a server (our containers, their probes, their volumes, our labels) comes from the other fields: a person
adds to it, and does not change it. What says the same as we do is no change.

Whatever is written here is a person's, of any shape; what no check speaks of, the API server judges (`rehearsed`).
"""

import posixpath
from collections.abc import Iterator
from typing import Any

from model_operator import conditions, names, reasons
from model_operator.api import placement
from model_operator.deployments import wellformed

Reason = reasons.Reason
_LISTS = wellformed.CONTAINERS
Map = wellformed.Map
Offence = wellformed.Offence
_NO_ACCOUNT = "servers have no API token and need no account: drop it"
_NO_HOST = "servers share nothing with their node: drop it"
#: Fields of a pod that are ours alone.
_OURS = {
    "serviceAccountName": _NO_ACCOUNT,
    "serviceAccount": _NO_ACCOUNT,
    "automountServiceAccountToken": _NO_ACCOUNT,
    "nodeName": "the scheduler chooses nodes: use spec.serving.nodeSelector",
    "restartPolicy": "servers are always started again: drop it",
    "ephemeralContainers": "they are added to a running pod, with kubectl debug: drop it",
}
#: Those that may say no, and not yes.
_NEVER = {
    **dict.fromkeys(("hostNetwork", "hostPID", "hostIPC", "hostUsers"), _NO_HOST),
    "shareProcessNamespace": "containers of a server do not see each other's processes: drop it",
}
#: What may be added to a container of ours.
_ADDABLE = frozenset({"name", "env", "envFrom", "volumeMounts", "resources"})
#: Where the value of a field of ours comes from.
_SAID_BY = {
    (names.TRITON, "image"): "set spec.serving.image",
    (names.TRITON, "resources"): "set spec.serving.resources or spec.serving.gpu; only resources.claims may be added",
    (names.TRITON, "args"): "flags of the server follow from spec.serving",
}
_PROBES = "the sentinel answers for the server: add a container of your own if you want another view"


def finding(change: placement.PodTemplate, ours: Map) -> conditions.Finding | None:
    """The first thing that a podTemplate may not say of the pods that are rendered without it."""
    for reason, check in _CHECKS:
        for path, why in check(change, ours):
            return conditions.Finding(reason, f"{names.POD_TEMPLATE}.{path}: {why}", conditions.Outlook.STUCK)
    return None


def labels(change: placement.PodTemplate, ours: Map) -> Iterator[Offence]:
    """By which pods are found."""
    for field, given in (("labels", change.metadata.labels), ("annotations", change.metadata.annotations)):
        rendered = ours["metadata"].get(field) or {}
        for key, value in given.items():
            if (key in rendered or key.startswith(f"{names.GROUP}/")) and rendered.get(key) != value:
                yield f"metadata.{field}[{key}]", "pods are found by it: choose another key"


def pod(change: placement.PodTemplate, ours: Map) -> Iterator[Offence]:
    """Account, host, and how long a server may take to end."""
    spec, rendered = change.spec, ours["spec"]
    for field, why in _OURS.items():
        if field in spec and spec[field] != rendered.get(field):
            yield f"spec.{field}", why
    for field, why in _NEVER.items():
        if spec.get(field, False) is not False:
            yield f"spec.{field}", why
    least, asked = rendered["terminationGracePeriodSeconds"], spec.get("terminationGracePeriodSeconds")
    if asked is not None and not (isinstance(asked, int) and asked >= least):
        yield "spec.terminationGracePeriodSeconds", f"requests in flight need {least} seconds: ask for as many or more"
    yield from _privileges(spec.get("securityContext"), "spec.securityContext")


def containers(change: placement.PodTemplate, ours: Map) -> Iterator[Offence]:
    """Those of ours are added to, and others have no privilege."""
    known = {field: {one["name"]: one for one in ours["spec"][field]} for field in _LISTS}
    taken = {name for field in _LISTS for name in known[field]} | {names.FETCH}
    volumes = {one["name"] for one in ours["spec"]["volumes"]}
    for field in _LISTS:
        for one in change.spec.get(field) or ():
            path = f"spec.{field}[{one['name']}]"
            if one["name"] in known[field]:
                yield from _of_ours(one, known[field][one["name"]], path)
            elif one["name"] in taken:
                yield path, "the name is that of a container of ours: choose another"
            else:
                yield from _of_another(one, path)
            yield from _mounts(one, volumes, path)


def volumes(change: placement.PodTemplate, ours: Map) -> Iterator[Offence]:
    """Ours stay what they are; others hold nothing of the host, and no token."""
    known = {one["name"] for one in ours["spec"]["volumes"]}
    for one in change.spec.get("volumes") or ():
        path = f"spec.volumes[{one['name']}]"
        if one["name"] in known:
            yield path, "the name is that of a volume of ours: choose another"
        if "hostPath" in one:
            yield f"{path}.hostPath", f"{_NO_HOST}, or use a claim"
        for number, source in enumerate(wellformed.items(wellformed.mapping(one.get("projected")).get("sources"))):
            if "serviceAccountToken" in source:
                yield f"{path}.projected.sources[{number}].serviceAccountToken", _NO_ACCOUNT


_CHECKS = (
    *((Reason.POD_TEMPLATE_INVALID, check) for check in wellformed.CHECKS),
    (Reason.POD_TEMPLATE_PROTECTED, labels),
    (Reason.POD_TEMPLATE_PROTECTED, pod),
    (Reason.POD_TEMPLATE_PROTECTED, containers),
    (Reason.POD_TEMPLATE_PROTECTED, volumes),
)


def _of_ours(change: Map, ours: Map, path: str) -> Iterator[Offence]:
    """A container of ours may gain variables, mounts and claims; beside Triton they may have other resources."""
    for field in change.keys() - {"name"}:
        if field not in _ADDABLE and change[field] != ours.get(field):
            way = _PROBES if field.endswith("Probe") else _said_by(ours["name"], field)
            yield f"{path}.{field}", way
    given = {one["name"]: one for one in ours.get("env") or ()}
    for one in wellformed.items(change.get("env")):
        if one.get("name") in given and one != given[one["name"]]:
            yield f"{path}.env[{one['name']}]", "the variable is ours: choose another name"
    if ours["name"] == names.TRITON:
        for field in wellformed.mapping(change.get("resources")).keys() - {"claims"}:
            yield f"{path}.resources.{field}", _said_by(names.TRITON, "resources")
    for one in wellformed.items(change.get("volumeMounts")):
        there = next(
            (mount for mount in ours["volumeMounts"] if _overlap(mount["mountPath"], one.get("mountPath"))), None
        )
        if there and one != there:
            yield f"{path}.volumeMounts[{one.get('mountPath')}]", f"{there['mountPath']} is ours: mount it elsewhere"


def _said_by(container: str, field: str) -> str:
    return _SAID_BY.get((container, field), f"{field} of container {container} is ours: drop it")


def _of_another(change: Map, path: str) -> Iterator[Offence]:
    yield from _privileges(change.get("securityContext"), f"{path}.securityContext")
    for one in wellformed.items(change.get("ports")):
        if one.get("hostPort"):
            yield f"{path}.ports[{one.get('containerPort')}].hostPort", f"{_NO_HOST}, and reach the pod by a Service"


def _mounts(change: Map, ours: set[str], path: str) -> Iterator[Offence]:
    """What a server reads, nobody beside it writes."""
    for one in wellformed.items(change.get("volumeMounts")):
        if one.get("name") in ours and one.get("readOnly") is not True:
            yield f"{path}.volumeMounts[{one.get('mountPath')}]", f"volume {one['name']} is ours: mount it readOnly"


def _privileges(context: Any, path: str) -> Iterator[Offence]:
    """What Pod Security `restricted` forbids, as far as a podTemplate could ask for it."""
    given = wellformed.mapping(context)
    checks = {
        "privileged": given.get("privileged", False) is not False,
        "allowPrivilegeEscalation": given.get("allowPrivilegeEscalation", False) is not False,
        "capabilities.add": bool(wellformed.mapping(given.get("capabilities")).get("add")),
        "runAsUser": given.get("runAsUser") == 0,
        "runAsNonRoot": given.get("runAsNonRoot", True) is not True,
        "procMount": given.get("procMount", "Default") != "Default",
        "seccompProfile.type": wellformed.mapping(given.get("seccompProfile")).get("type") == "Unconfined",
        "appArmorProfile.type": wellformed.mapping(given.get("appArmorProfile")).get("type") == "Unconfined",
        "windowsOptions.hostProcess": bool(wellformed.mapping(given.get("windowsOptions")).get("hostProcess")),
    }
    for field, wrong in checks.items():
        if wrong:
            yield f"{path}.{field}", "servers and what stands beside them run without privilege: drop it"


def _overlap(ours: str, theirs: Any) -> bool:
    """One lies in the other: what is mounted there would hide ours, or add to it."""
    if not isinstance(theirs, str):
        return False
    one, other = (posixpath.normpath(f"/{path.strip('/')}") for path in (ours, theirs))
    return "/" in (one, other) or f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
