"""A cluster in a dict: what the edge and the controllers do, as far as decisions can see it."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import copies
from model_operator import claims, decisions, errors, kinds, names, outlines, refusals, settings
from model_operator.builds import deciding as build_deciding
from model_operator.builds import observing as build_observing
from model_operator.builds import state as build_state
from model_operator.deployments import deciding, observing, state

Manifest = dict[str, Any]
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
NAMESPACE = "team"
PROMETHEUS = "http://prometheus.monitoring:9090"
IMAGES = settings.Images(builder="reg/builder:1", serving="reg/serving:1", triton="reg/triton:1")
DIGITS = {"digits.pt": "weights", "digits.py": "def build(): ...", "train.npz": "data", "test.npz": "more"}


class World:
    """Implements decisions.Cache and decisions.Reader, and applies Decisions."""

    def __init__(self, images: settings.Images = IMAGES, version: tuple[int, int] = (1, 36)) -> None:
        self.settings = settings.Settings(images=images, server_version=version, prometheus_url=PROMETHEUS)
        self.objects: dict[kinds.Key, Manifest] = {}
        self.applied: dict[kinds.Key, Manifest] = {}
        self.told: dict[str, list[Manifest]] = {}
        self.answers: dict[str, str] = {}
        #: Kind -> what writing one of it meets.
        self.refuse: dict[kinds.Kind, errors.Finding | errors.ApiError] = {}
        #: What the API server has against Deployments that are only tried.
        self.rehearsal: errors.ApiError | None = None
        #: None where they may not be read.
        self.nodes_there: tuple[Manifest, ...] | None = None
        self.now = NOW
        self.count = 0
        self.decision = decisions.Decision()
        self.log: list[decisions.Event] = []

    # decisions.Cache

    def get(self, key: kinds.Key) -> Manifest | None:
        found = self.objects.get(key)
        if found is None or key.kind in kinds.OPTIONAL or (key.kind not in kinds.OWN and not _ours(found)):
            return None
        return found

    def select(self, kind: kinds.Kind, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
        found = [
            one
            for key, one in sorted(self.objects.items(), key=lambda item: item[0].name)
            if key.kind == kind and key.namespace == namespace
        ]
        return [one for one in found if labels.items() <= (one["metadata"].get("labels") or {}).items()]

    def owned(self, kind: kinds.Kind, namespace: str, uid: str) -> list[Manifest]:
        return [one for one in self.select(kind, namespace, {}) if uid in state.owner_uids(one)]

    def outlines(self, kind: kinds.Kind, namespace: str) -> list[Manifest]:
        return [outlines.of(kind, one) for one in self.select(kind, namespace, {})]

    def claimants(self, claim: str) -> list[Manifest]:
        return [
            outlines.of(kinds.MODEL_DEPLOYMENT, one)
            for one in self.all(kinds.MODEL_DEPLOYMENT)
            if claim in claims.of(one)
        ]

    # decisions.Reader

    async def read(self, key: kinds.Key) -> Manifest | None:
        return self.objects.get(key)

    async def exists(self, key: kinds.Key) -> bool:
        return key in self.objects

    async def taken(self, key: kinds.Key) -> Manifest | None:
        return self.objects.get(key)

    async def labels(self, key: kinds.Key) -> Mapping[str, str] | None:
        found = self.objects.get(key)
        return (found["metadata"].get("labels") or {}) if found else None

    async def shown(
        self, key: kinds.Key, cause: object, show: Callable[[Manifest], decisions.Shown]
    ) -> tuple[decisions.Shown] | None:
        found = self.objects.get(key)
        return (show(found),) if found else None

    async def events(self, manifest: Manifest) -> list[Manifest]:
        return self.told.get(manifest["metadata"]["name"], [])

    async def nodes(self) -> tuple[Manifest, ...] | None:
        return self.nodes_there

    async def pods_on(self, node: str) -> tuple[Manifest, ...] | None:
        return tuple(one for one in self.all(kinds.POD) if one["spec"].get("nodeName") == node)

    async def autoscalers(self, namespace: str) -> tuple[Manifest, ...]:
        return tuple(self.outlines(kinds.HORIZONTAL_POD_AUTOSCALER, namespace))

    async def sentinel(self, pod: Manifest) -> str:
        return self.answers.get(pod["metadata"]["name"], "")

    def heard(self, pod: Manifest) -> str:
        return self.answers.get(pod["metadata"]["name"], "")

    # what people and controllers do

    def put(self, manifest: Manifest) -> Manifest:
        """Make or replace an object, with what the API server adds to it."""
        manifest = copies.of(manifest)
        metadata = manifest["metadata"]
        metadata.setdefault("namespace", NAMESPACE)
        key = kinds.key_of(manifest, _kind(manifest))
        before = self.objects.get(key)
        if before is None:
            self.count += 1
            metadata.setdefault("uid", f"uid-{self.count:04d}")
            metadata.setdefault("creationTimestamp", f"2026-01-01T00:{self.count // 60:02d}:{self.count % 60:02d}Z")
            metadata["generation"] = 1
        else:
            changed = manifest.get("spec") != before.get("spec")
            metadata |= {
                "uid": before["metadata"]["uid"],
                "generation": before["metadata"]["generation"] + changed,
                "creationTimestamp": before["metadata"]["creationTimestamp"],
            }
            manifest.setdefault("status", before.get("status", {}))
        self.objects[key] = manifest
        return manifest

    def find(self, kind: kinds.Kind, name: str = "") -> Manifest:
        """An object by name, or the only one of its kind."""
        found = [one for key, one in self.objects.items() if key.kind == kind and name in ("", key.name)]
        assert len(found) == 1, [key for key in self.objects if key.kind == kind]
        return found[0]

    def all(self, kind: kinds.Kind) -> list[Manifest]:
        return [one for key, one in self.objects.items() if key.kind == kind]

    def drop(self, manifest: Manifest) -> None:
        del self.objects[kinds.key_of(manifest, _kind(manifest))]

    def config_map(self, name: str = "digits-model", files: Mapping[str, str] = DIGITS) -> None:
        self.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(files)})

    # the operator

    def observe(self, name: str) -> state.Observed:
        key = kinds.Key(kinds.MODEL_DEPLOYMENT, NAMESPACE, name)
        observed = asyncio.run(observing.observe(self, self, key, self.settings))
        assert observed
        return observed

    def observe_build(self, name: str) -> build_state.Observed:
        key = kinds.Key(kinds.MODEL_BUILD, NAMESPACE, name)
        observed = asyncio.run(build_observing.observe(self, self, key, self.settings))
        assert observed
        return observed

    def reconcile(self, name: str = "digits") -> Manifest:
        """Decide and apply until nothing changes; the status."""
        resource = kinds.Key(kinds.MODEL_DEPLOYMENT, NAMESPACE, name)

        def decide(refused: tuple[refusals.Refusal, ...] = ()) -> decisions.Decision:
            return deciding.decide(dataclasses.replace(self.observe(name), refused=refused), self.now)

        self._settle(resource, decide)
        return self.objects.get(resource, {}).get("status", {})

    def reconcile_build(self, name: str = "") -> Manifest:
        name = name or self.find(kinds.MODEL_BUILD)["metadata"]["name"]
        resource = kinds.Key(kinds.MODEL_BUILD, NAMESPACE, name)

        def decide(refused: tuple[refusals.Refusal, ...] = ()) -> decisions.Decision:
            return build_deciding.decide(dataclasses.replace(self.observe_build(name), refused=refused), self.now)

        self._settle(resource, decide)
        return self.objects[resource]["status"]

    def _settle(self, resource: kinds.Key, decide: Any) -> None:
        """Writes end: deciding again from what was written writes nothing."""
        for _ in range(4):
            self.decision = decide()
            changed, refused = self._write(self.decision)
            told = decide(refused) if refused else self.decision
            self.log += told.events
            told_anew, finalized = self._tell(resource, told), self._finalize(resource, told)
            if resource not in self.objects or not (told_anew or finalized or changed):
                return
            self.now += dt.timedelta(seconds=1)
        message = f"{resource.name} never settles"
        raise AssertionError(message)

    def _write(self, decision: decisions.Decision) -> tuple[bool, tuple[refusals.Refusal, ...]]:
        """Whether anything was written, and what could not be."""
        if decision.rehearsed and self.rehearsal:
            return False, tuple(refusals.of_rehearsal(one, self.rehearsal) for one in decision.rehearsed)
        refused = tuple(filter(None, map(self._refusal, decision.objects)))
        unwritten = [_kind(desired) for desired in decision.objects if self._refusal(desired)]
        changes = [
            self._apply(desired)
            for desired in decision.objects
            if self._refusal(desired) is None and not refusals.must_wait(desired, unwritten)
        ]
        for one in decision.garbage:
            self.drop(one)
        return any(changes) or bool(decision.garbage), refused

    def _refusal(self, desired: Manifest) -> refusals.Refusal | None:
        match self.refuse.get(_kind(desired)):
            case errors.Finding() as found:
                return refusals.of_finding(desired, found)
            case errors.ApiError() as error:
                return refusals.of_error(desired, error)
        return None

    def _tell(self, resource: kinds.Key, decision: decisions.Decision) -> bool:
        """Whether the status was written."""
        before = self.objects[resource].get("status") or {}
        if decision.status is not None:
            self.objects[resource]["status"] = copies.of(decision.status)
        return bool(before != self.objects[resource].get("status", {}))

    def _finalize(self, resource: kinds.Key, decision: decisions.Decision) -> bool:
        """Whether the finalizer was set or taken off. What is being deleted goes with it."""
        metadata = self.objects[resource]["metadata"]
        present = names.FINALIZER in metadata.get("finalizers", [])
        if decision.finalizer is None or decision.finalizer == present:
            return False
        metadata["finalizers"] = [names.FINALIZER] if decision.finalizer else []
        if not decision.finalizer and metadata.get("deletionTimestamp"):
            del self.objects[resource]
        return True

    def _apply(self, desired: Manifest) -> bool:
        """As the edge does: when the wish changed (a field may be wanted no more), or the object drifted."""
        key = kinds.key_of(desired, _kind(desired))
        live = self.objects.get(key)
        if live is not None and self.applied.get(key) == desired and contains(live, desired):
            return False
        self.applied[key] = copies.of(desired)
        if live and key.kind == kinds.DEPLOYMENT and "replicas" not in desired["spec"]:
            desired = {**desired, "spec": {"replicas": live["spec"]["replicas"], **desired["spec"]}}
        assert live is None or key.kind not in {kinds.JOB, kinds.CONTROLLER_REVISION}, f"{key.name} cannot change"
        self.put({**desired, **({"status": live["status"]} if live and "status" in live else {})})
        return True


def contains(live: Any, desired: Any) -> bool:
    if live == desired:  # mostly it is, and this is quick
        return True
    if isinstance(desired, dict):
        present = isinstance(live, dict) and desired.keys() <= live.keys()
        return present and all(contains(live[name], value) for name, value in desired.items())
    if isinstance(desired, list):
        return isinstance(live, list) and len(live) == len(desired) and all(map(contains, live, desired))
    return False


def _ours(manifest: Manifest) -> bool:
    return (manifest["metadata"].get("labels") or {}).get(names.MANAGED_BY_LABEL) == names.MANAGED_BY


def _kind(manifest: Manifest) -> kinds.Kind:
    return kinds.of_manifest(manifest)


def condition(status: Manifest, type_: str) -> Manifest | None:
    return next((one for one in status["conditions"] if one["type"] == type_), None)


def brief(status: Manifest) -> dict[str, str]:
    """Type -> `status/reason`."""
    return {one["type"]: f"{one['status']}/{one['reason']}" for one in status["conditions"]}
