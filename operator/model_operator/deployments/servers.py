"""Why servers do not come up: what the Deployment, its pods and their containers say."""

import json
from collections.abc import Callable, Iterator

from model_operator import conditions, kinds, names, placing, pods, reasons
from model_operator.api import deployment
from model_operator.deployments import sentinels, state

Reason = reasons.Reason
Finding = conditions.Finding
#: A first restart may be anything; the second is a habit.
_HABIT = 1
#: Exit codes of what is ended from outside: it does as it is told, or SIGKILL or SIGTERM ends it. Who sends these to a
#: server again and again is its liveness probe (then the sentinel has counted), or somebody.
_TOLD = frozenset({0, 137, 143})


def refused(server: kinds.Manifest) -> Finding | None:
    """Pods that are not even created: the Deployment tells in a condition, in the words of who refused."""
    failure = kinds.condition(server, "ReplicaFailure")
    return pods.not_admitted(failure.get("message", ""), "spec.serving") if failure else None


def cause(observed: state.Observed, revision: str, *, firmly: bool = False) -> Finding | None:
    """The first cause that any pod of the revision tells, the most telling kind first.

    `firmly`: what a sentinel tells counts only when it has seen it more than once.
    """
    waiting = [pod for pod in observed.pods_of(revision) if _counts(pod)]
    for check in CHECKS:
        for pod in waiting:
            if finding := check(pod):
                return _with_nodes(finding, pod, observed)
    silent = next((pod for pod in waiting if pods.silent(pod)), None)
    if silent:
        return pods.told_by_events(silent, observed.events)
    answers = (sentinels.read(observed.answers.get(_name(pod), "")) for pod in waiting)
    reports = [report for report in answers if report]
    told = (report for report in reports if report.firm or not firmly)
    findings = (*map(told_by_sentinel, told), *map(died, reports), *map(server_ended, waiting))
    return next(filter(None, findings), None)


def answers_wrongly(observed: state.Observed, revision: str) -> Finding | None:
    """A server of the revision that is ready, because it answered rightly once, and does so no more."""
    for pod in filter(_ready, observed.pods_of(revision)):
        report = sentinels.read(observed.answers.get(_name(pod), ""))
        if report and report.firm and _SENTINEL.get(report.reason) == Reason.ANSWERS_WRONG:
            return told_by_sentinel(report)
    return None


def not_prepared(pod: kinds.Manifest) -> Finding | None:
    """The artifact does not come, or does not go together with the settings, in the init container's own words."""
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if status["name"] in _PREPARING and end and end.exit_code:
            if unborn := pods.not_started(pod, end):
                return unborn
            words = _told(end.message) or f"{end.container} failed"
            return Finding(_PREPARING[status["name"]], f"{words}{_exit(end)}")
    return None


def out_of_memory(pod: kinds.Manifest) -> Finding | None:
    """Killed for its memory."""
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if end and end.reason == "OOMKilled" and not status.get("ready"):
            limit = pods.memory_limit(pod, end.container)
            return Finding(
                Reason.OUT_OF_MEMORY,
                f"{end.container} needed more memory than its limit{f' of {limit}' if limit else ''};"
                " raise spec.serving.resources.limits.memory",
            )
    return None


def server_crashed(pod: kinds.Manifest) -> Finding | None:
    """A server or a sentinel that keeps ending, with its last words."""
    for end in _keep_ending(pod):
        if end.exit_code not in _TOLD:
            how = f"{end.container} keeps ending{_exit(end)}{_said(end.message)}"
            return pods.not_started(pod, end) or Finding(Reason.SERVER_CRASHED, f"{how}; {_see_log(end.container)}")
    return None


def server_ended(pod: kinds.Manifest) -> Finding | None:
    """One that is ended again and again, and does not do it by itself: no fault of the revision, for all that is known.

    Looked for last, because what the sentinel knows tells more.
    """
    for end in _keep_ending(pod):
        how = f"{end.container} is ended again and again{_exit(end)}, and not by itself{_said(end.message)}"
        return Finding(Reason.SERVER_ENDED, f"{how}; see who ends it: kubectl describe pod {_name(pod)}")
    return None


def _keep_ending(pod: kinds.Manifest) -> Iterator[pods.Ended]:
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if end and status["name"] in _LASTING and not status.get("ready") and end.restarts > _HABIT:
            yield end


def died(report: sentinels.Report) -> Finding | None:
    """It was found dead again and again, in the words of the sentinel that is its liveness probe. Untrusted."""
    if report.deaths <= _HABIT:
        return None
    how = f"{names.TRITON} was found dead {report.deaths} times, because nothing succeeded in it any more"
    words = f": {report.message}" if report.message else ""
    return Finding(Reason.SERVER_CRASHED, f"{how}{words}; {_see_log(names.TRITON)}")


def waits(pod: kinds.Manifest) -> Finding | None:
    """Unschedulable, an image that cannot be pulled, a container that cannot be created."""
    return pods.waiting_finding(pod)


def told_by_sentinel(report: sentinels.Report) -> Finding | None:
    """What keeps a running server from being ready, in the sentinel's words and through it in Triton's. Untrusted."""
    reason = _SENTINEL.get(report.reason)
    words = report.message or "its sentinel said no more"
    return Finding(reason, f"{words}; {_REMEDIES[reason]}") if reason else None


def runs_unready(pod: kinds.Manifest) -> bool:
    """Its sentinel can be asked, and has a reason to give."""
    asked = any(one["name"] == names.SENTINEL and (one.get("state") or {}).get("running") for one in pods.statuses(pod))
    return asked and not _ready(pod) and _reachable(pod)


def answers(pod: kinds.Manifest) -> bool:
    """It is ready, and its sentinel can tell how it does."""
    return _ready(pod) and _reachable(pod)


def shut_http(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> bool:
    """Nobody is reached by HTTP: the spec asks for encryption, and no server of before is left that has none."""
    staying = (pod for pod in observed.pods if not pod["metadata"].get("deletionTimestamp"))
    return spec.serving.tls is not None and not any(map(_speaks_http, staying))


def _speaks_http(pod: kinds.Manifest) -> bool:
    containers = (pod.get("spec") or {}).get("containers") or ()
    return any(port.get("name") == "http" for one in containers for port in one.get("ports") or ())


def _reachable(pod: kinds.Manifest) -> bool:
    return bool((pod.get("status") or {}).get("podIP")) and not pod["metadata"].get("deletionTimestamp")


#: What the sentinel tells beyond "not yet".
_SENTINEL = {"ModelNotLoaded": Reason.MODEL_NOT_LOADED, "GoldenWrong": Reason.ANSWERS_WRONG}
_REMEDIES = {
    Reason.MODEL_NOT_LOADED: "see that nodes have what spec.serving and spec.build.target ask for (a GPU, say)",
    Reason.ANSWERS_WRONG: (
        "this server computes otherwise than the build did: take the image and the kind of node of the build, or build"
        " anew (modelsmith.dev/requestedAt)"
    ),
}
_PREPARING = {names.FETCH: Reason.FETCH_FAILED, names.COMPOSE: Reason.COMPOSE_FAILED}
_LASTING = frozenset({names.SENTINEL, names.TRITON})
CHECKS: tuple[Callable[[kinds.Manifest], Finding | None], ...] = (
    not_prepared,
    out_of_memory,
    server_crashed,
    waits,
    pods.evicted,
)


def _counts(pod: kinds.Manifest) -> bool:
    """Not ready, and not on its way out."""
    return not _ready(pod) and not pod["metadata"].get("deletionTimestamp")


def _with_nodes(finding: Finding, pod: kinds.Manifest, observed: state.Observed) -> Finding:
    """Where no node takes a pod that needs one of a kind: which there are, and why not those."""
    spec = pod.get("spec") or {}
    if finding.reason != Reason.UNSCHEDULABLE or observed.survey is None or not placing.concerned(spec):
        return finding
    return pods.unscheduled(pod, placing.considered(observed.survey, spec)) or finding


def _ready(pod: kinds.Manifest) -> bool:
    return kinds.condition(pod, "Ready") is not None


def _name(pod: kinds.Manifest) -> str:
    return str(pod["metadata"]["name"])


def _told(message: str) -> str:
    """Their JSON as words; anything else as it is."""
    try:
        told = json.loads(message)
        words = f"{told['reason']}: {told['message']}"
    except (ValueError, TypeError, KeyError, RecursionError):
        words = message
    return conditions.cut(words, sentinels.WORDS_LIMIT)


def _see_log(container: str) -> str:
    return f"see its log: kubectl logs POD -c {container} --previous"


def _exit(end: pods.Ended) -> str:
    return f" (exit code {end.exit_code})"


def _said(message: str) -> str:
    """The end of a log: that is where the reason stands."""
    lines = [line for line in message.splitlines() if line.strip()]
    words = conditions.cut(" | ".join(lines[-3:])[-sentinels.WORDS_LIMIT :])
    return f": {words}" if words else ""
