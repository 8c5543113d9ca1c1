"""Objects that are only tried: what the API server has against them is told, and nothing of them is written."""

import asyncio

import pytest
from edge import clusters, fakes, kubelet, objects, resources, test_golden

from model_operator import (
    applying,
    caching,
    comparing,
    decisions,
    errors,
    kinds,
    metrics,
    names,
    reconciling,
    recording,
)

KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "web")
REFUSED = errors.ApiError(
    422, "Invalid", "invalid", (errors.Cause("", "spec.template.spec.containers[0].image", "Required value"),)
)


def child(kind: str, name: str = "web") -> kinds.Manifest:
    made = objects.service({**objects.controller(), "apiVersion": names.API_VERSION})
    metadata = {**made["metadata"], "name": name}
    content = {"template": {"spec": {"containers": [{"name": "mirror"}]}}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": content}


def applier(*refusals: Exception):
    api = fakes.Api(objects.resource())
    api.refusals.extend(refusals)
    return applying.Applier(api, caching.Caches(), lambda _: None), api


async def test_what_was_taken_is_not_asked_again():
    writer, api = applier()
    for _ in range(3):
        await writer.rehearse(child("Deployment"))
    assert api.calls == [("rehearse", "Deployment", "web")]


async def test_what_was_refused_is_refused_again_without_a_call():
    writer, api = applier(REFUSED)
    for _ in range(3):
        with pytest.raises(errors.ApiError, match="422"):
            await writer.rehearse(child("Deployment"))
    assert len(api.calls) == 1


async def test_another_wish_is_another_question():
    writer, api = applier(REFUSED)
    with pytest.raises(errors.ApiError):
        await writer.rehearse(child("Deployment"))
    mended = child("Deployment")
    mended["spec"]["template"]["spec"]["containers"][0]["image"] = "x"
    await writer.rehearse(mended)
    assert len(api.calls) == 2


async def test_it_is_asked_again_after_a_while(monkeypatch):
    monkeypatch.setattr(applying, "REHEARSED", 0.01)
    writer, api = applier(REFUSED)
    with pytest.raises(errors.ApiError):
        await writer.rehearse(child("Deployment"))
    await asyncio.sleep(0.02)
    await writer.rehearse(child("Deployment"))
    assert len(api.calls) == 2


@pytest.mark.parametrize("passing", [errors.ApiError(429, "", "too many"), errors.Unreachable("no answer")])
async def test_what_passes_by_itself_is_no_answer(passing):
    writer, api = applier(passing)
    with pytest.raises(type(passing)):
        await writer.rehearse(child("Deployment"))
    await writer.rehearse(child("Deployment"))
    assert len(api.calls) == 2


async def test_a_webhook_that_cannot_be_tried_is_asked_by_the_apply_itself():
    words = 'admission webhook "w" does not support dry run'
    writer, _ = applier(errors.ApiError(400, "BadRequest", words))
    await writer.rehearse(child("Deployment"))


class Room:
    """A reconciler whose decision tries a Deployment, and then writes three objects and removes two."""

    def __init__(self, *refusals: Exception):
        there = [objects.live(child("ControllerRevision", "old")), objects.live({**objects.service()}, name="gone")]
        self.api, self.caches = fakes.Api(objects.resource(), *there), caching.Caches()
        for each in (objects.resource(), *there):
            self.caches.note(kinds.of_manifest(each), each)
        self.api.refusals.extend(refusals)
        wanted = (objects.service(), child("ControllerRevision"), child("Deployment"))
        self.decision = decisions.Decision(wanted, tuple(there), {"replicas": 1}, rehearsed=(child("Deployment"),))
        self.refused: list[str] = []
        self.reconciler = reconciling.Reconciler(
            {kinds.MODEL_DEPLOYMENT: self.decide},
            self.caches,
            applying.Applier(self.api, self.caches, lambda _: None),
            recording.Recorder(self.api),
            metrics.Metrics(),
        )

    async def decide(self, key, refused=()):
        self.refused += [one.finding.message for one in refused]
        return decisions.Decision(status={"replicas": 2}) if refused else self.decision

    def done(self) -> list[str]:
        return [f"{call[0]} {call[1]}" for call in self.api.calls]


async def test_what_was_tried_well_is_written():
    room = Room()
    await room.reconciler.handle(KEY)
    assert room.done()[:4] == ["rehearse Deployment", "apply Service", "apply ControllerRevision", "apply Deployment"]
    assert room.refused == []


async def test_what_was_refused_keeps_back_its_pods_and_its_revisions_and_nothing_else():
    room = Room(REFUSED)
    assert await room.reconciler.handle(KEY) == reconciling.PATIENCE
    assert room.done() == ["rehearse Deployment", "apply Service", "delete gone", "apply ModelDeployment"]
    [words] = room.refused
    assert "spec.serving.podTemplate.spec.containers[mirror].image: Required value" in words
    assert room.api.objects[KEY]["status"] == {"replicas": 2}


async def test_a_server_that_has_too_much_to_do_refuses_nothing():
    room = Room(errors.ApiError(429, "TooManyRequests", "later"))
    with pytest.raises(errors.ApiError):
        await room.reconciler.handle(KEY)
    assert room.done() == ["rehearse Deployment"]
    assert room.refused == []


async def until_built(namespace: clusters.Namespace, connection, **serving) -> test_golden.Stepper:
    """Up to the first look that may deploy."""
    stepper = test_golden.Stepper(connection, namespace.name)
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits", resources.spec(**serving))
    for _ in range(2):
        await stepper.step()
    kubelet.end_build(resources.only_job(namespace), namespace, kubelet.published())
    clusters.until(lambda: kinds.condition(resources.only_job(namespace), "Complete"), "the Job is complete")
    return stepper


def ready(namespace: clusters.Namespace) -> kinds.Manifest:
    return resources.condition(namespace.find(kinds.MODEL_DEPLOYMENT, "digits"), "Ready")


def wanted(namespace: clusters.Namespace) -> list[tuple]:
    """What is to run, and what may be gone back to: all that is written of them, and not by their controllers."""
    found = [one for kind in (kinds.DEPLOYMENT, kinds.CONTROLLER_REVISION) for one in namespace.list(kind)]
    return [(one["metadata"]["name"], one.get("spec"), one.get("data")) for one in found]


def change(namespace: clusters.Namespace, template: kinds.Manifest) -> None:
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"podTemplate": template}}})


def with_container(**fields) -> kinds.Manifest:
    return {"spec": {"containers": [{"name": "mirror", "image": "reg/mirror:1", **fields}]}}


#: Faults that only the API server knows, and the field as the person wrote it.
FAULTS = {
    "no image": ({"spec": {"containers": [{"name": "mirror"}]}}, "spec.containers[mirror].image"),
    "an unknown field": (with_container(imagePolicy="x"), "spec.containers[mirror].imagePolicy"),
    "an unknown field of the pod": ({"spec": {"turbo": True}}, "spec.turbo"),
    "a number for a word": (with_container(env=[{"name": "A", "value": 5}]), "spec.containers[mirror].env"),
    "a word for a list": ({"spec": {"tolerations": "all"}}, "spec.tolerations"),
    "no quantity": (
        with_container(resources={"limits": {"memory": "much"}}),
        "spec.containers[mirror].resources.limits.memory",
    ),
    "no size": ({"spec": {"volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "much"}}]}}, ": failed to convert"),
    "a request above its limit": (
        with_container(resources={"requests": {"cpu": 2}, "limits": {"cpu": 1}}),
        "spec.containers[mirror].resources.requests",
    ),
    "a mount without a volume": (
        with_container(volumeMounts=[{"name": "nowhere", "mountPath": "/n"}]),
        "spec.containers[mirror].volumeMounts[nowhere].name",
    ),
    "a claim that the pod does not have": (
        {"spec": {"containers": [{"name": "triton", "resources": {"claims": [{"name": "gpu"}]}}]}},
        "spec.containers[triton].resources.claims[gpu]",
    ),
    "a deadline": ({"spec": {"activeDeadlineSeconds": 5}}, "spec.activeDeadlineSeconds"),
    "a label that is none": ({"metadata": {"labels": {"a b": "c"}}}, "labels"),
    "a variable twice": (with_container(env=[{"name": "A"}, {"name": "A"}]), "spec.containers[mirror].env"),
    "a term that is none": (
        {
            "spec": {
                "affinity": {
                    "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
                }
            }
        },
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
    ),
}


@pytest.mark.usefixtures("alone")
async def test_each_fault_is_told_with_its_field_and_nothing_is_written(namespace, connection):
    stepper = await until_built(namespace, connection)
    for _ in range(2):
        await stepper.step()
    before = wanted(namespace)
    wrong = []
    for label, (template, field) in FAULTS.items():
        change(namespace, None)
        change(namespace, template)
        await stepper.step()
        said = ready(namespace)
        path = f"spec.serving.podTemplate{'' if field[0] == ':' else '.'}{field}"
        if said["reason"] != "PodTemplateInvalid" or path not in said["message"]:
            wrong.append((label, said["reason"], said["message"]))
    assert wrong == []
    assert wanted(namespace) == before


#: What the API server spells otherwise than people do, or fills in.
RICH: kinds.Manifest = {
    "metadata": {"labels": {"team": "vision"}, "annotations": {"example.com/scrape": "yes"}},
    "spec": {
        "containers": [
            {
                "name": "mirror",
                "image": "reg/mirror:1",
                "ports": [{"containerPort": 8080, "name": "web"}],
                "env": [
                    {"name": "A", "value": ""},
                    {
                        "name": "M",
                        "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1024Ki"}},
                    },
                ],
                "resources": {
                    "requests": {"cpu": 0.5, "memory": "1e9"},
                    "limits": {"cpu": "1000m", "memory": "2048Mi"},
                },
                "livenessProbe": {"httpGet": {"port": "web", "path": "/"}, "periodSeconds": 5},
                "readinessProbe": {"tcpSocket": {"port": 8080}},
                "volumeMounts": [{"name": "scratch", "mountPath": "/scratch", "readOnly": False}],
                "securityContext": {"capabilities": {}, "privileged": False},
            },
            {
                "name": "triton",
                "env": [{"name": "EXTRA", "value": "1"}],
                "envFrom": [{"configMapRef": {"name": "flags"}}],
                "volumeMounts": [{"name": "scratch", "mountPath": "/scratch", "readOnly": True}],
                "resources": {"claims": [{"name": "gpu"}]},
            },
        ],
        "initContainers": [{"name": "warm", "image": "reg/warm:1", "restartPolicy": "Always"}],
        "volumes": [
            {"name": "scratch", "emptyDir": {"sizeLimit": "0.5Gi"}},
            {"name": "flags", "configMap": {"name": "flags", "optional": True}},
            {
                "name": "disk",
                "ephemeral": {
                    "volumeClaimTemplate": {
                        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}
                    }
                },
            },
        ],
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}],
        "tolerations": [{"key": "a", "operator": "Exists", "tolerationSeconds": 30, "effect": "NoExecute"}],
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
        ],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
        "hostNetwork": False,
        "terminationGracePeriodSeconds": 90,
    },
}


@pytest.mark.usefixtures("alone")
async def test_a_rich_template_is_taken_and_the_second_look_writes_nothing(namespace, connection):
    stepper = await until_built(namespace, connection, podTemplate=RICH)
    for _ in range(3):
        await stepper.step()
    key = kinds.Key(kinds.DEPLOYMENT, namespace.name, "digits")
    live, since = namespace.find(*_of(key)), namespace.cluster.now()
    assert ready(namespace)["reason"] == "RollingOut", ready(namespace)["message"]
    assert not comparing.differs(stepper.wanted[key], live)
    await stepper.step()
    await stepper.step()
    assert namespace.find(*_of(key))["metadata"]["generation"] == live["metadata"]["generation"]
    written = namespace.cluster.writes("kubernetes-admin", since)
    assert [line for line in written if f" {namespace.name}/" in line] == []


def _of(key: kinds.Key) -> tuple[kinds.Kind, str]:
    return key.kind, key.name


@pytest.mark.usefixtures("alone")
async def test_what_drifts_within_a_template_is_taken_back(namespace, connection):
    stepper = await until_built(namespace, connection, podTemplate=with_container(args=["a"]))
    for _ in range(2):
        await stepper.step()
    path = "/spec/template/spec/containers"
    containers = namespace.find(kinds.DEPLOYMENT, "digits")["spec"]["template"]["spec"]["containers"]
    place = next(number for number, one in enumerate(containers) if one["name"] == "mirror")
    edit = [{"op": "replace", "path": f"{path}/{place}/args", "value": ["b"]}]
    namespace.cluster.call("PATCH", namespace.path(kinds.DEPLOYMENT, "digits"), edit, "application/json-patch+json")
    await stepper.step()
    after = namespace.find(kinds.DEPLOYMENT, "digits")["spec"]["template"]["spec"]["containers"]
    assert after[place]["args"] == ["a"]
