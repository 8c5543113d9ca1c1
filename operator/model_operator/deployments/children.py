"""The children of a ModelDeployment: which are wanted, and as what."""

from model_operator import kinds, names
from model_operator.api import deployment
from model_operator.deployments import owning, revisions, state
from model_operator.deployments.manifests import budget, server, service
from model_operator.deployments.manifests import claim as claims
from model_operator.deployments.manifests import revision as revision_manifests


def claim(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> tuple[kinds.Manifest, ...]:
    """The artifact claim, unless somebody made it, or artifacts go elsewhere.

    Whoever is looked at for the first time leaves one that is there as it is: each who writes it writes all its users,
    so of a hundred that come at once a few write, a moment later, in place of all.
    """
    if spec.artifact.oci:
        return ()
    present = observed.claim
    labels = (present or {"metadata": {}})["metadata"].get("labels") or {}
    if present and (labels.get(names.MANAGED_BY_LABEL) != names.MANAGED_BY or not observed.status.observed_generation):
        return ()
    owners = owning.claim_owners(observed, spec.artifact.claim_name)
    return (claims.claim(spec.artifact, observed.namespace, owners, present),)


def endpoints(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> tuple[kinds.Manifest, ...]:
    """From the beginning: a name that is taken shows before the build, and clients may resolve it."""
    resource = observed.resource
    protection = (budget.budget(resource),) if uses(kinds.POD_DISRUPTION_BUDGET, spec) else ()
    tls = spec.serving.tls is not None
    return service.service(resource, tls=tls), service.headless(resource, tls=tls), *protection


def uses(kind: kinds.Kind, spec: deployment.ModelDeploymentSpec) -> bool:
    """Whether there shall be a child of a kind; whose else an object of that name is, does not matter otherwise."""
    return kind != kinds.POD_DISRUPTION_BUDGET or budget.protects(spec.serving.replicas)


def surplus(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> tuple[kinds.Manifest, ...]:
    """The PodDisruptionBudget of more servers than are wanted now: there is none where there were never more."""
    if uses(kinds.POD_DISRUPTION_BUDGET, spec):
        return ()
    mine = (child for child in observed.children if observed.uid in state.owner_uids(child))
    return tuple(child for child in mine if child["kind"] == kinds.POD_DISRUPTION_BUDGET.kind)


def servers(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, revision: revisions.Revision
) -> tuple[kinds.Manifest, ...]:
    """The Deployment, and before it what is needed to come back to it."""
    wanted = server.deployment(observed.resource, revision, spec.serving.replicas)
    if revisions.kept(observed, revision.name):
        return (wanted,)
    number = revisions.next_number(observed)
    return revision_manifests.controller_revision(observed.resource, revision, number), wanted
