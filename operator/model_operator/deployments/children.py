"""The children of a ModelDeployment: which are wanted, and as what."""

from model_operator import kinds, names
from model_operator.api import deployment
from model_operator.deployments import owning, revisions, routing, state
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
    protection = (budget.budget(resource),) if budget.protects(spec.serving.replicas) else ()
    return service.service(resource), service.headless(resource), *protection, *routing.objects(observed, spec)


def uses(key: kinds.Key, name: str, spec: deployment.ModelDeploymentSpec) -> bool:
    """Whether there shall be such a child; whose else an object of that name is, does not matter otherwise."""
    if key.kind == kinds.POD_DISRUPTION_BUDGET:
        return budget.protects(spec.serving.replicas)
    return routing.uses(key, name, spec)


def surplus(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> tuple[kinds.Manifest, ...]:
    """What another spec asked for: the PodDisruptionBudget of more servers, an Ingress, a route."""
    mine = ((kinds.key_of(one, kinds.of_manifest(one)), one) for one in observed.children if _is_mine(observed, one))
    return tuple(child for key, child in mine if not uses(key, observed.name, spec))


def _is_mine(observed: state.Observed, child: kinds.Manifest) -> bool:
    """Made for this very resource, and ours to remove: a person may have taken our label off."""
    labels = child["metadata"].get("labels") or {}
    return observed.uid in state.owner_uids(child) and labels.get(names.MANAGED_BY_LABEL) == names.MANAGED_BY


def servers(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, revision: revisions.Revision
) -> tuple[kinds.Manifest, ...]:
    """The Deployment, and before it what is needed to come back to it."""
    wanted = server.deployment(observed.resource, revision, spec.serving.replicas)
    if revisions.kept(observed, revision.name):
        return (wanted,)
    number = revisions.next_number(observed)
    return revision_manifests.controller_revision(observed.resource, revision, number), wanted
