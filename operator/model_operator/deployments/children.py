"""The children of a ModelDeployment: which are wanted, and as what."""

from model_operator import kinds, names, refusals
from model_operator.api import deployment
from model_operator.deployments import courses, engines, owning, revisions, routing, scaling, servers, state, strategies
from model_operator.deployments.manifests import budget, routes, server, service
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


def endpoints(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, course: courses.Course
) -> tuple[kinds.Manifest, ...]:
    """From the beginning: a name that is taken shows before the build, and clients may resolve it."""
    resource = observed.resource
    protection = (budget.budget(resource),) if budget.protects(_most(spec)) else ()
    routed = routing.objects(observed, spec, backends(observed, course))
    tls = servers.shut_http(observed, spec)
    return service.service(resource, tls=tls), service.headless(resource, tls=tls), *protection, *routed


def backends(observed: state.Observed, course: courses.Course) -> list[routes.Backend]:
    """Where routes lead: to all servers alike, or by weight while a revision is tried."""
    if not course.trying or course.canary is None:
        return [(observed.name, 1)]
    share = course.canary.weight if course.canary.since else 0
    stable, canary = (names.track_service(observed.name, track) for track in routing.TRACKS)
    return [(stable, 100 - share), (canary, share)]


def uses(key: kinds.Key, name: str, spec: deployment.ModelDeploymentSpec) -> bool:
    """Whether there shall be such a child; whose else an object of that name is, does not matter otherwise."""
    if key.kind == kinds.POD_DISRUPTION_BUDGET:
        return budget.protects(_most(spec))
    if key.kind == kinds.HORIZONTAL_POD_AUTOSCALER:
        return spec.serving.autoscaling is not None and spec.serving.autoscaling.engine == "hpa" and key.name == name
    return routing.uses(key, name, spec)


def _most(spec: deployment.ModelDeploymentSpec) -> int:
    """Servers that there may be."""
    asked = spec.serving.autoscaling
    return max(spec.serving.replicas, asked.max_replicas if asked else 0)


def surplus(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> tuple[kinds.Manifest, ...]:
    """What another spec asked for: the PodDisruptionBudget of more servers, an Ingress, a route."""
    mine = ((kinds.key_of(one, kinds.of_manifest(one)), one) for one in observed.children if _is_mine(observed, one))
    unused = (child for key, child in mine if not uses(key, observed.name, spec))
    return *(one for one in unused if one["kind"] not in refusals.SCALERS), *scaling.surplus(observed, spec)


def _is_mine(observed: state.Observed, child: kinds.Manifest) -> bool:
    """Made for this very resource, and ours to remove: a person may have taken our label off."""
    labels = child["metadata"].get("labels") or {}
    return observed.uid in state.owner_uids(child) and labels.get(names.MANAGED_BY_LABEL) == names.MANAGED_BY


def surplus_canary(observed: state.Observed, course: courses.Course, *, complete: bool) -> tuple[kinds.Manifest, ...]:
    """The Deployment of what is tried no more: sent back, or rolled out on the stable track by now (`complete`)."""
    over = course.settled and (course.tried is None or (course.tried == course.stable and complete))
    return (observed.canary,) if over and observed.canary else ()


def rehearsed(
    observed: state.Observed,
    spec: deployment.ModelDeploymentSpec,
    course: courses.Course,
    strategy: strategies.Strategy,
) -> tuple[kinds.Manifest, ...]:
    """The Deployments of a revision that is new, where a person has changed its pods: nobody has judged them yet."""
    wanted = course.tried or course.stable
    if spec.serving.pod_template is None or wanted is None or revisions.kept(observed, wanted.name):
        return ()
    return tuple(one for one in _tracks(observed, spec, course, strategy) if state.revision_of(one) == wanted.name)


def tracks(
    observed: state.Observed,
    spec: deployment.ModelDeploymentSpec,
    course: courses.Course,
    strategy: strategies.Strategy,
) -> tuple[kinds.Manifest, ...]:
    """The Deployments, and before them what is needed to come back to them."""
    new = {one.name: one for one in (course.stable, course.tried) if one and not revisions.kept(observed, one.name)}
    number = revisions.next_number(observed)
    kept = (revision_manifests.controller_revision(observed.resource, one, number) for one in new.values())
    scalers = engines.objects(observed, spec, course)
    return *kept, *_tracks(observed, spec, course, strategy), *scalers


def _tracks(
    observed: state.Observed,
    spec: deployment.ModelDeploymentSpec,
    course: courses.Course,
    strategy: strategies.Strategy,
) -> list[kinds.Manifest]:
    """The Deployment of each track that there shall be."""
    resource, wanted = observed.resource, []
    if course.stable:
        scale = scaling.scale(observed, spec)
        replicas = scale.count if scale.written else None
        wanted.append(server.deployment(resource, course.stable, replicas, strategy.rolling_update))
    if course.trying and course.tried and course.canary:
        wanted.append(server.canary(resource, course.tried, course.canary.replicas))
    return wanted
