"""Under which names clients reach a ModelDeployment, and whether the names are its own. Pure."""

from collections.abc import Iterable

from model_operator import claims, conditions, kinds, reasons
from model_operator.api import deployment
from model_operator.deployments import routing, servers, state
from model_serving import settings

Finding = conditions.Finding
_PORTS = {"https": 443, "http": 80}


def host_taken(observed: state.Observed, _: deployment.ModelDeploymentSpec) -> Finding | None:
    """Another one has the host and path: of two objects that route them, the controllers would pick one."""
    for claim, field in claims.of(observed.resource).items():
        owner = _owner(observed, claim)
        if owner is not observed.resource:
            metadata = owner["metadata"]
            same = metadata["namespace"] == observed.namespace
            who = f"ModelDeployment {metadata['name']!r}" if same else "a ModelDeployment of another namespace"
            return Finding(
                reasons.Reason.HOST_TAKEN,
                f"{field}: {claim} belongs to {who}; choose another host or path, or remove it there",
                conditions.Outlook.STUCK,
            )
    return None


def endpoints(observed: state.Observed, *, refused: bool) -> deployment.Endpoints:
    """Where clients reach it. A spec that is refused changes nothing about that, but may have lost a name."""
    last, spec = observed.status.serving, observed.spec
    if refused or spec is None:
        known = last or inside(observed)
        return known.model_copy(update={"hosts": [one for one in known.hosts if _is_mine(observed, one)]})
    url, grpc_url = outside(spec, missing={one.kind for one in observed.refused})
    found = inside(observed)
    return found.model_copy(
        update={
            "url": url or found.url,
            "grpc_url": grpc_url or found.grpc_url,
            "hosts": list(claims.of(observed.resource)),
            "routes": [kind.kind for kind in routing.route_kinds(spec)],
        }
    )


def inside(observed: state.Observed) -> deployment.Endpoints:
    """Inside the cluster. Without the cluster's domain, which nobody here can know, and resolvers add."""
    host = f"{observed.name}.{observed.namespace}.svc"
    # With tls Triton shuts HTTP, which it cannot encrypt.
    shut = observed.spec is not None and servers.shut_http(observed, observed.spec)
    url = "" if shut else f"http://{host}:{settings.HTTP_PORT}"
    return deployment.Endpoints(model_name=observed.name, url=url, grpc_url=f"{host}:{settings.GRPC_PORT}")


def outside(spec: deployment.ModelDeploymentSpec, missing: Iterable[str] = ()) -> tuple[str, str]:
    """URL of HTTP and target of gRPC from outside; empty where there is none, or where the object is missing."""
    ingress, gateway, gone = spec.serving.ingress, spec.serving.gateway, set(missing)
    url = grpc_url = ""
    if gateway and kinds.HTTP_ROUTE.kind not in gone:
        url = f"{gateway.scheme}://{gateway.hostnames[0]}"
    if gateway and gateway.grpc_hostnames and kinds.GRPC_ROUTE.kind not in gone:
        grpc_url = f"{gateway.grpc_hostnames[0]}:{_PORTS[gateway.scheme]}"
    if ingress and kinds.INGRESS.kind not in gone:
        scheme = "https" if ingress.tls_secret_name else "http"
        url = f"{scheme}://{ingress.host}{ingress.path.rstrip('/')}"
    return url, grpc_url


def _is_mine(observed: state.Observed, claim: str) -> bool:
    return claim in claims.of(observed.resource) and _owner(observed, claim) is observed.resource


def _owner(observed: state.Observed, claim: str) -> kinds.Manifest:
    rivals = (one for one in observed.rivals if claim in claims.of(one))
    return claims.winner(claim, (observed.resource, *rivals))
