"""A story in which the operator makes use of every right that it has, and which chapter needs which.

Whoever has the operator call something new adds it here: a verb to USES, with the chapter that makes it do so.
"""

import dataclasses
import time
from collections.abc import Callable

from edge import clusters, kubelet, permissions, resources

from model_operator import kinds, names

_WATCHED = {"list": "start", "watch": "start"}
_MADE = {**_WATCHED, "get": "create", "create": "create", "patch": "create"}
#: (group, resource) -> verb -> the chapter in which it is used.
USES: dict[tuple[str, str], dict[str, str]] = {
    ("modelsmith.dev", "modeldeployments"): {**_WATCHED, "get": "create", "patch": "hold"},
    ("modelsmith.dev", "modeldeployments/status"): {"patch": "create"},
    ("modelsmith.dev", "modelbuilds"): {**_MADE, "delete": "withdraw"},
    ("modelsmith.dev", "modelbuilds/status"): {"patch": "create"},
    ("", "configmaps"): {**_WATCHED, "get": "create", "create": "collect", "patch": "collect"},
    ("", "services"): {**_MADE, "delete": "unroute"},
    ("", "persistentvolumeclaims"): _MADE,
    ("", "pods"): _WATCHED,
    ("", "events"): {"create": "create", "list": "repair", "patch": "tell_again"},
    ("batch", "jobs"): {**_MADE, "get": "estrange", "delete": "repair"},
    ("apps", "deployments"): {**_MADE, "delete": "try_out"},
    ("apps", "controllerrevisions"): {**_MADE, "get": "estrange", "delete": "change"},
    ("policy", "poddisruptionbudgets"): {
        **_WATCHED,
        **dict.fromkeys(("get", "create", "patch"), "scale"),
        "delete": "shrink",
    },
    **{
        ("networking.k8s.io", resource): {
            **_WATCHED,
            **dict.fromkeys(("get", "create", "patch"), "route"),
            "delete": "unroute",
        }
        for resource in ("ingresses", "networkpolicies")
    },
    **{
        ("gateway.networking.k8s.io", resource): {
            **dict.fromkeys(("get", "create", "patch"), "route"),
            "delete": "unroute",
        }
        for resource in ("httproutes", "grpcroutes")
    },
    ("autoscaling", "horizontalpodautoscalers"): {
        **_WATCHED,
        **dict.fromkeys(("get", "create", "patch"), "follow"),
        "delete": "follow_otherwise",
    },
    ("keda.sh", "scaledobjects"): {
        **dict.fromkeys(("get", "create", "patch"), "follow_otherwise"),
        "delete": "unfollow",
    },
    ("coordination.k8s.io", "leases"): {"get": "start", "create": "start", "update": "stop"},
}
#: The same, of what belongs to no namespace: granted where all are watched, and not asked for elsewhere.
CLUSTER_USES: dict[tuple[str, str], dict[str, str]] = {("", "nodes"): {"list": "crowd"}}


#: Where the chart has Secrets offered by a label.
OFFERED: dict[tuple[str, str], dict[str, str]] = {("", "secrets"): {"get": "offer"}}


@dataclasses.dataclass(frozen=True)
class Stage:
    """Where the story plays."""

    namespace: clusters.Namespace
    operator: permissions.Operator


def start(stage: Stage) -> None:
    """The caches are filled, the watches begin."""
    stage.operator.start()
    resources.deploy(stage.namespace, "early")
    resources.until_reason(stage.namespace, "early", "SourceNotFound")
    stage.namespace.delete(kinds.MODEL_DEPLOYMENT, "early")


def create(stage: Stage) -> None:
    """From a spec to a service."""
    resources.provide_source(stage.namespace)
    resources.deploy(stage.namespace, "digits", {**resources.spec(), "artifact": {"historyLimit": _KEPT}})
    resources.build(stage.namespace)
    resources.make_ready(stage.namespace, "digits")


def scale(stage: Stage) -> None:
    """`kubectl scale`."""
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"replicas": 2}}, "scale")
    clusters.until(lambda: _server(stage)["spec"]["replicas"] == 2, "two servers are wanted")
    kubelet.serve(stage.namespace, "digits", 2)
    resources.until_reason(stage.namespace, "digits", "Serving")


def shrink(stage: Stage) -> None:
    """Back to one server, which nothing can protect."""
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"replicas": 1}}, "scale")
    clusters.until(lambda: not stage.namespace.list(kinds.POD_DISRUPTION_BUDGET), "there is no budget")
    resources.until_reason(stage.namespace, "digits", "Serving")


def try_out(stage: Stage) -> None:
    """A canary comes, and is taken back."""
    tried = {"nodeSelector": {"disk": "new"}, "rollout": {"strategy": "canary"}}
    canary = names.canary("digits")
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": tried}})
    clusters.until(lambda: stage.namespace.find(kinds.DEPLOYMENT, canary), "there is a canary")
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": dict.fromkeys(tried)}})
    clusters.until(lambda: not stage.namespace.find(kinds.DEPLOYMENT, canary), "there is none")
    resources.until_reason(stage.namespace, "digits", "Serving")


def follow(stage: Stage) -> None:
    """The number of servers follows the load, as Kubernetes' own autoscaler sees it."""
    _autoscale(stage, {"maxReplicas": 2})
    clusters.until(lambda: stage.namespace.find(kinds.HORIZONTAL_POD_AUTOSCALER, "digits"), "it is there")


def follow_otherwise(stage: Stage) -> None:
    """As KEDA sees it."""
    _autoscale(stage, {"engine": "keda", "cpu": {}})
    clusters.until(lambda: stage.namespace.find(kinds.SCALED_OBJECT, "digits"), "it is there")


def unfollow(stage: Stage) -> None:
    """And no more."""
    _autoscale(stage, None)
    clusters.until(lambda: not stage.namespace.find(kinds.SCALED_OBJECT, "digits"), "it is gone")
    clusters.until(lambda: not stage.namespace.list(kinds.POD_DISRUPTION_BUDGET), "there is no budget")
    resources.until_reason(stage.namespace, "digits", "Serving")


def route(stage: Stage) -> None:
    """Clients come in from outside."""
    host = f"{stage.namespace.name}.example.com"
    gateway = {"parentRefs": [{"name": "public"}], "hostnames": [host], "grpcHostnames": [f"grpc.{host}"]}
    outside = {"ingress": {"host": host, "path": "/v2/models/digits"}, "gateway": gateway, "networkPolicy": {}}
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": outside}})
    for kind in _OUTSIDE:
        clusters.until(lambda kind=kind: stage.namespace.find(kind, "digits"), f"{kind.kind} is there")
    resources.until_reason(stage.namespace, "digits", "Serving")


def unroute(stage: Stage) -> None:
    """And no more."""
    inside = dict.fromkeys(("ingress", "gateway", "networkPolicy"))
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": inside}})
    for kind in _OUTSIDE:
        clusters.until(lambda kind=kind: stage.namespace.find(kind, "digits") is None, f"{kind.kind} is gone")
    resources.until_reason(stage.namespace, "digits", "Serving")


def offer(stage: Stage) -> None:
    """A Secret may be named when its owner says so, where the chart asks for that."""
    store = {"store": "oci", "oci": {"repository": "registry.test/team/models", "pushSecretName": "push"}}
    resources.deploy(stage.namespace, "pushing", {**resources.spec(), "artifact": store})
    if stage.operator.release.environment["MODELSMITH_USE_LABEL"] == "on":
        resources.until_reason(stage.namespace, "pushing", "SecretNotOffered")
        labels = {names.USE_LABEL: "true"}
        stage.namespace.create(kinds.SECRET, {"metadata": {"name": "push", "labels": labels}})
    resources.until_reason(stage.namespace, "pushing", "Building")
    stage.namespace.delete(kinds.MODEL_DEPLOYMENT, "pushing")


def crowd(stage: Stage) -> None:
    """A server that asks for a device finds no node."""
    since = stage.namespace.cluster.now()
    asked = {"limits": {"example.com/device": "1"}}
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"resources": asked}}})
    kubelet.find_no_node(stage.namespace, "digits", "example.com/device")
    resources.until_reason(stage.namespace, "digits", "Unschedulable")
    if not stage.operator.release.environment["MODELSMITH_NAMESPACES"]:
        # Another's server may have had them read a moment before: they are read again half a minute later.
        clusters.until(lambda: ("", "nodes", "list") in _uses(stage, since), "nodes are read", _NODES_READ)
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"resources": None}}})
    resources.until_reason(stage.namespace, "digits", "Serving")


def collect(stage: Stage) -> None:
    """One of two that share a claim goes: that is written down, and what nothing else needs is removed."""
    resources.deploy(stage.namespace, "brief", resources.spec(replicas=0))
    clusters.until(lambda: len(_users(stage)) > 1, "it is a user of the claim")
    stage.namespace.delete(kinds.MODEL_DEPLOYMENT, "brief")
    kubelet.collect(stage.namespace, "digits")


def change(stage: Stage) -> None:
    """Other settings, so often that the oldest revision is let go."""
    for number in range(_KEPT):
        chosen = {"disk": f"fast-{number}"}
        stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"nodeSelector": chosen}}})
        clusters.until(
            lambda chosen=chosen: _server(stage)["spec"]["template"]["spec"].get("nodeSelector") == chosen,
            "the servers go there",
        )
    clusters.until(lambda: len(stage.namespace.list(kinds.CONTROLLER_REVISION, _OURS)) <= _KEPT, "two stay")


def repair(stage: Stage) -> None:
    """A Job that runs is superseded by one with another deadline."""
    resources.deploy(stage.namespace, "other", {**resources.spec(), "build": {"timeout": "10m"}, **_ELSEWHERE})
    first = _job(stage)["metadata"]["name"]
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "other", {"spec": {"build": {"timeout": "20m"}}})
    clusters.until(lambda: stage.namespace.find(kinds.JOB, first) is None, f"{first} is gone")


def withdraw(stage: Stage) -> None:
    """A build that nobody asks for any more goes."""
    first = _build_of(stage)
    evaluation = {"evaluation": {"data": {"file": "test.npz"}}}
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "other", {"spec": {"build": evaluation}})
    clusters.until(lambda: stage.namespace.find(kinds.MODEL_BUILD, first) is None, f"{first} is gone")


def estrange(stage: Stage) -> None:
    """Our label is taken off what we made: it is nobody's to touch, until the label is back."""
    revision = _server(stage)["metadata"]["annotations"][names.REVISION]
    for owner, kind, name in (
        ("other", kinds.JOB, _job(stage)["metadata"]["name"]),
        ("digits", kinds.CONTROLLER_REVISION, revision),
    ):
        before = resources.condition(stage.namespace.find(kinds.MODEL_DEPLOYMENT, owner), "Ready")["reason"]
        _label(stage, kind, name, None)
        resources.until_reason(stage.namespace, owner, "InvalidOwnership")
        _label(stage, kind, name, names.MANAGED_BY)
        resources.until_reason(stage.namespace, owner, before)


def fail(stage: Stage) -> None:
    """A build fails for good."""
    job = _job(stage)["metadata"]["name"]
    kubelet.end_build(_job(stage), stage.namespace, kubelet.failed(), code=64)
    clusters.until(lambda: kinds.condition(stage.namespace.find(kinds.JOB, job) or {}, "Failed"), f"{job} has failed")
    resources.until_reason(stage.namespace, "other", "WeightsMismatch")


def tell_again(stage: Stage) -> None:
    """The same news after a restart: its Event is there."""
    _suspend(stage, "Suspended", suspend=True)
    _suspend(stage, "WeightsMismatch", suspend=False)
    assert stage.operator.stop() == 0
    stage.operator.start()
    _suspend(stage, "Suspended", suspend=True)
    clusters.until(lambda: any(event.get("count", 1) > 1 for event in _told(stage)), "an Event counts two")


def hold(stage: Stage) -> None:
    """One whose artifacts outside of the cluster go with it is held until they are gone, or a person lets it go."""
    store = {"store": "oci", "oci": {"repository": "registry.test/team/models"}, "reclaimPolicy": "Delete"}
    resources.deploy(stage.namespace, "held", {**resources.spec(), "artifact": store})
    clusters.until(lambda: _held(stage).get("finalizers"), "it is held")
    abandon = {"metadata": {"annotations": {names.ABANDON: "true"}}}
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "held", abandon)
    stage.namespace.delete(kinds.MODEL_DEPLOYMENT, "held")
    clusters.until(lambda: not _held(stage), "it is let go")


def delete(stage: Stage) -> None:
    """All goes, and nothing is left."""
    for name in ("digits", "other"):
        stage.namespace.delete(kinds.MODEL_DEPLOYMENT, name)
    clusters.until(lambda: not resources.leftovers(stage.namespace), "all is gone")


def stop(stage: Stage) -> None:
    """The operator ends in peace."""
    assert stage.operator.stop() == 0


CHAPTERS: tuple[Callable[[Stage], None], ...] = (
    start,
    create,
    scale,
    shrink,
    try_out,
    follow,
    follow_otherwise,
    unfollow,
    route,
    unroute,
    offer,
    crowd,
    collect,
    change,
    repair,
    withdraw,
    estrange,
    fail,
    tell_again,
    hold,
    delete,
    stop,
)
#: Seconds from an answer of the API server to its line in the audit log.
_FLUSH = 0.5
#: Seconds until nodes that were read are read again, and some.
_NODES_READ = 60.0
#: Revisions that stay.
_KEPT = 2
_OURS = f"{names.DEPLOYMENT_LABEL}=digits"
#: Another request than that of `digits`, which has been built.
_ELSEWHERE = {"artifact": {"claimName": "others"}}


def tell(stage: Stage) -> dict[str, permissions.Requests]:
    """Play it; chapter -> what was asked of the API server in it."""
    told, cluster = {}, stage.namespace.cluster
    for chapter in CHAPTERS:
        since = cluster.now()
        chapter(stage)
        time.sleep(_FLUSH)
        told[chapter.__name__] = permissions.requests(cluster, stage.operator.release.user, since)
    return told


_OUTSIDE = (kinds.INGRESS, kinds.NETWORK_POLICY, kinds.HTTP_ROUTE, kinds.GRPC_ROUTE)


def _autoscale(stage: Stage, asked: object) -> None:
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"autoscaling": asked}}})


def _server(stage: Stage) -> kinds.Manifest:
    found = stage.namespace.find(kinds.DEPLOYMENT, "digits")
    assert found
    return found


def _uses(stage: Stage, since: int) -> frozenset[permissions.Use]:
    return permissions.requests(stage.namespace.cluster, stage.operator.release.user, since).uses


def _users(stage: Stage) -> list[str]:
    claim = stage.namespace.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)
    assert claim
    return claim["metadata"]["annotations"][names.USERS].split(",")


def _held(stage: Stage) -> kinds.Manifest:
    """Its metadata; empty when it is gone."""
    return (stage.namespace.find(kinds.MODEL_DEPLOYMENT, "held") or {}).get("metadata") or {}


def _build_of(stage: Stage) -> str:
    found = clusters.until(lambda: stage.namespace.find(kinds.MODEL_DEPLOYMENT, "other"), "it is there")
    return found["status"]["build"]["name"]


def _job(stage: Stage) -> kinds.Manifest:
    """The Job of the build of `other`, once there is just one."""

    def look() -> kinds.Manifest | None:
        status = (stage.namespace.find(kinds.MODEL_DEPLOYMENT, "other") or {}).get("status") or {}
        name = (status.get("build") or {}).get("name", "none")
        found = stage.namespace.list(kinds.JOB, f"{names.BUILD_LABEL}={name}")
        return found[0] if len(found) == 1 else None

    return clusters.until(look, "its build has one Job")


def _label(stage: Stage, kind: kinds.Kind, name: str, manager: str | None) -> None:
    stage.namespace.patch(kind, name, {"metadata": {"labels": {names.MANAGED_BY_LABEL: manager}}})


def _suspend(stage: Stage, reason: str, *, suspend: bool) -> None:
    stage.namespace.patch(kinds.MODEL_DEPLOYMENT, "other", {"spec": {"suspend": suspend}})
    resources.until_reason(stage.namespace, "other", reason)


def _told(stage: Stage) -> list[kinds.Manifest]:
    return [event for event in stage.namespace.list(clusters.EVENT) if event["reason"] == "Suspended"]
