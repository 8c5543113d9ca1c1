"""What a person can do about words of Kubernetes: the next step behind what the scheduler, the kubelet and others say.

Pure. Each table is read from the top; the first pattern that is found in the words gives the remedy. `{section}` is the
part of the spec that the pod comes from: spec.build or spec.serving.
"""

import re

from model_operator import kinds, names

Table = tuple[tuple[re.Pattern[str], str], ...]


def _table(*rows: tuple[str, str]) -> Table:
    return tuple((re.compile(pattern, re.IGNORECASE), remedy) for pattern, remedy in rows)


#: A claim for one node, and pods on two: the most puzzling sentences of all. Schedulers have worded it in two ways.
_ONE_NODE = (
    r"(persistentvolume's|volume) node affinity|already (used|in-use)|already exclusively attached",
    "the claim can be used on one node only: use a ReadWriteMany claim as artifact.claimName",
)
_SCHEDULING = _table(
    _ONE_NODE,
    (r'persistentvolumeclaim "[^"]*" not found', "make that claim, or correct its name"),
    (
        r"unbound immediate persistentvolumeclaims|available persistent volumes",
        "see with kubectl describe pvc what keeps the claim from its volume",
    ),
    (r"", "make room on a node, add one, or ask for less in {section}"),
)
_REFUSED = _table(
    (r'runtimeclass "[^"]*" not found', "make that RuntimeClass, or drop spec.serving.runtimeClassName"),
    (r"no priorityclass with name", "make that PriorityClass, or drop spec.serving.priorityClassName"),
    (r"exceeded quota", "raise that ResourceQuota, make room in it, or ask for less in {section}.resources"),
    (r"failed quota", "say in {section}.resources what that ResourceQuota wants to count"),
    (
        r"violates podsecurity",
        "pods are made for its level restricted: find the webhook or policy that changes them, or exempt the namespace",
    ),
    (
        r"(maximum|minimum) .* usage per|limit to request ratio",
        "keep {section}.resources within that LimitRange, or change it",
    ),
    (r"denied", "satisfy that policy, or exempt the namespace"),
    (r"", "mend what these words name; it is tried again by itself"),
)
_STARTING = _table(
    (r"oom-killed|memory limit too low", "raise {section}.resources.limits.memory"),
    (
        r"runtime ?handler|no runtime for",
        "the node lacks the runtime of spec.serving.runtimeClassName: install it there, or drop the field",
    ),
    (r"executable file not found|no such file or directory", "use an image that has it as {section}.image"),
)
_EVICTED = _table(
    (r"exceed(s|ed) (the|its) .*(limit|storage)", "raise {section}.resources.limits.ephemeral-storage, or write less"),
    (r"", "give the node room, or request what it needs in {section}.resources.requests"),
)


def section(pod: kinds.Manifest) -> str:
    """The part of the spec that a pod comes from."""
    labels = pod["metadata"].get("labels") or {}
    return "spec.build" if names.BUILD_LABEL in labels else "spec.serving"


def of_scheduling(words: str, part: str) -> str:
    """No node takes the pod."""
    return _found(_SCHEDULING, words, part)


def of_refusal(words: str, part: str) -> str:
    """The API server does not admit the pod."""
    return _found(_REFUSED, words, part)


def of_starting(words: str, part: str) -> str:
    """The node cannot make the container; empty when the words must do."""
    return _found(_STARTING, words, part)


def of_eviction(words: str, part: str) -> str:
    """The node ended the pod."""
    return _found(_EVICTED, words, part)


def of_attaching(words: str) -> str:
    """A volume is not attached; empty when the words must do."""
    return _found(_table(_ONE_NODE), words, "")


def of_pulling(pod: kinds.Manifest, container: str) -> str:
    """A container's image does not come: which field named it."""
    fields = {"spec.build": "spec.build.image, or the operator's own,", "spec.serving": "the operator's image"}
    where = "spec.serving.image, or the operator's own," if container == names.TRITON else fields[section(pod)]
    return f"; see that {where} can be pulled by the nodes: it is tried again by itself"


def _found(table: Table, words: str, part: str) -> str:
    remedy = next((remedy for pattern, remedy in table if pattern.search(words)), "")
    return f"; {remedy.format(section=part)}" if remedy else ""
