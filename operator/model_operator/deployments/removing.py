"""Deleting artifacts from a registry: those of this ModelDeployment that nobody in the namespace needs. Pure.

A repository may hold anybody's artifacts, so nothing is deleted for being unknown. What leaves stays as an object (a
ControllerRevision, a ModelBuild) until the Job that deletes its artifact has ended: that is the memory, and it is free.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from model_builder import digests
from model_operator import decisions, kinds, names, reasons
from model_operator.api import deployment, types
from model_operator.builds import state as build_state
from model_operator.deployments import collecting, keeping, state
from model_operator.deployments.manifests import collection

Step = collecting.Step


@dataclasses.dataclass(frozen=True)
class Removal:
    """Artifacts that are to go, and the Job that deletes them, when there is one."""

    wanted: frozenset[str]
    name: str
    job: kinds.Manifest | None
    others: tuple[kinds.Manifest, ...]
    """Jobs for other artifacts of it: one at a time, and a while apart, because they outlive their end."""


def removal(observed: state.Observed, wanted: Iterable[str]) -> Removal:
    """Digests, and what is done about them."""
    asked = frozenset(wanted)
    name = names.removal_job(observed.name, digests.of_json([observed.uid, *sorted(asked)]))
    mine = [job for job in (observed.around.jobs if observed.around else ()) if _mine(observed, job)]
    others = tuple(job for job in mine if job["metadata"]["name"] != name)
    return Removal(asked, name, next((job for job in mine if job["metadata"]["name"] == name), None), others)


def at_the_end(observed: state.Observed, wanted: Iterable[str]) -> Removal:
    """The last of them. One Job whatever is named by now: children that are deleted before take their words along."""
    name = names.removal_job(observed.name, digests.of_json([observed.uid]))
    jobs = observed.around.jobs if observed.around else ()
    job = next((one for one in jobs if one["metadata"]["name"] == name and _mine(observed, one)), None)
    return Removal(frozenset(wanted), name, job, ())


def let_go(observed: state.Observed, spec: deployment.ModelDeploymentSpec, leaving: Sequence[kinds.Manifest]) -> Step:
    """Let objects go, once their artifacts are deleted."""
    store = spec.artifact.oci
    if store is None or not keeping.removes(spec) or not leaving:
        return Step(garbage=tuple(leaving))
    named = {digest for one in leaving for digest in keeping.named(one)}
    # Its own status still tells of what leaves just now; what it can go back to are its revisions.
    found = removal(observed, named - keeping.needed(observed, without=(*leaving, observed.resource)))
    if not found.wanted:
        return Step(garbage=tuple(leaving))
    if found.job is not None and build_state.over(found.job):
        return Step(garbage=tuple(leaving), events=left(observed, spec, found))
    return begun(observed, store, found)


def begun(observed: state.Observed, store: types.OciStore, found: Removal) -> Step:
    """The Job, unless it is there; not beside another, and not while a build may find what it deletes."""
    if found.job is not None or found.others:
        return Step()
    if keeping.builds_run(observed, store.repository):
        return Step(requeue_after=collecting.POLL)
    job = collection.registry_job(observed.resource, found.name, observed.images.builder, store, found.wanted)
    asked = observed.spec.build.resources if observed.spec else types.Resources()
    return Step(objects=(collection.counted(job, asked),))


def left(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, found: Removal, why: str = ""
) -> tuple[decisions.Event, ...]:
    """What stays in the registry, and why; nothing when the Job did its work."""
    if found.job is not None and build_state.ended(found.job, "Failed"):
        why = collection.told(found.job, observed.around.pods if observed.around else ())
    if not why or not found.wanted:
        return ()
    repository = spec.artifact.oci.repository if spec.artifact.oci else ""
    listed = ", ".join(sorted(found.wanted))
    message = (
        f"not deleted from {repository}: {listed}; {why}; delete the tags artifact-<digest> and plan-<digest> there"
    )
    return (decisions.Event(reasons.Reason.ARTIFACTS_LEFT, message, decisions.EventType.WARNING),)


def _mine(observed: state.Observed, job: kinds.Manifest) -> bool:
    labels = job["metadata"].get("labels") or {}
    return (labels.get(names.COMPONENT_LABEL), labels.get(names.DEPLOYMENT_LABEL)) == (names.COLLECTOR, observed.name)
