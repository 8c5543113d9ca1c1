"""Builds that are not asked for any more: handed to their other owners, or deleted.

The build of what still serves stays until its successor is ready: going back then costs nothing.
"""

from model_operator import kinds
from model_operator.api import build, parsing
from model_operator.deployments import owning, revisions, state, statuses
from model_operator.deployments.manifests import build as build_manifests

Released = tuple[tuple[kinds.Manifest, ...], tuple[kinds.Manifest, ...]]


def release(observed: state.Observed, outcome: statuses.Outcome) -> Released:
    """What to write for those that have heirs, and what to delete."""
    if outcome.wanted is None or outcome.suspended:
        return (), ()
    former = [
        one
        for one in observed.builds
        if one["metadata"]["name"] != outcome.wanted.name
        and observed.uid in state.owner_uids(one)
        and not (outcome.finding and _serves(observed, one))
    ]
    written = [_handed_over(observed, one) for one in former]
    orphans = [one for one in former if not owning.build_owners(observed, one["metadata"]["name"], without_me=True)]
    return tuple(filter(None, written)), tuple(orphans)


def _handed_over(observed: state.Observed, former: kinds.Manifest) -> kinds.Manifest | None:
    """The build as it is, but for one owner; None when it has no other, or is not understood."""
    name = former["metadata"]["name"]
    heirs = owning.build_owners(observed, name, without_me=True)
    spec, _ = parsing.spec(build.ModelBuildSpec, former)
    return build_manifests.model_build(name, observed.namespace, spec, heirs) if heirs and spec else None


def _serves(observed: state.Observed, former: kinds.Manifest) -> bool:
    """What served fully last, or is deployed without having come so far, came of this build."""
    deployed = revisions.kept(observed, observed.deployed)
    artifacts = {entry.artifact for entry in observed.status.history[:1]} | ({deployed.artifact} if deployed else set())
    return state.field(former, "status", "artifact", "digest") in artifacts
