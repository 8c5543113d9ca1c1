"""The end of a ModelDeployment whose artifacts in a registry go with it. Pure.

    being deleted ─► its running builds end ─► a Job deletes what nobody else needs ─► the finalizer goes
                     │ the annotation abandon-artifacts, or nothing to delete ────────►│
                     │ the deadline passes, or the Job fails: an Event says what stays ►│
                     └ the namespace ends: no Job can be made there (`reconciling`) ───►│

Only spec.artifact.reclaimPolicy: Delete in a registry has the finalizer: all else is inside the cluster, where
ownerReferences clean up, and a resource that waits for an operator that is gone helps nobody.
"""

import datetime as dt

from model_operator import decisions, kinds, names
from model_operator.api import deployment
from model_operator.builds import state as build_state
from model_operator.deployments import collecting, keeping, removing, state

#: After the deletion was asked for. Then it goes, whatever is left.
DEADLINE = dt.timedelta(minutes=10)


def wanted(observed: state.Observed) -> bool | None:
    """Whether it shall have the finalizer; None leaves it as it is: nobody knows what a spec means that is not read."""
    return None if observed.spec is None else keeping.removes(observed.spec)


def end(observed: state.Observed, now: dt.datetime) -> decisions.Decision:
    """What is to be done about one that is being deleted: nothing is made for it any more but that Job."""
    if not keeping.held(observed.resource):
        return decisions.Decision()
    annotations = observed.resource["metadata"].get("annotations") or {}
    spec = observed.spec
    if spec is None or spec.artifact.oci is None or annotations.get(names.ABANDON) == "true":
        return decisions.Decision(finalizer=False)
    return _removed(observed, spec, now)


def _removed(observed: state.Observed, spec: deployment.ModelDeploymentSpec, now: dt.datetime) -> decisions.Decision:
    """The artifacts first."""
    found, left = _removal(observed), _left(observed, now)
    if not found.wanted or (found.job is not None and build_state.over(found.job)):
        return decisions.Decision(finalizer=False, events=removing.left(observed, spec, found))
    if left <= 0:
        why = f"no Job has deleted it within {DEADLINE.total_seconds() / 60:.0f} minutes"
        return decisions.Decision(finalizer=False, events=removing.left(observed, spec, found, why))
    if running := _running(observed):
        return decisions.Decision(garbage=running, requeue_after=min(left, collecting.POLL))
    step = removing.begun(observed, spec.artifact.oci, found) if spec.artifact.oci else collecting.Step()
    return decisions.Decision(objects=step.objects, requeue_after=min(left, step.requeue_after or left))


def _removal(observed: state.Observed) -> removing.Removal:
    """What it named itself, and nobody else needs."""
    around, gone = observed.around or state.Surroundings(), (observed.resource, *_leaving_siblings(observed))
    owned = [one for one in (*around.builds, *around.revisions, *around.servers) if _goes(observed, one)]
    mine = (one for one in owned if observed.uid in state.owner_uids(one))
    named = {digest for one in (observed.resource, *mine) for digest in keeping.named(one)}
    return removing.at_the_end(observed, named - keeping.needed(observed, without=(*gone, *owned)))


def _leaving_siblings(observed: state.Observed) -> list[kinds.Manifest]:
    return [one for one in observed.siblings if state.leaving(one)]


def _goes(observed: state.Observed, manifest: kinds.Manifest) -> bool:
    """It goes with its owners: nobody who stays is one of them."""
    staying = {one["metadata"]["uid"] for one in observed.siblings if not state.leaving(one)}
    owners = state.owner_uids(manifest)
    return bool(owners) and not owners & staying


def _running(observed: state.Observed) -> tuple[kinds.Manifest, ...]:
    """Builds that go with it and whose Job runs: it may be about to push."""
    around = observed.around or state.Surroundings()
    running = {
        (job["metadata"].get("labels") or {}).get(names.BUILD_LABEL) for job in around.jobs if not build_state.over(job)
    }
    mine = (one for one in around.builds if observed.uid in state.owner_uids(one) and _goes(observed, one))
    return tuple(one for one in mine if one["metadata"]["name"] in running)


def _left(observed: state.Observed, now: dt.datetime) -> float:
    """Seconds until the deadline."""
    since = dt.datetime.fromisoformat(str(observed.resource["metadata"]["deletionTimestamp"]))
    return (since + DEADLINE - now).total_seconds()
