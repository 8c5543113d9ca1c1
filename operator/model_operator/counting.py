"""What came about when a status was written: builds that ended, verdicts of the gate, rollbacks. Pure.

    status before ─┐
                   ├─► News ─► metrics
    status after ──┘

Counted when the status was written, so exactly once: whoever decides next, after a restart too, finds in the status
before what was counted already. A process that dies between the two takes its counters with it anyway.
"""

import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from model_builder import contract
from model_operator import conditions, kinds, reasons
from model_operator.deployments import trials

Status = Mapping[str, Any]
Reason = reasons.Reason
#: What a revision is sent back for.
ROLLBACKS = trials.BLAMED | {Reason.ANALYSIS_FAILED}


class Result(enum.StrEnum):
    """How a build ended."""

    BUILT = "built"
    CACHE_HIT = "cache_hit"
    """The store had the artifact already."""
    FAILED = "failed"


class News(NamedTuple):
    """What is to be counted; all of it empty, mostly.

    result    of a build that ended, and how many seconds it took, where its Job tells
    verdicts  candidate and verdict of each that it judged
    rollback  why a revision was sent back
    """

    result: str = ""
    seconds: float | None = None
    verdicts: tuple[tuple[str, str], ...] = ()
    rollback: str = ""


NOTHING = News()


def news(kind: kinds.Kind, before: Status, after: Status, job: kinds.Manifest | None) -> News:
    """What is new in a status of ours; `job` is that of the build, while there is one."""
    if kind == kinds.MODEL_BUILD:
        return _of_build(before, after, job)
    return News(rollback=_rollback(before, after))


def _of_build(before: Status, after: Status, job: kinds.Manifest | None) -> News:
    """A build ends once a Job: what is said of the same Job later is no other end."""
    result = _result(after)
    if result is None or (_result(before) is not None and _job(before) == _job(after)):
        return NOTHING
    return News(result, _seconds(job), tuple(_judged(before, after, result)))


def _result(status: Status) -> Result | None:
    """How the build of a status ended; None while it has not. A spec that is not understood is the end of no Job."""
    built = _condition(status, conditions.Type.BUILT)
    if built.get("status") == "True":
        return Result.CACHE_HIT if status.get("cacheHit") else Result.BUILT
    stalled = _condition(status, conditions.Type.STALLED)
    ended = stalled and stalled["reason"] != Reason.SPEC_INVALID and _job(status)
    return Result.FAILED if ended else None


def _judged(before: Status, after: Status, result: Result) -> Iterator[tuple[str, str]]:
    """The candidates of this build. What the store had was judged by an earlier one; a failure may have judged none."""
    tried = after.get("candidates") or ()
    gated = _condition(after, conditions.Type.BUILT).get("reason") == contract.FailureReason.GATE_FAILED
    new = result is Result.BUILT or gated or tried != (before.get("candidates") or ())
    if new and result is not Result.CACHE_HIT:
        yield from ((one["name"], one["verdict"]) for one in tried)


def _seconds(job: kinds.Manifest | None) -> float | None:
    """From the start of a Job to its end. One that waits in a queue has not started."""
    status = (job or {}).get("status") or {}
    failed = kinds.condition(job, "Failed") if job else None
    ended = status.get("completionTime") or (failed or {}).get("lastTransitionTime")
    if not ended or not status.get("startTime"):
        return None
    return (_time(ended) - _time(status["startTime"])).total_seconds()


def _rollback(before: Status, after: Status) -> str:
    """Why a revision was sent back just now; empty when none was."""
    told, last = _rejected(after), _rejected(before)
    same = all(told.get(field) == last.get(field) for field in ("revision", "at"))
    return "" if same else str(told.get("reason", ""))


def _rejected(status: Status) -> Status:
    return (status.get("rollout") or {}).get("rejected") or {}


def _condition(status: Status, type_: conditions.Type) -> Mapping[str, str]:
    return next((one for one in status.get("conditions") or () if one["type"] == type_), {})


def _job(status: Status) -> str:
    return str(status.get("job", ""))


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
