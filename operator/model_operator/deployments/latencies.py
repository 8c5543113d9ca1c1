"""Whether requests take longer than when the revision was new, by what sentinels counted of ten minutes. Pure.

    first ten minutes with enough requests ─► history[0].latency ─┐
    last ten minutes                       ───────────────────────┴─► as long | longer | three times: Slower

What serves is compared with itself: time in the server depends on the model, the machine and the load, and there is no
figure that is right for all. Averages are all that Triton counts. Nothing is looked at for this: it is seen at looks
that come anyway, every ten minutes at least.
"""

import datetime as dt
from collections.abc import Sequence

from model_operator import conditions, kinds, reasons
from model_operator.api import deployment
from model_operator.deployments import analysing, drifting, sentinels, state

#: Of how long a time a sentinel must tell, in seconds, and how many requests: fewer are no measure.
LEAST_SECONDS, LEAST_REQUESTS = 540.0, 1000
#: Slower: so many times as long, and so much longer: a tenth of a millisecond may become three for any reason.
TIMES, MORE_MS = 3.0, 1.0
#: What was slower is so until it takes less than this many times as long; in between it is told, and no more.
ENOUGH = 2.0
#: It is told as being more than the largest of these: a number that changes all the time would be a write each time.
_STEPS = (ENOUGH, TIMES, 5.0, 10.0)
UNIT = " ms"
Entry = deployment.HistoryEntry
REMEDY = (
    "see whether requests wait (more load, larger batches) or the model computes longer (its node, threads): raise"
    " spec.serving.replicas or resources, or move it"
)


def recorded(observed: state.Observed, history: Sequence[Entry], now: dt.datetime) -> list[Entry]:
    """The history, once with the latency of what has served for ten minutes."""
    entries = list(history)
    if not entries or entries[0].latency is not None or not _old_enough(entries[0], now):
        return entries
    if mean := measured(observed, entries[0].revision):
        entries[0] = entries[0].model_copy(update={"latency": f"{mean:.3g}{UNIT}"})
    return entries


def pace(observed: state.Observed, reason: str) -> drifting.Change:
    """Now against then; `reason` is that of Healthy until now."""
    newest = next(iter(observed.status.history), None)
    then = _value(newest.latency) if newest else None
    if newest is None or then is None:
        return drifting.Change()
    now, latency = measured(observed, newest.revision), newest.latency
    bound = ENOUGH if reason == reasons.Reason.SLOWER else TIMES
    if now is None:
        return drifting.Change(words=f"requests took {latency} in the first ten minutes")
    if now > then * bound and now - then > MORE_MS:
        return drifting.Change(_slower(now / then, latency))
    how = "up to three times as long as" if now > then * ENOUGH else "about as long as"
    return drifting.Change(words=f"requests take {how} in the first ten minutes ({latency})")


def _slower(times: float, latency: str | None) -> conditions.Finding:
    step = max(step for step in _STEPS if times > step)
    words = f"requests take more than {step:g} times as long as in the first ten minutes ({latency}); {REMEDY}"
    return conditions.Finding(reasons.Reason.SLOWER, words)


def measured(observed: state.Observed, revision: str) -> float | None:
    """Mean milliseconds of a request to servers of a revision in the last ten minutes; None of too few."""
    ready = (pod for pod in observed.pods_of(revision) if kinds.condition(pod, "Ready"))
    heard = (sentinels.read(observed.answers.get(pod["metadata"]["name"], "")) for pod in ready)
    told = [report.ten_minutes for report in heard if report and report.ten_minutes]
    total = analysing.sum_up(one for one in told if one.seconds >= LEAST_SECONDS)
    return total.mean_ms if total.succeeded >= LEAST_REQUESTS and total.mean_ms > 0 else None


def _old_enough(entry: Entry, now: dt.datetime) -> bool:
    """Has it served for as long as is measured?"""
    try:
        since = dt.datetime.fromisoformat(entry.since)
    except ValueError:
        return False
    return (now - since).total_seconds() >= LEAST_SECONDS


def _value(latency: str | None) -> float | None:
    """Milliseconds, as they were written."""
    try:
        return float((latency or "").removesuffix(UNIT))
    except ValueError:
        return None
