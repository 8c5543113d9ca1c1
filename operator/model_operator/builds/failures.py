"""Why a build's pod failed: what Kubernetes says of its end, and what its containers said last (`reports`)."""

from collections.abc import Sequence

from model_builder import contract
from model_operator import conditions, kinds, ladders, names, pods, reasons
from model_operator.api import types
from model_operator.builds import reports

Reason = reasons.Reason
Finding = conditions.Finding
STUCK = conditions.Outlook.STUCK

#: Bytes of the ladder in a condition's message, beside the way out.
LADDER_LIMIT = 850
_OOM = "OOMKilled"
_STEPS = frozenset(step.value for step in contract.Step)


def of_pod(pod: kinds.Manifest, timeout: str) -> Finding:
    """Why a pod failed. The pod's own fate comes first: containers that are killed by it say nothing true."""
    status = pod.get("status") or {}
    if status.get("reason") == "DeadlineExceeded":
        return Finding(
            Reason.DEADLINE_EXCEEDED,
            f"the build took longer than its timeout of {timeout}{_during(pod)}; raise spec.build.timeout",
            STUCK,
        )
    if ended := pods.evicted(pod):
        message = (
            f"{_during(pod).strip().capitalize()} {ended.message}, and ask again with {names.REQUESTED_AT}".strip()
        )
        return Finding(ended.reason, message, STUCK)
    end = first_failure(pod)
    if end is None:
        words = status.get("message") or status.get("reason") or "it left no word"
        return Finding(Reason.BUILD_CRASHED, f"the pod failed: {words}", STUCK)
    return of_container(pod, end)


def first_failure(pod: kinds.Manifest) -> pods.Ended | None:
    """The first step that did not end well; the server beside them is ended by the pod and proves nothing."""
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if status["name"] in _STEPS and end and end.exit_code != 0:
            return end
    return None


def of_container(pod: kinds.Manifest, end: pods.Ended) -> Finding:
    """Why a container failed: its report when it left one, else what its end tells."""
    report = reports.read(end.message)
    if end.reason == _OOM:
        return _out_of_memory(pod, end.container)
    if unborn := pods.not_started(pod, end):
        return Finding(unborn.reason, unborn.message, STUCK)
    if report and report.failure:
        return Finding(report.failure.reason, words(end.container, report.failure, reports.ladder(end)), STUCK)
    if end.exit_code == contract.ExitCode.GATE_FAILED:
        return Finding(
            contract.FailureReason.GATE_FAILED, f"{end.container}: no candidate kept what the gate asks", STUCK
        )
    if end.message.strip():
        return reports.unreadable(end)
    return Finding(
        Reason.BUILD_CRASHED, f"{end.container} ended with exit code {end.exit_code} and no report; see its log", STUCK
    )


def words(container: str, told: contract.Failure, tried: Sequence[types.Candidate] = ()) -> str:
    """A failure for a person: who, about what, what happened, what to do.

    Of a failed gate each candidate gets its share: cut as a whole, the first would push out the others.
    """
    about = f" ({conditions.cut(told.field, 200)})" if told.field else ""
    message = conditions.cut(told.message, 700).rstrip(".")
    if tried and told.reason is contract.FailureReason.GATE_FAILED:
        message = f"no candidate keeps what the gate asks: {ladders.words(tried, LADDER_LIMIT)}".rstrip(".")
    following = f". {conditions.cut(told.next_step, 250)}" if told.next_step else ""
    return f"{container}{about}: {message}{following}"


def _out_of_memory(pod: kinds.Manifest, container: str) -> Finding:
    limit = pods.memory_limit(pod, container)
    return Finding(
        Reason.OUT_OF_MEMORY,
        f"{container} needed more memory than its limit{f' of {limit}' if limit else ''};"
        " raise spec.build.resources.limits.memory",
        STUCK,
    )


def _during(pod: kinds.Manifest) -> str:
    """Which step was under way when the pod ended."""
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if status["name"] in _STEPS and not (end and end.exit_code == 0):
            return f" during {status['name']}"
    return ""


def tried(pod: kinds.Manifest) -> list[types.Candidate]:
    """The ladder as far as it was climbed, when the failed step tells of one."""
    end = first_failure(pod)
    return reports.ladder(end) if end else []
