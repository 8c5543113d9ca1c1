"""The kinds of object that the operator reads or writes, and how each is addressed.

Kinds and keys are named tuples: they are looked up at every event, and a tuple is hashed and compared without Python.
"""

from typing import Any, NamedTuple

from model_operator import names

#: An object as the API server shows it, or as we want it.
Manifest = dict[str, Any]


class Kind(NamedTuple):
    """One kind of object."""

    group: str
    version: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """As a manifest writes it: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version


class Key(NamedTuple):
    """One object."""

    kind: Kind
    namespace: str
    name: str


MODEL_DEPLOYMENT = Kind(names.GROUP, names.VERSION, names.DEPLOYMENT_KIND, names.DEPLOYMENT_PLURAL)
MODEL_BUILD = Kind(names.GROUP, names.VERSION, names.BUILD_KIND, names.BUILD_PLURAL)
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps")
PERSISTENT_VOLUME_CLAIM = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
POD = Kind("", "v1", "Pod", "pods")
SERVICE = Kind("", "v1", "Service", "services")
JOB = Kind("batch", "v1", "Job", "jobs")
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")
CONTROLLER_REVISION = Kind("apps", "v1", "ControllerRevision", "controllerrevisions")
POD_DISRUPTION_BUDGET = Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets")
HORIZONTAL_POD_AUTOSCALER = Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
INGRESS = Kind("networking.k8s.io", "v1", "Ingress", "ingresses")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies")
HTTP_ROUTE = Kind("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
GRPC_ROUTE = Kind("gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes")
SCALED_OBJECT = Kind("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects")
#: Whether one may be used, its labels say; what is in it never comes here.
SECRET = Kind("", "v1", "Secret", "secrets")
#: Held by the replica that writes; not watched.
LEASE = Kind("coordination.k8s.io", "v1", "Lease", "leases")
#: Read while a server finds none that takes it; not watched.
NODE = Kind("", "v1", "Node", "nodes")

#: Ours: watched whole.
OWN = (MODEL_DEPLOYMENT, MODEL_BUILD)
#: What we create (and the pods that come of it): watched by the managed-by label, never whole.
CHILDREN = (
    CONFIG_MAP,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    SERVICE,
    JOB,
    DEPLOYMENT,
    CONTROLLER_REVISION,
    POD_DISRUPTION_BUDGET,
    HORIZONTAL_POD_AUTOSCALER,
    INGRESS,
    NETWORK_POLICY,
)
EVERY = OWN + CHILDREN
#: What we create where the cluster has it. Their definitions may be missing, or come and go: nothing could be watched
#: then, and a LIST of them would keep the caches from being filled. They are read by name when somebody asks for one.
ROUTES = (HTTP_ROUTE, GRPC_ROUTE)
OPTIONAL = (*ROUTES, SCALED_OBJECT)


def key_of(manifest: Manifest, kind: Kind) -> Key:
    """The key of an object."""
    metadata = manifest["metadata"]
    return Key(kind, metadata["namespace"], metadata["name"])


def condition(manifest: Manifest, type_: str, status: str = "True") -> Manifest | None:
    """The status condition of a type, if it has this status: Jobs, pods and Deployments tell in the same shape."""
    present: list[Manifest] = (manifest.get("status") or {}).get("conditions") or []
    return next((one for one in present if (one["type"], one["status"]) == (type_, status)), None)


def of_manifest(manifest: Manifest) -> Kind:
    """The kind of a manifest of ours. KeyError for one that the operator does not know."""
    return _BY_NAME[manifest["apiVersion"], manifest["kind"]]


_BY_NAME = {(kind.api_version, kind.kind): kind for kind in EVERY + OPTIONAL}
