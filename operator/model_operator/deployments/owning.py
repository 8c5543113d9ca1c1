"""Who owns what is shared, and how a shared build is run: the same answer for every sibling.

There is one field manager, so an apply replaces the whole list of owners that we wrote. Each sibling therefore
computes the list of all, from what everybody can see, and none undoes what another did:

    owners of a build   who asks for it (status.build.name), and who is its owner already and still exists
    owners of a claim   who keeps artifacts on it, and who is its owner already and still exists
    execution           of the oldest of those who ask; requestedAt the greatest; suspended when all are

Only the resource itself takes its name off the list: when it needs the build no more.
"""

from collections.abc import Iterable
from typing import Any

from model_operator import containers, kinds, names, outlines
from model_operator.api import build, deployment, parsing
from model_operator.deployments import requests, state


def build_owners(observed: state.Observed, name: str, *, without_me: bool = False) -> list[dict[str, Any]]:
    """Owner references of a shared build."""
    manifest = observed.build(name)
    present = state.owner_uids(manifest) if manifest else set()
    siblings = (
        one
        for one in observed.siblings
        if one["metadata"]["uid"] in present or state.field(one, "status", "build", "name") == name
    )
    return _references(siblings if without_me else (*siblings, observed.resource))


def claim_owners(observed: state.Observed, name: str) -> list[dict[str, Any]]:
    """Owner references of the artifact claim."""
    present = state.owner_uids(observed.claim) if observed.claim else set()
    siblings = (one for one in observed.siblings if one["metadata"]["uid"] in present or keeps_on(one, name))
    return _references((*siblings, observed.resource))


def kept_on(resource: kinds.Manifest) -> str | None:
    """The claim that it keeps artifacts on; None with another store.

    The API server names the claim by default, in every store; an object may be older than that default.
    """
    artifact = state.field(resource, "spec", "artifact") or {}
    return artifact.get("claimName", names.ARTIFACT_CLAIM) if artifact.get("store", "pvc") == "pvc" else None


def keeps_on(sibling: kinds.Manifest, claim: str) -> bool:
    """It keeps artifacts on this claim."""
    return kept_on(sibling) == claim


def shares(one: kinds.Manifest, other: kinds.Manifest) -> bool:
    """They keep their artifacts on one claim, or asked for one build."""
    claim, build_name = kept_on(one), state.field(one, "status", "build", "name")
    same_claim = claim is not None and claim == kept_on(other)
    return same_claim or bool(build_name and build_name == state.field(other, "status", "build", "name"))


def _references(owners: Iterable[kinds.Manifest]) -> list[dict[str, Any]]:
    """By name, so that all write them alike. Who is being deleted owns nothing any more."""
    living = (owner for owner in owners if not state.leaving(owner))
    return [containers.owner(owner, controller=False) for owner in sorted(living, key=_name)]


def execution(observed: state.Observed, wanted: requests.Wanted) -> build.Execution:
    """How the build is run, as all who ask for it agree."""
    manifest = observed.build(wanted.name)
    present = state.owner_uids(manifest) if manifest else set()
    if manifest and any(_stale(one) for one in observed.siblings if one["metadata"]["uid"] in present):
        # Somebody changed and was not looked at yet: it may ask for something else by now.
        spec, _ = parsing.spec(build.ModelBuildSpec, manifest)
        if spec:
            return spec.execution
    asking = [observed.resource, *(one for one in observed.siblings if _asks(one, wanted.name, present))]
    oldest = _oldest(asking)
    return build.Execution(
        resources=oldest.resources,
        timeout=oldest.timeout,
        queue_name=oldest.queue_name,
        requested_at=max(map(state.requested_at, asking)),
        suspend=all(state.field(one, "spec", "suspend") for one in asking),
    )


def _oldest(asking: list[kinds.Manifest]) -> deployment.Build:
    """How the oldest wants it run, of those who say so in a way that is understood. Siblings are seen in outline."""
    for one in sorted(asking, key=lambda one: (one["metadata"].get("creationTimestamp", ""), _name(one))):
        said = state.field(outlines.of(kinds.MODEL_DEPLOYMENT, one), "spec", "build")
        spec, _ = parsing.spec(deployment.Build, {"spec": said})
        if spec:
            return spec
    return deployment.Build()


def _asks(sibling: kinds.Manifest, name: str, owners: set[str]) -> bool:
    """Its status says so; or it is an owner that has not come to writing a status."""
    asked = state.field(sibling, "status", "build", "name")
    return asked == name or (asked is None and sibling["metadata"]["uid"] in owners)


def _stale(sibling: kinds.Manifest) -> bool:
    observed = state.field(sibling, "status", "observedGeneration") or 0
    return bool(observed and observed != sibling["metadata"].get("generation"))


def _name(manifest: kinds.Manifest) -> str:
    return str(manifest["metadata"]["name"])
