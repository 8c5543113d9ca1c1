"""One resource: observe, decide, apply.

    objects ─► garbage ─► status ─► events

Objects come before the status, so that a status never speaks of something that was not even tried; what could not be
written does not keep the rest from being written, and the status says what was observed either way. What cannot be
written is told as an Event and tried again: soon when it may pass by itself, slowly when somebody has to act.
"""

import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from model_operator import applying, caching, decisions, errors, kinds, metrics, queueing, recording

logger = logging.getLogger(__name__)

#: Looks at one resource as it is now, and decides; None when there is none.
Decide = Callable[[kinds.Key], Awaitable[decisions.Decision | None]]

#: Seconds until another look: at an object that somebody else owns, and at one on its way out.
PATIENCE = 60.0
SHORTLY = 2.0


@dataclasses.dataclass
class Outcome:
    """What one handling did, and what it could not do."""

    done: list[str] = dataclasses.field(default_factory=list)
    news: list[decisions.Event] = dataclasses.field(default_factory=list)
    refused: errors.ApiError | None = None
    again_after: float | None = None

    def hurry(self, seconds: float | None) -> None:
        """Look again after this time, or sooner when asked for sooner."""
        if seconds is not None:
            self.again_after = seconds if self.again_after is None else min(seconds, self.again_after)


class Reconciler:
    """Handles keys."""

    def __init__(
        self,
        deciders: Mapping[kinds.Kind, Decide],
        caches: caching.Caches,
        applier: applying.Applier,
        recorder: recording.Recorder,
        counters: metrics.Metrics,
    ) -> None:
        """Take one decider for each kind of ours."""
        self._deciders = deciders
        self._caches = caches
        self._applier = applier
        self._recorder = recorder
        self._counters = counters

    async def work(self, queue: queueing.Queue) -> None:
        """Handle keys for ever: one worker."""
        while True:
            key = await queue.take()
            started = time.perf_counter()
            result = await self._attempt(queue, key)
            self._counters.reconciled(key.kind, result, time.perf_counter() - started)

    async def _attempt(self, queue: queueing.Queue, key: kinds.Key) -> str:
        """Handle one key, and put it back as the result demands. No error of one resource ends the worker."""
        try:
            again_after = await self.handle(key)
        except (errors.ApiError, errors.Unreachable) as error:
            pause = queue.fail(key)
            logger.warning("%s: %s; again in %.1f s", _name(key), error, pause, extra=_extra(key))
            return "failed"
        except Exception:
            pause = queue.fail(key)
            logger.exception("%s: unexpected; again in %.1f s", _name(key), pause, extra=_extra(key))
            return "crashed"
        queue.release(key, again_after=again_after)
        return "ok"

    async def handle(self, key: kinds.Key) -> float | None:
        """Bring the cluster nearer to what one resource wants; answers when to look again without a cause."""
        resource = self._caches.get(key)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            return None
        decision = await self._deciders[key.kind](key)
        if decision is None:
            return None
        outcome = Outcome(again_after=decision.requeue_after)
        try:
            await self._write_objects(decision, outcome)
        except errors.ApiError as error:
            if error.namespace_ends:
                return None  # the deletion of the resource itself is on its way
            raise
        await self._write_status(resource, decision, outcome)
        if outcome.done:
            logger.info("%s: %s", _name(key), ", ".join(outcome.done), extra=_extra(key))
        for event in (*decision.events, *outcome.news):
            if await self._recorder.record(resource, event):
                logger.info("%s: %s: %s", _name(key), event.reason, event.message, extra=_extra(key))
        if outcome.refused is not None:
            raise outcome.refused
        return outcome.again_after

    async def _write_objects(self, decision: decisions.Decision, outcome: Outcome) -> None:
        """Objects in order, then the garbage."""
        for desired in decision.objects:
            await self._ensure(desired, outcome)
        for manifest in decision.garbage:
            if await self._applier.remove(manifest):
                outcome.done.append(f"deleted {_title(manifest)}")

    async def _ensure(self, desired: kinds.Manifest, outcome: Outcome) -> None:
        """One object; what stands in its way is kept for later."""
        try:
            verb = await self._applier.ensure(desired)
        except errors.StillThere:
            outcome.hurry(SHORTLY)
        except errors.Finding as finding:
            outcome.news.append(_warning(finding.reason, str(finding)))
            outcome.hurry(PATIENCE)
        except errors.ApiError as error:
            if error.namespace_ends or not error.permanent:
                raise
            outcome.refused = error
            outcome.news.append(_warning("ApplyRefused", f"{_title(desired)}: {error.message}"))
        else:
            if verb is not None:
                outcome.done.append(f"{verb} {_title(desired)}")

    async def _write_status(self, resource: kinds.Manifest, decision: decisions.Decision, outcome: Outcome) -> None:
        """The status, and what it says in a few words."""
        if decision.status is not None and await self._applier.status(resource, decision.status):
            outcome.done.append(f"status {_summary(decision.status)}")


def _warning(reason: str, message: str) -> decisions.Event:
    return decisions.Event(reason, message, decisions.EventType.WARNING)


def _summary(status: Mapping[str, object]) -> str:
    """`Ready=False/Building`, from the last of the conditions that sum up."""
    conditions = status.get("conditions")
    found = {item["type"]: item for item in conditions} if isinstance(conditions, list | tuple) else {}
    for name in ("Ready", "Built"):
        if name in found:
            return f"{name}={found[name]['status']}/{found[name]['reason']}"
    return "written"


def _title(manifest: kinds.Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def _name(key: kinds.Key) -> str:
    return f"{key.kind.kind} {key.namespace}/{key.name}"


def _extra(key: kinds.Key) -> dict[str, str]:
    """Fields of a JSON log line."""
    return {"kind": key.kind.kind, "namespace": key.namespace, "object": key.name}
