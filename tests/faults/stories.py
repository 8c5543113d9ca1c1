"""What people do with ModelDeployments, and what they wait for: each story from its beginning to its end."""

import copy
import dataclasses
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from faults import server
from model_builder import contract
from model_operator import kinds, names

Manifest = kinds.Manifest
NAMESPACE = "demo"
USER = "kubectl-client-side-apply"
SOURCE = "digits-model"
FILES = {"digits.pt": "d2VpZ2h0cw==", "digits.py": "ZGVm", "train.npz": "YQ==", "test.npz": "Yg=="}
#: As many instances as no server of a story can be prepared for.
SPOILT = 64
NEW_FILES = {**FILES, "digits.pt": "b3RoZXI="}
SPEC: Manifest = {
    "model": {
        "source": {"configMap": {"name": SOURCE}},
        "format": "stateDict",
        "weights": "digits.pt",
        "architecture": {"factory": "digits:build"},
        "inputs": [{"name": "image", "dtype": "float32", "shape": [-1, 1, 8, 8]}],
    },
    "build": {"evaluation": {"data": {"file": "test.npz"}}},
}
QUANTIZED = {
    "candidates": ["int8Static"],
    "calibration": {"data": {"file": "train.npz"}},
    "evaluation": {"data": {"file": "test.npz"}},
    "gate": {"maxDrop": {"accuracy": 0.01}},
}
REPOSITORY = "registry.example:5000/team/models"
SECRETS = {"pushSecretName": "push", "pullSecretName": "pull"}
STORE = {"store": "oci", "reclaimPolicy": "Delete", "oci": {"repository": REPOSITORY, **SECRETS}}


class World(Protocol):
    """Where a story happens."""

    server: server.Server

    async def until(self, look: Callable[[], object], what: str) -> None:
        """Wait."""


@dataclasses.dataclass(frozen=True)
class Story:
    """One story; it begins where another one ended, or with nothing."""

    name: str
    play: Callable[[World], Awaitable[None]]
    given: "Story | None" = None


def key(name: str, kind: kinds.Kind = kinds.MODEL_DEPLOYMENT) -> kinds.Key:
    """Of an object of the story."""
    return kinds.Key(kind, NAMESPACE, name)


def provide(world: World, files: dict[str, str]) -> None:
    """The ConfigMap that holds the model."""
    there = key(SOURCE, kinds.CONFIG_MAP)
    if there in world.server.objects:
        world.server.merge(there, {"binaryData": files}, USER)
    else:
        world.server.create(there, {"metadata": {}, "binaryData": files}, USER)


def deploy(world: World, name: str = "digits", **parts: Any) -> None:
    """`kubectl create`; parts replace whole sections of the spec."""
    world.server.create(key(name), {"metadata": {}, "spec": {**copy.deepcopy(SPEC), **parts}}, USER)


def edit(world: World, patch: Manifest, name: str = "digits") -> None:
    """`kubectl patch`."""
    world.server.merge(key(name), patch, USER)


def condition(world: World, name: str, type_: str = "Ready") -> str:
    """`status/reason` of a condition of the present generation; empty until the operator has seen it."""
    found = world.server.objects.get(key(name), {"metadata": {"generation": 0}})
    status = found.get("status") or {}
    if status.get("observedGeneration") != found["metadata"]["generation"]:
        return ""
    return next((f"{one['status']}/{one['reason']}" for one in status["conditions"] if one["type"] == type_), "")


async def ready(world: World, *deployments: str) -> None:
    """Until all serve as wanted."""
    for name in deployments or ("digits",):
        await world.until(lambda name=name: condition(world, name) == "True/Serving", f"{name} serves")


async def gone(world: World) -> None:
    """Until nothing of ours is left."""
    await world.until(lambda: not leftovers(world.server), "all is gone")


def leftovers(api: server.Server) -> list[str]:
    """What of ours is there; Events expire by themselves."""
    return [f"{key.kind.kind} {key.name}" for key in api.objects if key.kind.kind != "Event" and key.name != SOURCE]


def outcome(request: contract.BuildRequest, pod: Manifest) -> tuple[contract.Report, int]:
    """What a build says: an artifact named for what was asked, or that the gate failed."""
    content = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
    if request.candidates == [contract.CandidateName.INT8_STATIC]:
        return _gate_failed(), contract.ExitCode.GATE_FAILED
    stored = any("oci://" in word for word in pod["spec"]["containers"][0]["command"])
    reference = f"{REPOSITORY}@sha256:{content}" if stored else ""
    estimate = contract.Estimate(value=0.975, low=0.96, high=0.985)
    report = contract.Report(
        step=contract.Step.PUBLISH,
        artifact=f"sha256:{content}",
        plan=f"sha256:{content[::-1]}",
        precision="float32",
        size=369_000,
        metrics={contract.Metric.ACCURACY: estimate},
    )
    return report.model_copy(update={"reference": reference}) if reference else report, 0


def spoilt(pod: Manifest) -> bool:
    """Its servers are of a kind that cannot be prepared."""
    return f'"count":{SPOILT}' in json.dumps(pod["spec"]).replace("\\", "")


def _gate_failed() -> contract.Report:
    told = contract.Failure(
        reason=contract.FailureReason.GATE_FAILED,
        message="no candidate keeps what the gate asks",
        field="spec.build.candidates",
        next_step="Append none to spec.build.candidates.",
    )
    rung = contract.Rung(
        candidate=contract.CandidateName.INT8_STATIC,
        verdict=contract.Verdict.FAILED,
        message="accuracy fell by 1.6 points, allowed is 1.0; 9 of 450 samples worse",
    )
    return contract.Report(step=contract.Step.OPTIMIZE, failure=told, candidates=[rung])


async def _create(world: World) -> None:
    provide(world, FILES)
    deploy(world)
    await ready(world)


async def _change(world: World) -> None:
    """Another content of the model: another build, another revision."""
    before = world.server.objects[key("digits")]["status"]["artifact"]["digest"]
    provide(world, NEW_FILES)
    edit(world, {"metadata": {"annotations": {names.REQUESTED_AT: "2026-01-03"}}})

    def changed() -> bool:
        status = world.server.objects[key("digits")]["status"]
        return status["artifact"]["digest"] != before and condition(world, "digits") == "True/Serving"

    await world.until(changed, "the new model serves")


async def _scale(world: World) -> None:
    for count in (3, 0, 1):
        edit(world, {"spec": {"serving": {"replicas": count}}})
        wanted = "True/Serving" if count else "True/ScaledToZero"
        await world.until(lambda wanted=wanted: condition(world, "digits") == wanted, f"{count} servers")


async def _delete(world: World) -> None:
    world.server.delete(key("digits"))
    await gone(world)


async def _gate(world: World) -> None:
    provide(world, FILES)
    deploy(world, build=QUANTIZED)
    await world.until(lambda: condition(world, "digits") == "False/GateFailed", "the gate fails")
    edit(world, {"spec": {"build": {"candidates": ["int8Static", "none"]}}})
    await ready(world)


async def _share(world: World) -> None:
    provide(world, FILES)
    for name in ("one", "two"):
        deploy(world, name)
    await ready(world, "one", "two")
    world.server.delete(key("one"))
    deployment = key("one", kinds.DEPLOYMENT)
    await world.until(lambda: deployment not in world.server.objects, "the servers of the first are gone")
    world.server.delete(key("two"))
    await gone(world)


async def _registry(world: World) -> None:
    provide(world, FILES)
    deploy(world, artifact=STORE)
    await ready(world)
    edit(world, {"spec": {"serving": {"batching": {"maxBatchSize": 8}}}})
    await ready(world)
    await _delete(world)


async def _roll_back(world: World) -> None:
    """A change whose servers cannot be prepared, and one that can."""
    before = world.server.objects[key("digits")]["status"]["rollout"]["revision"]
    edit(world, {"spec": {"serving": {"instances": {"count": SPOILT}}}})
    await world.until(lambda: condition(world, "digits") == "False/RolledBack", "it is rolled back")
    deployed = key("digits", kinds.DEPLOYMENT)
    restored = "what served serves"
    await world.until(lambda: _revision(world.server.objects[deployed]) == before, restored)
    edit(world, {"spec": {"serving": {"instances": {"count": 2}}}})
    await ready(world)


def _revision(server: Manifest) -> str:
    return str(server["metadata"]["annotations"][names.REVISION])


async def _try(world: World) -> None:
    """A canary that ends well, and one that does not."""
    steps = [{"weight": 20, "duration": "30s"}, {"weight": 50, "duration": "30s"}]
    rollout = {"strategy": "canary", "canary": {"steps": steps}}
    edit(world, {"spec": {"serving": {"rollout": rollout, "instances": {"count": 2}}}})
    await ready(world)
    edit(world, {"spec": {"serving": {"instances": {"count": SPOILT}}}})
    await world.until(lambda: condition(world, "digits") == "False/RolledBack", "it is rolled back")
    edit(world, {"spec": {"serving": {"instances": {"count": 2}}}})
    await ready(world)
    await world.until(lambda: key("digits-canary", kinds.DEPLOYMENT) not in world.server.objects, "no canary is left")


CREATE = Story("create", _create)
CHANGE = Story("change", _change, CREATE)
SCALE = Story("scale", _scale, CREATE)
ROLLBACK = Story("rollback", _roll_back, CREATE)
CANARY = Story("canary", _try, CREATE)
DELETE = Story("delete", _delete, CREATE)
GATE = Story("gate", _gate)
SHARE = Story("share", _share)
REGISTRY = Story("registry", _registry)
EVERY = (CREATE, CHANGE, SCALE, DELETE, GATE, SHARE, REGISTRY, ROLLBACK, CANARY)
