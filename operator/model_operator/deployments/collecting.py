"""Collecting on a claim: when, and what must stay. Pure.

A record (a ConfigMap, `manifests.collection`) remembers what was needed. It is due to be collected as soon as something
in it is needed no more, so nothing is forgotten by an operator that ends in between, and nothing is done by a timer:

    something is let go      its digests go into the record, and only then it goes     `let_go`, by anybody
    a user is gone           a mark goes into the record, and only then from the claim `let_go`, by anybody
    needed no more           the record is written anew: what is needed now, run n+1   `run`, by the oldest user
                             a mark "run" keeps it due until the Job is there
    the Job is there         the mark goes: three writes a run, none in between
    the Job failed           a mark "failed": due again, later

A Job removes what is not on the list, is an artifact or a plan, and is older than the list by an hour. Hence a list may
be longer than need be, and never shorter.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from model_operator import containers, decisions, kinds, names, reasons
from model_operator.api import deployment
from model_operator.builds import state as build_state
from model_operator.deployments import keeping, owning, state
from model_operator.deployments.manifests import collection

#: Between two runs on a claim, and until another try of one that failed.
INTERVAL = dt.timedelta(minutes=10)
RETRY = dt.timedelta(hours=1)
#: Seconds between looks while it is due and cannot be: a build runs, or Kubernetes has not come to collecting.
POLL, SHORTLY = 15.0, 5.0
#: Digests in a record. A ConfigMap holds 1 MiB; a list that does not fit is not cut, nothing is removed then.
MOST = 12_000
#: Marks, which are no digests: a Job passes over them.
RUN, FAILED, LEFT = "run-", "failed-", "left-"


@dataclasses.dataclass(frozen=True)
class Step:
    """What follows. `objects` come before all else, and `garbage` after all else."""

    objects: tuple[kinds.Manifest, ...] = ()
    garbage: tuple[kinds.Manifest, ...] = ()
    events: tuple[decisions.Event, ...] = ()
    requeue_after: float | None = None


def let_go(observed: state.Observed, spec: deployment.ModelDeploymentSpec, leaving: Sequence[kinds.Manifest]) -> Step:
    """Let objects go, once their artifacts are written down; and users of the claim that are gone."""
    free = Step(garbage=tuple(leaving))
    known = collection.read(observed.record) or collection.Record()
    present = short((observed.resource, *observed.siblings))
    gone = _recorded(observed, known) - present
    if keeping.made_here(observed.claim) and not leaving and not gone:
        return free
    if not keeping.collects(observed, spec):
        return free
    said = _last_of(observed, leaving)
    kept = dataclasses.replace(known, keep=known.keep | said | {f"{LEFT}{uid}" for uid in gone})
    if not keeping.made_here(observed.claim):
        kept = dataclasses.replace(kept, users=short(keeping.users(observed, spec.artifact.claim_name)))
    if kept == known or len(kept.keep) > MOST:
        return free
    return dataclasses.replace(free, objects=(record(observed, spec, kept),))


def _last_of(observed: state.Observed, leaving: Sequence[kinds.Manifest]) -> set[str]:
    """Digests that this one names no more once these are gone: revisions may differ in their settings alone."""
    going = {one["metadata"]["uid"] for one in leaving}
    staying = (one for one in (*observed.revisions, *observed.builds) if one["metadata"]["uid"] not in going)
    still = {digest for one in staying for digest in keeping.named(one)}
    return {digest for one in leaving for digest in keeping.named(one)} - still


def run(observed: state.Observed, spec: deployment.ModelDeploymentSpec, now: dt.datetime) -> Step:
    """What the collector does next: nothing, as a rule."""
    known = collection.read(observed.record)
    if observed.around is None or known is None:
        return Step()
    job = _job(observed, spec, known.run)
    mark = f"{RUN}{known.run}"
    if job is not None and mark in known.keep:
        return Step(objects=(record(observed, spec, dataclasses.replace(known, keep=known.keep - {mark})),))
    if job is not None and build_state.ended(job, "Failed") and f"{FAILED}{known.run}" not in known.keep:
        return _failed(observed, spec, known, job)
    needed = keeping.needed(observed)
    if not known.keep - needed or len(needed) > MOST:
        return Step()
    return _due(observed, spec, known, needed, now)


def _due(
    observed: state.Observed,
    spec: deployment.ModelDeploymentSpec,
    known: collection.Record,
    needed: frozenset[str],
    now: dt.datetime,
) -> Step:
    """A new run, or how long until there may be one."""
    job = _job(observed, spec, known.run)
    if job is not None and not build_state.over(job):
        return Step(requeue_after=POLL)
    pause = RETRY if any(line.startswith(FAILED) for line in known.keep) else INTERVAL
    left = (known.at + pause - now).total_seconds() if known.at else 0.0
    if left > 0:
        return Step(requeue_after=min(left, pause.total_seconds()))
    if keeping.builds_run(observed, spec.artifact.claim_name):
        return Step(requeue_after=POLL)
    if keeping.dangling(observed):
        return Step(requeue_after=SHORTLY)
    number = known.run + 1
    wanted = dataclasses.replace(known, keep=needed | {f"{RUN}{number}"}, run=number, at=now.replace(microsecond=0))
    written = record(observed, spec, wanted)
    owners = owning.claim_owners(observed, spec.artifact.claim_name)
    job = collection.claim_job(written, spec.artifact.claim_name, observed.images.builder, wanted, owners)
    return Step(objects=(written, collection.counted(job, spec.build.resources)))


def _failed(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, known: collection.Record, job: kinds.Manifest
) -> Step:
    """It is due again, and said once."""
    words = collection.told(job, observed.around.pods if observed.around else ())
    message = (
        f"Job {job['metadata']['name']} could not collect artifacts on claim {spec.artifact.claim_name!r}: {words};"
        " it is tried again in an hour"
    )
    told = decisions.Event(reasons.Reason.COLLECTION_FAILED, message, decisions.EventType.WARNING)
    marked = dataclasses.replace(known, keep=known.keep | {f"{FAILED}{known.run}"})
    return Step(objects=(record(observed, spec, marked),), events=(told,))


def refused(observed: state.Observed) -> tuple[decisions.Event, ...]:
    """What cleans up and could not be written is news, and keeps nobody from serving."""
    told = (one.finding.message for one in observed.refused if one.cleans_up)
    return tuple(
        decisions.Event(reasons.Reason.COLLECTION_FAILED, words, decisions.EventType.WARNING) for words in told
    )


def record(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, content: collection.Record
) -> kinds.Manifest:
    """The record as everybody writes it: it belongs to all users of the claim, and wakes the oldest."""
    claim = spec.artifact.claim_name
    oldest = keeping.oldest(observed, claim)["metadata"]["name"]
    owners = owning.claim_owners(observed, claim)
    return collection.record(keeping.record_name(claim), observed.namespace, oldest, owners, content)


def short(resources: Iterable[kinds.Manifest]) -> frozenset[str]:
    """Who they are, in a few characters each."""
    return frozenset(containers.short(one["metadata"]) for one in resources)


def _recorded(observed: state.Observed, known: collection.Record) -> frozenset[str]:
    """Who was seen using the claim: written on one that was made here, beside one that was not."""
    if not keeping.made_here(observed.claim):
        return known.users
    annotations = (observed.claim or {"metadata": {}})["metadata"].get("annotations") or {}
    return frozenset(filter(None, str(annotations.get(names.USERS, "")).split(",")))


def _job(observed: state.Observed, spec: deployment.ModelDeploymentSpec, run: int) -> kinds.Manifest | None:
    """The Job of a run."""
    name = names.collection_job(keeping.record_name(spec.artifact.claim_name), run)
    jobs = observed.around.jobs if observed.around else ()
    return next((one for one in jobs if one["metadata"]["name"] == name), None)
