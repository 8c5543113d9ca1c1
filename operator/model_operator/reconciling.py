"""One resource: observe, decide, apply.

    rehearsed ─► objects ─► garbage ─► status ─► events

What is rehearsed, and would be refused, keeps back the Deployment and its revision: what serves goes on.
Objects come before the status, so that a status never speaks of something that was not even tried; what could not be
written does not keep the rest from being written. What cannot be written is decided upon once more (`refusals`): the
status says why, in a condition. It is tried again: soon when it may pass by itself, slowly when somebody has to act.
"""

import asyncio
import contextvars
import dataclasses
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Protocol

from model_operator import (
    applying,
    caching,
    calming,
    counting,
    decisions,
    errors,
    kinds,
    logs,
    metrics,
    names,
    queueing,
    recording,
    refusals,
    scheduling,
)

logger = logging.getLogger(__name__)


class Decide(Protocol):
    """Looks at one resource as it is now, and at what could not be written a moment ago, and decides."""

    async def __call__(self, key: kinds.Key, refused: tuple[refusals.Refusal, ...] = ()) -> decisions.Decision | None:
        """The Decision; None when there is no such resource."""


#: Whom this task handles. What it writes is told from deep below, where nobody knows for whom.
HANDLED: contextvars.ContextVar[kinds.Key | None] = contextvars.ContextVar("handled", default=None)
#: Seconds until another look: at an object that somebody else owns, and at one on its way out.
PATIENCE = 60.0
SHORTLY = 2.0
#: What is neither made nor removed when a rehearsal fails.
_REHEARSED = frozenset({kinds.DEPLOYMENT, kinds.CONTROLLER_REVISION})


@dataclasses.dataclass
class Outcome:
    """What one handling did, and what it could not do."""

    done: list[str] = dataclasses.field(default_factory=list)
    refused: list[refusals.Refusal] = dataclasses.field(default_factory=list)
    unwritten: set[kinds.Kind] = dataclasses.field(default_factory=set)
    withheld: frozenset[kinds.Kind] = frozenset()
    error: errors.ApiError | None = None
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
        self._calm = calming.Calm(lambda: asyncio.get_running_loop().time())

    async def work(self, queue: queueing.Queue) -> None:
        """Handle keys for ever: one worker."""
        while True:
            key = await queue.take()
            started = time.perf_counter()
            result = await self._attempt(queue, key)
            self._counters.reconciled(key.kind, result, time.perf_counter() - started)

    async def _attempt(self, queue: queueing.Queue, key: kinds.Key) -> str:
        """Handle one key, and put it back as the result demands. No error of one resource ends the worker."""
        HANDLED.set(key)
        try:
            again_after = await self.handle(key)
        except errors.NotLeading:
            raise  # ends the process
        except (errors.ApiError, errors.Unreachable) as error:
            pause = queue.fail(key)
            logger.warning("%s: %s; again in %.1f s", _name(key), error, pause, extra=logs.about(key))
            return "failed"
        except Exception:
            pause = queue.fail(key)
            logger.exception("%s: unexpected; again in %.1f s", _name(key), pause, extra=logs.about(key))
            return "crashed"
        queue.release(key, again_after=again_after)
        return "ok"

    async def handle(self, key: kinds.Key) -> float | None:
        """Bring the cluster nearer to what one resource wants; answers when to look again without a cause."""
        resource = self._caches.get(key)
        if resource is None or _only_leaves(resource):
            return None
        try:
            return await self._carry_out(key, resource)
        except errors.NamespaceEnds:
            if "deletionTimestamp" in resource["metadata"]:
                await self._applier.finalizer(resource, wanted=False)  # nothing can be made any more: it must not hang
            return None  # the deletion of the resource itself is on its way

    async def _carry_out(self, key: kinds.Key, resource: kinds.Manifest) -> float | None:
        """Decide and apply; answers when to look again. Raises what the API server refused, after all else is done."""
        decide, outcome = self._deciders[key.kind], Outcome()
        decision = await decide(key)
        if decision is None:
            return None
        if decision.finalizer and await self._applier.finalizer(resource, wanted=True):
            logger.info("%s: its deletion will wait for its artifacts", _name(key), extra=logs.about(key))
            return 0.0  # before anything is made that it is about
        await self._rehearse(decision, outcome)
        await self._write_objects(decision, outcome)
        if outcome.refused:
            decision = await decide(key, tuple(outcome.refused)) or decision
        outcome.hurry(decision.requeue_after)
        await self._tell(key, resource, decision, outcome)
        if decision.finalizer is False and await self._applier.finalizer(resource, wanted=False):
            logger.info("%s: its deletion waits for nothing more", _name(key), extra=logs.about(key))
        if outcome.error is not None:
            raise outcome.error
        return outcome.again_after

    async def _tell(
        self, key: kinds.Key, resource: kinds.Manifest, decision: decisions.Decision, outcome: Outcome
    ) -> None:
        """The status, the log, the Events. What a status is not told yet, no Event tells either."""
        told = await self._write_status(resource, decision, outcome)
        if outcome.done:
            logger.info("%s: %s", _name(key), ", ".join(outcome.done), extra=logs.about(key))
        for event in decision.events if told else ():
            if await self._recorder.record(resource, event):
                logger.info("%s: %s: %s", _name(key), event.reason, event.message, extra=logs.about(key))

    async def _rehearse(self, decision: decisions.Decision, outcome: Outcome) -> None:
        """Try what nobody has judged yet. It is tried again slowly: a person has to change it, or a policy."""
        for desired in decision.rehearsed:
            try:
                await self._applier.rehearse(desired)
            except errors.ApiError as error:
                if not error.permanent:
                    raise
                outcome.refused.append(refusals.of_rehearsal(desired, error))
                outcome.withheld = _REHEARSED
                outcome.hurry(PATIENCE)

    async def _write_objects(self, decision: decisions.Decision, outcome: Outcome) -> None:
        """Objects in order, then the garbage; nothing of a kind that is withheld."""
        for desired in decision.objects:
            if kinds.of_manifest(desired) in outcome.withheld:
                continue
            if not refusals.must_wait(desired, outcome.unwritten) and not await self._ensure(desired, outcome):
                outcome.unwritten.add(kinds.of_manifest(desired))
        for manifest in decision.garbage:
            if kinds.of_manifest(manifest) not in outcome.withheld and await self._applier.remove(manifest):
                outcome.done.append(f"deleted {_title(manifest)}")

    async def _ensure(self, desired: kinds.Manifest, outcome: Outcome) -> bool:
        """One object; what stands in its way is kept for later, and False."""
        try:
            verb = await self._applier.ensure(desired)
        except errors.StillThere:
            outcome.hurry(SHORTLY)
        except errors.Overtaken:
            outcome.hurry(SHORTLY)
            return True  # it is there
        except errors.Finding as finding:
            outcome.refused.append(refusals.of_finding(desired, finding))
            outcome.hurry(PATIENCE)
        except errors.ApiError as error:
            if not error.permanent:
                raise
            outcome.error = error
            outcome.refused.append(refusals.of_error(desired, error))
        else:
            if verb is not None:
                outcome.done.append(f"{verb} {_title(desired)}")
            return True
        return False

    async def _write_status(self, resource: kinds.Manifest, decision: decisions.Decision, outcome: Outcome) -> bool:
        """The status, and what it says in a few words; False when it has to wait, because it only tells progress."""
        if decision.status is None:
            return True
        key = kinds.key_of(resource, kinds.of_manifest(resource))
        pause = self._calm.pause(key, resource.get("status") or {}, decision.status)
        if pause is not None:
            outcome.hurry(pause)
            return False
        try:
            written = await self._applier.status(resource, decision.status)
        except errors.Conflict:
            outcome.hurry(SHORTLY)  # what is there by now wakes us sooner; if it does not come, we still look
            return True
        if written:
            self._calm.wrote(key, decision.status)
            self._count(key, resource.get("status") or {}, decision.status)
            outcome.done.append(f"status {_summary(decision.status)}")
        return True

    def _count(self, key: kinds.Key, before: counting.Status, after: counting.Status) -> None:
        """What came about with a status that was written."""
        job = after.get("job")
        ended = self._caches.get(kinds.Key(kinds.JOB, key.namespace, job)) if job else None
        self._counters.happened(counting.news(key.kind, before, after, ended))


def spread(queue: queueing.Queue, concerned: Iterable[kinds.Key], line: scheduling.Line) -> None:
    """Have all looked at whom a change concerns; for whoever made it, it is no news."""
    for key in concerned:
        if line is scheduling.Line.ROUTINE or key == HANDLED.get():
            queue.later((key,))
        else:
            queue.wake((key,), line)


def _only_leaves(resource: kinds.Manifest) -> bool:
    """It is being deleted and waits for nothing of ours: nothing is made for it any more."""
    metadata = resource["metadata"]
    return "deletionTimestamp" in metadata and names.FINALIZER not in (metadata.get("finalizers") or ())


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
