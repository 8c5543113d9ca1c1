"""What ended containers said, and what Kubernetes said about them.

A termination message is UNTRUSTED: convert runs the model's own code, which may write anything. Nothing of it is
believed but its words, shortened; only publish, which never meets that code, names an artifact, and the server
checks the digest against the content.
"""

import math

import pydantic

from model_builder import contract
from model_operator import conditions, kinds, pods, reasons
from model_operator.api import build, quantities

Reason = reasons.Reason
Finding = conditions.Finding
STUCK = conditions.Outlook.STUCK

#: Characters of somebody's raw words that are worth showing.
RAW_LIMIT = 300
#: Of the node's, not the build's.
_EVICTIONS = frozenset({"Evicted", "NodeLost", "Terminated", "NodeShutdown", "Preempting", "UnexpectedAdmissionError"})
_OOM = "OOMKilled"


def artifact(pod: kinds.Manifest) -> tuple[contract.Report | None, Finding | None]:
    """Publish's report of a pod that succeeded: what was built, or why its words cannot be read."""
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if end and end.container == contract.Step.PUBLISH:
            report = read(end.message)
            if report and report.artifact and report.plan and not report.failure:
                return report, None
            return None, _unreadable(end)
    return None, Finding(Reason.REPORT_INVALID, "the container publish left no status", STUCK)


def read(message: str) -> contract.Report | None:
    """A termination message as a report, or None for anything else."""
    if len(message.encode(errors="replace")) > contract.TERMINATION_MESSAGE_LIMIT:
        return None
    try:
        return contract.Report.model_validate_json(message)
    except pydantic.ValidationError:
        return None


def failure(pod: kinds.Manifest, timeout: str) -> Finding:
    """Why a pod failed. The pod's own fate comes first: containers that are killed by it say nothing true."""
    status = pod.get("status") or {}
    if status.get("reason") == "DeadlineExceeded":
        return Finding(
            Reason.DEADLINE_EXCEEDED,
            f"the build took longer than its timeout of {timeout}{_during(pod)}; raise spec.build.timeout",
            STUCK,
        )
    if status.get("reason") in _EVICTIONS:
        words = status.get("message") or status["reason"]
        return Finding(Reason.EVICTED, f"the node ended the pod{_during(pod)}: {words}", STUCK)
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
    report = read(end.message)
    if end.reason == _OOM:
        return _out_of_memory(pod, end.container)
    if report and report.failure:
        return Finding(report.failure.reason, words(end.container, report.failure), STUCK)
    if end.exit_code == contract.ExitCode.GATE_FAILED:
        return Finding(Reason.GATE_FAILED, f"{end.container}: no candidate kept the accuracy that is asked", STUCK)
    if end.message.strip():
        return _unreadable(end)
    return Finding(
        Reason.BUILD_CRASHED, f"{end.container} ended with exit code {end.exit_code} and no report; see its log", STUCK
    )


def words(container: str, told: contract.Failure) -> str:
    """A failure for a person: who, about what, what happened, what to do."""
    about = f" ({conditions.cut(told.field, 200)})" if told.field else ""
    message = conditions.cut(told.message, 700).rstrip(".")
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


def _unreadable(end: pods.Ended) -> Finding:
    raw = conditions.cut(end.message, RAW_LIMIT)
    said = f"it said: {raw}" if raw else "it said nothing"
    return Finding(
        Reason.REPORT_INVALID,
        f"{end.container} ended with exit code {end.exit_code} and no report that this operator can read; {said}",
        STUCK,
    )


def _during(pod: kinds.Manifest) -> str:
    """Which step was under way when the pod ended."""
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if status["name"] in _STEPS and not (end and end.exit_code == 0):
            return f" during {status['name']}"
    return ""


def result(report: contract.Report, claim: str, requested_at: str) -> build.BuildArtifact:
    """Publish's report as a status shows it."""
    digest, plan = report.artifact or "", report.plan or ""
    return build.BuildArtifact(
        digest=digest,
        plan=plan,
        uri=f"pvc://{claim}/artifacts/{digest.removeprefix('sha256:')}",
        precision=conditions.cut(report.precision, 32),
        accuracy=accuracy(report.metrics),
        size=quantities.human(report.size),
        requested_at=requested_at,
    )


def accuracy(metrics: dict[contract.Metric, contract.Estimate]) -> str:
    """`0.991 ±0.009`: the wider half of the 95 % interval, because an interval near 1 is not symmetric."""
    estimate = metrics.get(contract.Metric.ACCURACY)
    if estimate is None or not all(map(math.isfinite, (estimate.value, estimate.low, estimate.high))):
        return ""
    margin = max(estimate.high - estimate.value, estimate.value - estimate.low)
    return f"{estimate.value:.3f} ±{margin:.3f}"


_STEPS = frozenset(step.value for step in contract.Step)
