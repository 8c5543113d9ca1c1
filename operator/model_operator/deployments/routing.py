"""The objects between clients and servers: which are wanted, and which are there by name. Pure.

Service, headless Service    always (`children`)
Ingress, NetworkPolicy       where the spec asks for them
HTTPRoute, GRPCRoute         likewise, with a Service for each track: a canary gets its part of the requests by them
"""

from collections.abc import Iterator, Sequence

from model_operator import kinds, names
from model_operator.api import deployment
from model_operator.deployments import state
from model_operator.deployments.manifests import policy, routes, service

TRACKS = (names.STABLE, names.CANARY)


def objects(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, backends: Sequence[routes.Backend]
) -> tuple[kinds.Manifest, ...]:
    """All that the spec asks for; routes lead to these Services."""
    serving, resource = spec.serving, observed.resource
    found: list[kinds.Manifest] = []
    if serving.network_policy:
        found.append(policy.network_policy(resource, serving.network_policy, egress=_pulls(observed, spec)))
    if serving.ingress:
        found.append(routes.ingress(resource, serving.ingress))
    if serving.gateway:
        found += (service.of_track(resource, track) for track in TRACKS)
        found += through_gateways(observed, spec, backends)
    return tuple(found)


def through_gateways(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, backends: Sequence[routes.Backend]
) -> tuple[kinds.Manifest, ...]:
    """The routes of the Gateway API to these Services."""
    gateway = spec.serving.gateway
    if gateway is None:
        return ()
    http = routes.http_route(observed.resource, gateway, backends)
    return (http, routes.grpc_route(observed.resource, gateway, backends)) if gateway.grpc_hostnames else (http,)


def keys(namespace: str, name: str) -> tuple[kinds.Key, ...]:
    """Everything that a ModelDeployment of this name may have between clients and servers, and that is watched."""
    return (
        kinds.Key(kinds.INGRESS, namespace, name),
        kinds.Key(kinds.NETWORK_POLICY, namespace, name),
        *(kinds.Key(kinds.SERVICE, namespace, names.track_service(name, track)) for track in TRACKS),
    )


def unwatched(observed: state.Observed) -> Iterator[kinds.Key]:
    """The routes that are wanted, or were made: they are asked for by name, and nobody else asks."""
    made = observed.status.serving.routes if observed.status.serving else ()
    wanted = route_kinds(observed.spec) if observed.spec else ()
    for kind in kinds.ROUTES:
        if kind in wanted or kind.kind in made:
            yield kinds.Key(kind, observed.namespace, observed.name)


def route_kinds(spec: deployment.ModelDeploymentSpec) -> tuple[kinds.Kind, ...]:
    """The kinds of routes that are wanted."""
    gateway = spec.serving.gateway
    if gateway is None:
        return ()
    return (kinds.HTTP_ROUTE, kinds.GRPC_ROUTE) if gateway.grpc_hostnames else (kinds.HTTP_ROUTE,)


def uses(key: kinds.Key, name: str, spec: deployment.ModelDeploymentSpec) -> bool:
    """Whether an object of one of these names is wanted; of any other name it is."""
    serving = spec.serving
    if key.kind == kinds.SERVICE:
        return serving.gateway is not None or key.name not in {names.track_service(name, track) for track in TRACKS}
    if key.kind == kinds.INGRESS:
        return serving.ingress is not None
    if key.kind == kinds.NETWORK_POLICY:
        return serving.network_policy is not None
    return key.kind not in kinds.ROUTES or key.kind in route_kinds(spec)


def _pulls(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> bool:
    """A container of a server fetches its artifact, of whatever revision that may still serve or serve again."""
    if spec.artifact.oci and not observed.image_volumes:
        return True
    templates = (state.field(one, "data", "template") for one in observed.revisions)
    fetched = (state.field(template or {}, "spec", "initContainers") or () for template in templates)
    return any(container["name"] == names.FETCH for each in fetched for container in each)
