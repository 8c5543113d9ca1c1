"""What keeps a build from its result: each check is named for what it finds, and finds it or answers None.

They are looked for in the order of the lists below; the first that finds something gives the condition its reason.
"""

from collections.abc import Callable

from model_builder import contract
from model_operator import conditions, kinds, pods, reasons, refusals
from model_operator.builds import failures, reports, state
from model_operator.builds.manifests import job

Reason = reasons.Reason
Finding = conditions.Finding
Check = Callable[[state.Observed], Finding | None]


def spec_not_understood(observed: state.Observed) -> Finding | None:
    """Written by another version of the operator, or by hand."""
    if observed.spec is not None:
        return None
    return Finding(Reason.SPEC_INVALID, observed.problem, conditions.Outlook.STUCK)


def source_absent(observed: state.Observed) -> Finding | None:
    """A pod would hang without a word in its status."""
    if not observed.source_absent:
        return None
    return Finding(Reason.SOURCE_NOT_FOUND, f"{observed.source_absent} does not exist; create it and the build begins")


def store_absent(observed: state.Observed) -> Finding | None:
    """The claim is made by the ModelDeployment, or is somebody's own."""
    if not observed.store_absent:
        return None
    return Finding(Reason.STORE_NOT_FOUND, f"{observed.store_absent} does not exist; the artifact has no place to go")


def not_written(observed: state.Observed) -> Finding | None:
    """The Job cannot be made: its name is somebody else's, or the API server says no."""
    return refusals.first(observed.refused)


def queued(observed: state.Observed) -> Finding | None:
    """The Job is suspended, and not by us."""
    if observed.job is None or observed.spec is None or not state.queued(observed.job):
        return None
    name, queue = observed.job["metadata"]["name"], observed.spec.execution.queue_name
    if queue:
        words = (
            f"Job {name} waits in the queue {queue!r} (spec.build.queueName) until Kueue lets it run;"
            " kubectl get workloads tells its place, and kubectl get localqueues whether there is such a queue"
        )
    else:
        words = f"Job {name} is suspended by somebody else; it goes on when its spec.suspend is false"
    return Finding(Reason.QUEUED, words)


def pods_refused(observed: state.Observed) -> Finding | None:
    """The Job is there, its pod is not: quota, Pod Security or an admission policy."""
    if observed.job is None or observed.job_pods:
        return None
    return pods.refused(observed.events, "spec.build")


def pod_waits(observed: state.Observed) -> Finding | None:
    """Unschedulable, an image that cannot be pulled, a volume that cannot be mounted."""
    pod = newest(observed)
    return pods.waiting_finding(pod, observed.events) if pod and _pending(pod) else None


def sidecar_crashes(observed: state.Observed) -> Finding | None:
    """The server beside optimize keeps ending: the build waits for it until its timeout."""
    pod = newest(observed)
    for status in pods.statuses(pod) if pod and not _over(pod) else ():
        end = pods.last_end(status)
        if status["name"] not in _STEPS and end and end.exit_code and end.restarts > 1:
            raw = conditions.cut(end.message, reports.RAW_LIMIT)
            return Finding(
                Reason.SERVER_CRASHED,
                f"the server beside the build ended with exit code {end.exit_code}{f': {raw}' if raw else ''}",
            )
    return None


def earlier_try_failed(observed: state.Observed) -> Finding | None:
    """The Job tries again after a passing failure. What is final is told at once: the Job ends a moment later."""
    failed = [pod for pod in observed.job_pods if (pod.get("status") or {}).get("phase") == "Failed"]
    if not failed or observed.spec is None:
        return None
    told = failures.of_pod(failed[-1], observed.spec.execution.timeout)
    if job.is_final(failed[-1]):
        return told
    return Finding(Reason.RETRYING, f"try {len(failed) + 1}; the last one failed: {told.reason}: {told.message}")


def suspended(observed: state.Observed) -> Finding | None:
    """Everyone who asks for this build is suspended."""
    if not (observed.spec and observed.spec.execution.suspend):
        return None
    return Finding(Reason.SUSPENDED, "everyone who asks for this build is suspended", conditions.Outlook.PAUSED)


BEFORE_A_JOB: tuple[Check, ...] = (suspended, source_absent, store_absent, not_written)
DURING_A_JOB: tuple[Check, ...] = (suspended, queued, pods_refused, pod_waits, sidecar_crashes, earlier_try_failed)


def first(checks: tuple[Check, ...], observed: state.Observed) -> Finding | None:
    """The first finding."""
    return next(filter(None, (check(observed) for check in checks)), None)


def newest(observed: state.Observed) -> kinds.Manifest | None:
    """The pod that tells how the present attempt stands."""
    return observed.job_pods[-1] if observed.job_pods else None


def running_step(observed: state.Observed) -> str:
    """The step under way, or empty before the first.

    Between two steps it is the next one, and after the last it is still that, until the Job is known to be over: news
    of a moment without any would be a write each time, and no news.
    """
    pod = newest(observed)
    states = {one["name"]: one.get("state") or {} for one in pods.statuses(pod)} if pod else {}
    steps = [(step, states.get(step, {})) for step in contract.Step]
    if not any("running" in found or "terminated" in found for _, found in steps):
        return ""
    return next((step.value for step, found in steps if "terminated" not in found), steps[-1][0].value)


def _pending(pod: kinds.Manifest) -> bool:
    """Init containers count: a pod is Pending until the last of them is done."""
    return (pod.get("status") or {}).get("phase", "Pending") in {"Pending", "Running"}


def _over(pod: kinds.Manifest) -> bool:
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


_STEPS = frozenset(step.value for step in contract.Step)
