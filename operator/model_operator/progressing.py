"""Which changes are no news, because what was made goes on as expected; and which come first. Pure.

    pod          starts, runs, or has ended well; nothing ended badly, restarted, or waits for a cause
    Job          has a pod; none has failed, and it has not ended
    Deployment   counts; nobody became available or was lost, and it is not complete
    an HPA       counts, and measures; its conditions say the same as before
    a budget     counts, too: nothing of its status is read, nor of that of an Ingress or a NetworkPolicy

Three of four changes of a child are of this kind, and a look at each finds nothing to do: they are looked at together,
a moment later. Whatever a person waits for, or must act on, is looked at at once.
"""

from collections.abc import Callable, Iterator, Mapping

from model_operator import caching, kinds, pods, scheduling

#: What the controllers of pods, Jobs and Deployments write besides the status, and nobody else.
_COUNTED = frozenset({"resourceVersion", "generation", "finalizers"})
_NUMBERED = "deployment.kubernetes.io/revision"
#: Conditions of a Deployment that say nothing but that it is not complete, and those of a Job that has not ended.
_EXPECTED = frozenset({("Progressing", "True"), ("Available", "False"), ("SuccessCriteriaMet", "True")})
_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")


def line(change: caching.Change) -> scheduling.Line:
    """In which line whoever a change concerns is to wait."""
    if goes_on(change):
        return scheduling.Line.ROUTINE
    return scheduling.Line.SERVING if change.key.kind == kinds.DEPLOYMENT else scheduling.Line.NEWS


def goes_on(change: caching.Change) -> bool:
    """Whether a change tells nothing but that something goes on as expected."""
    rule = _RULES.get(change.key.kind)
    if rule is None or change.new is None or "deletionTimestamp" in change.new["metadata"]:
        return False
    if change.old is None:
        return change.key.kind == kinds.POD and pods.goes_well(change.new)
    return _metadata(change.old) == _metadata(change.new) and rule(change.old, change.new)


def _metadata(manifest: kinds.Manifest) -> Mapping[str, object]:
    """What people and we write of it."""
    metadata = manifest["metadata"]
    written = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != _NUMBERED}
    return {name: value for name, value in metadata.items() if name not in _COUNTED} | {"annotations": written}


def _pod(old: kinds.Manifest, new: kinds.Manifest) -> bool:
    return pods.goes_well(old) and pods.goes_well(new)


def _job(old: kinds.Manifest, new: kinds.Manifest) -> bool:
    return not any(_status(one).get("failed") for one in (old, new)) and set(_said(old)) == set(_said(new))


def _deployment(old: kinds.Manifest, new: kinds.Manifest) -> bool:
    same = _status(old).get("availableReplicas") == _status(new).get("availableReplicas")
    return same and old["spec"] == new["spec"] and set(_said(old)) == set(_said(new)) and not _complete(new)


def _complete(server: kinds.Manifest) -> bool:
    return all(_status(server).get(count, 0) == server["spec"].get("replicas", 1) for count in _COUNTS)


def _autoscaler(old: kinds.Manifest, new: kinds.Manifest) -> bool:
    return old.get("spec") == new.get("spec") and set(_said(old)) == set(_said(new))


def _unread(old: kinds.Manifest, new: kinds.Manifest) -> bool:
    return old.get("spec") == new.get("spec")


def _said(manifest: kinds.Manifest) -> Iterator[tuple[str, str, str]]:
    """What its conditions say that is no matter of course."""
    for one in _status(manifest).get("conditions") or ():
        if (one["type"], one["status"]) not in _EXPECTED:
            yield one["type"], one["status"], one.get("reason", "")


def _status(manifest: kinds.Manifest) -> kinds.Manifest:
    return manifest.get("status") or {}


_RULES: dict[kinds.Kind, Callable[[kinds.Manifest, kinds.Manifest], bool]] = {
    kinds.POD: _pod,
    kinds.JOB: _job,
    kinds.DEPLOYMENT: _deployment,
    kinds.HORIZONTAL_POD_AUTOSCALER: _autoscaler,
    kinds.POD_DISRUPTION_BUDGET: _unread,
    kinds.INGRESS: _unread,
    kinds.NETWORK_POLICY: _unread,
}
