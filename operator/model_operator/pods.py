"""What pods say about why they do not run: the scheduler's, the kubelet's and the container's own words.

Pure, and the same for building and serving. Termination messages are untrusted: a model's own code may have written
them, so they are cut, and never more than shown.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from model_operator import conditions, kinds, reasons, remedies, volumes

Reason = reasons.Reason

_PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"})
_CREATE = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
        "CreatePodSandboxError",
    }
)
#: The runtime could not even begin; the message is its own.
_STARTING = frozenset({"StartError", "ContainerCannotRun"})
#: Of the node's, not the pod's.
_EVICTIONS = frozenset({"Evicted", "NodeLost", "Terminated", "NodeShutdown", "Preempting", "UnexpectedAdmissionError"})
_VOLUME_EVENTS = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
_SANDBOX_EVENTS = frozenset(
    {"FailedCreatePodSandBox", "Failed", "FailedPostStartHook", "FailedPrepareDynamicResources"}
)
_QUIET = frozenset({"", "PodInitializing", "ContainerCreating"})
_WELL = frozenset({"Pending", "Running", "Succeeded"})
#: The kubelet alternates between the cause and `Back-off pulling image "x": ErrImagePull: <the cause>`.
_BACK_OFF = re.compile(r'back-off pulling image "[^"]*"(: \w+: )?|back-off [0-9hms.]+ ', re.IGNORECASE)
#: Bytes of a runtime's words that are shown.
WORDS_LIMIT = 600
#: Bytes of the scheduler's, where more precise words follow.
SCHEDULER_LIMIT = 300
#: Pods of a Deployment differ in their names: words about them repeat with each new pod, and would be a write each.
_POD_UID = re.compile(r"\(?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\)?")


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a container's last life ended."""

    container: str
    exit_code: int
    reason: str
    message: str
    restarts: int


def statuses(pod: kinds.Manifest) -> Iterator[dict[str, Any]]:
    """Container statuses, in the order in which containers run."""
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def goes_well(pod: kinds.Manifest) -> bool:
    """Nothing of it ended badly, restarted, or waits for a cause; nobody refuses it or sends it away."""
    phase = (pod.get("status") or {}).get("phase", "Pending")
    if phase not in _WELL or kinds.condition(pod, "PodScheduled", "False") or kinds.condition(pod, "DisruptionTarget"):
        return False
    return not any(map(_troubled, statuses(pod)))


def _troubled(status: dict[str, Any]) -> bool:
    state = status.get("state") or {}
    waits = (state.get("waiting") or {}).get("reason", "")
    ended = (state.get("terminated") or {}).get("exitCode", 0)
    return bool(status.get("restartCount") or ended or waits not in _QUIET)


def waiting_finding(pod: kinds.Manifest, events: Sequence[kinds.Manifest] = ()) -> conditions.Finding | None:
    """Why a pod does not start, when somebody has said so."""
    return unscheduled(pod) or image_not_pulled(pod) or container_not_created(pod) or told_by_events(pod, events)


def unscheduled(pod: kinds.Manifest, considered: str = "") -> conditions.Finding | None:
    """No node takes it, in the scheduler's words, and in ours about the nodes that were considered."""
    refusal = kinds.condition(pod, "PodScheduled", "False")
    if refusal is None or refusal.get("reason") == _SCHEDULER_ERROR:
        return None
    words = refusal.get("message") or refusal.get("reason", "")
    remedy = remedies.of_scheduling(words, remedies.section(pod))
    told = f"{conditions.cut(words.rstrip('.'), SCHEDULER_LIMIT)}; {considered}" if considered else words
    return conditions.Finding(Reason.UNSCHEDULABLE, f"no node takes the pod: {told}{remedy}")


#: The scheduler's own failure, such as a conflict when it binds a claim: it tries again at once, and no node refused.
_SCHEDULER_ERROR = "SchedulerError"


def image_not_pulled(pod: kinds.Manifest) -> conditions.Finding | None:
    """An image that does not come, in the words of the container runtime.

    The kubelet tells of an image volume at each container that mounts it, as if it were the container's own image.
    """
    for status, words in _waiting(pod, _PULL):
        steady = _steady(words)
        if volume := volumes.pulled(pod, words):
            said = "" if volume.reference in steady else f" {volume.reference}:"
            hint = volumes.hint_of_pull(pod, words)
            return conditions.Finding(Reason.IMAGE_PULL_FAILED, f"volume {volume.name}:{said} {steady}{hint}")
        image = f" image {status['image']}" if status.get("image") else ""
        remedy = remedies.of_pulling(pod, status["name"])
        return conditions.Finding(Reason.IMAGE_PULL_FAILED, f"container {status['name']}:{image} {steady}{remedy}")
    return None


def container_not_created(pod: kinds.Manifest) -> conditions.Finding | None:
    """A container that the node refuses to create."""
    for status, words in _waiting(pod, _CREATE):
        return _not_started(pod, status["name"], words)
    return None


def not_started(pod: kinds.Manifest, end: Ended) -> conditions.Finding | None:
    """A container that ended before its first instruction, in the runtime's words: they are not the container's own."""
    return _not_started(pod, end.container, end.message) if end.reason in _STARTING else None


def _not_started(pod: kinds.Manifest, container: str, words: str) -> conditions.Finding:
    steady = conditions.cut(_steady(words), WORDS_LIMIT)
    remedy = remedies.of_starting(words, remedies.section(pod)) or volumes.hint_of_runtime(pod)
    return conditions.Finding(Reason.CONTAINER_CANNOT_START, f"container {container}: {steady}{remedy}")


def _waiting(pod: kinds.Manifest, among: frozenset[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Containers that wait for one of these reasons, and why. The reason alternates while the words stay the news."""
    for status in statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in among:
            yield status, waiting.get("message") or waiting["reason"]


def told_by_events(pod: kinds.Manifest, events: Sequence[kinds.Manifest]) -> conditions.Finding | None:
    """Mounts and sandboxes fail in Events only. The newest warning counts, and only while nothing runs."""
    if any((status.get("state") or {}).get("running") for status in statuses(pod)):
        return None
    for event in reversed(events):
        reason = event.get("reason", "")
        if event.get("type") == "Warning" and reason in _VOLUME_EVENTS:
            words = _steady(event.get("message", ""))
            return conditions.Finding(
                Reason.VOLUME_NOT_MOUNTED, f"{words}{remedies.of_attaching(words)}{volumes.hint_of_mount(pod, words)}"
            )
        if event.get("type") == "Warning" and reason in _SANDBOX_EVENTS:
            words = _steady(event.get("message", ""))
            remedy = remedies.of_starting(words, remedies.section(pod))
            return conditions.Finding(Reason.CONTAINER_CANNOT_START, f"{words}{remedy}")
    return None


def silent(pod: kinds.Manifest) -> bool:
    """Scheduled, and nothing runs or says why not: only Events can tell."""
    if (pod.get("status") or {}).get("phase", "Pending") != "Pending" or unscheduled(pod):
        return False
    states = [status.get("state") or {} for status in statuses(pod)]
    running = any(state.get("running") for state in states)
    return not running and all((state.get("waiting") or {}).get("reason", "") in _QUIET for state in states)


def last_end(status: dict[str, Any]) -> Ended | None:
    """How a container's present or last life ended, if one did."""
    state = (status.get("state") or {}).get("terminated") or (status.get("lastState") or {}).get("terminated")
    if not state:
        return None
    return Ended(
        container=status["name"],
        exit_code=state.get("exitCode", 0),
        reason=state.get("reason") or "",
        message=state.get("message") or "",
        restarts=status.get("restartCount", 0),
    )


def memory_limit(pod: kinds.Manifest, container: str) -> str:
    """The memory limit of a container, as written; empty when it has none."""
    spec = pod.get("spec") or {}
    for candidate in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        if candidate["name"] == container:
            limits: dict[str, str] = (candidate.get("resources") or {}).get("limits") or {}
            return limits.get("memory", "")
    return ""


def evicted(pod: kinds.Manifest) -> conditions.Finding | None:
    """The node ended the pod, not the pod itself."""
    status = pod.get("status") or {}
    if status.get("phase") != "Failed" or status.get("reason") not in _EVICTIONS:
        return None
    words = str(status.get("message") or status["reason"]).strip().rstrip(".")
    remedy = remedies.of_eviction(words, remedies.section(pod))
    return conditions.Finding(Reason.EVICTED, f"the node ended the pod: {words}{remedy}")


def refused(events: Sequence[kinds.Manifest], section: str) -> conditions.Finding | None:
    """Pods that the API server did not admit, in the words of the controller that tried."""
    for event in reversed(events):
        if event.get("reason") == "FailedCreate" and event.get("type") == "Warning":
            return not_admitted(event.get("message", ""), section)
    return None


def not_admitted(message: str, section: str) -> conditions.Finding:
    """The same, from whoever tells: a pod of a part of the spec."""
    words = without_pod_name(message)
    return conditions.Finding(Reason.PODS_REFUSED, f"{words}{remedies.of_refusal(words, section)}")


def _steady(words: str) -> str:
    """Without what changes from try to try."""
    return _POD_UID.sub("", _BACK_OFF.sub("", words)).strip() or words


def without_pod_name(words: str) -> str:
    """`pods "digits-abc-x7k2p" is forbidden: ...` says the same for every pod."""
    return re.sub(r'pods "[^"]*"', "pods", words.removeprefix("Error creating: "))
