"""How far the servers of a track are: its Deployment's own numbers, and whether what keeps them may pass."""

import dataclasses

from model_operator import conditions, kinds, names, reasons
from model_operator.deployments import servers, state

Reason = reasons.Reason
Finding = conditions.Finding
STUCK = conditions.Outlook.STUCK
#: They heal when the cluster changes; the others only when somebody changes the model or the spec.
_ENVIRONMENT = frozenset(
    {
        Reason.UNSCHEDULABLE,
        Reason.IMAGE_PULL_FAILED,
        Reason.VOLUME_NOT_MOUNTED,
        Reason.FETCH_FAILED,
        Reason.PODS_REFUSED,
        Reason.CONTAINER_CANNOT_START,
        Reason.EVICTED,
    }
)


@dataclasses.dataclass(frozen=True)
class Progress:
    """Numbers of a track, and what is missing."""

    wanted: int = 0
    total: int = 0
    updated: int = 0
    ready: int = 0
    finding: Finding | None = None


def judge(observed: state.Observed, revision: str, replicas: int, *, elastic: bool = False) -> Progress:
    """How far the stable track is on the way to `replicas` of `revision`.

    Where an autoscaler adds servers (`elastic`), those that are still starting keep nobody from being served.
    """
    progress = _judge(observed, observed.server, revision, replicas)
    if elastic and progress.finding and _growing(observed, progress, revision):
        return dataclasses.replace(progress, finding=None)
    return progress


def _growing(observed: state.Observed, numbers: Progress, revision: str) -> bool:
    """All servers are of a revision that has served fully before, some answer, and nothing keeps the others."""
    same = numbers.ready > 0 and numbers.total == numbers.updated and _proven(observed, revision)
    if not same or observed.server is None or _overdue(observed.server):
        return False
    return servers.refused(observed.server) is None and servers.cause(observed, revision) is None


def judge_canary(observed: state.Observed, revision: str, replicas: int) -> Progress:
    """The same of the canary track."""
    return _judge(observed, observed.canary, revision, replicas)


def _judge(observed: state.Observed, server: kinds.Manifest | None, revision: str, replicas: int) -> Progress:
    status = (server or {}).get("status") or {}
    if not replicas and not status.get("replicas", 0):
        return Progress()
    if server is None:
        return Progress(wanted=replicas, finding=Finding(Reason.ROLLING_OUT, "the first servers are being created"))
    numbers = Progress(
        replicas, status.get("replicas", 0), status.get("updatedReplicas", 0), status.get("readyReplicas", 0)
    )
    if not _current(server, revision, replicas):
        applying = Finding(Reason.ROLLING_OUT, f"revision {revision} is being applied")
        return dataclasses.replace(numbers, finding=applying)
    return dataclasses.replace(numbers, finding=_finding(observed, server, numbers, revision))


def _current(server: kinds.Manifest, revision: str, replicas: int) -> bool:
    """The Deployment is what is wanted, and its controller has seen that."""
    metadata, status = server["metadata"], server.get("status") or {}
    return (
        (metadata.get("annotations") or {}).get(names.REVISION) == revision
        and server["spec"].get("replicas") == replicas
        and status.get("observedGeneration", 0) >= metadata.get("generation", 0)
    )


def _finding(observed: state.Observed, server: kinds.Manifest, numbers: Progress, revision: str) -> Finding | None:
    """None when all servers are of the revision, and ready for long enough."""
    status = server.get("status") or {}
    complete = numbers.updated == numbers.total == numbers.wanted == numbers.ready
    if complete and status.get("availableReplicas", 0) == numbers.wanted:
        return None
    cause = servers.refused(server) or servers.cause(observed, revision)
    if _overdue(server):
        return _stuck(cause, numbers)
    if cause:
        return dataclasses.replace(cause, message=f"{_count(numbers)}; {cause.message}")
    if numbers.updated < numbers.wanted or numbers.total > numbers.updated:
        return Finding(Reason.ROLLING_OUT, f"{numbers.updated} of {numbers.wanted} servers are of revision {revision}")
    if numbers.ready >= numbers.wanted:
        return Finding(Reason.ROLLING_OUT, "all servers are ready, the last not yet for long enough")
    return Finding(Reason.SERVERS_NOT_READY if _proven(observed, revision) else Reason.ROLLING_OUT, _count(numbers))


def _proven(observed: state.Observed, revision: str) -> bool:
    """All its servers were ready before: what is missing now was lost."""
    return any(entry.revision == revision for entry in observed.status.history[:1])


def _count(numbers: Progress) -> str:
    return f"{numbers.ready} of {numbers.wanted} servers are ready"


def _stuck(cause: Finding | None, numbers: Progress) -> Finding:
    """Past the Deployment's deadline: a fault of the model or the spec needs somebody, one of the cluster waits on."""
    if cause and cause.reason in _ENVIRONMENT:
        return cause
    if cause:
        return dataclasses.replace(cause, outlook=STUCK)
    return Finding(
        Reason.ROLLOUT_STUCK,
        f"{_count(numbers)}, and nothing changed for too long; see the log of the container {names.SENTINEL}",
        STUCK,
    )


def _overdue(server: kinds.Manifest) -> bool:
    stopped = kinds.condition(server, "Progressing", "False") or {}
    return bool(stopped.get("reason") == "ProgressDeadlineExceeded")
