"""A ModelDeployment in a cluster that does what it is asked: builds end well, servers come up, orphans are collected.

Story(spec) ─► settle() ─► change(spec) ─► settle() ─► children(): what there is, less what differs from run to run
"""

import asyncio
import atexit
import copy
import functools
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from pure import making, worlds

import copies
from model_operator import kinds, names
from model_operator.builds import observing as build_observing
from model_operator.deployments import observing
from mutation import bases

Spec = dict[str, Any]
NAME = "digits"
KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, worlds.NAMESPACE, NAME)
_LOOP = asyncio.new_event_loop()
atexit.register(_LOOP.close)


class World(worlds.World):
    """As it is, but with one event loop for all looks: a loop for each costs more than the look."""

    def observe(self, name: str) -> Any:
        key = kinds.Key(kinds.MODEL_DEPLOYMENT, worlds.NAMESPACE, name)
        return _LOOP.run_until_complete(observing.observe(self, self, key, self.settings))

    def observe_build(self, name: str) -> Any:
        key = kinds.Key(kinds.MODEL_BUILD, worlds.NAMESPACE, name)
        return _LOOP.run_until_complete(build_observing.observe(self, self, key, self.settings))

    def twin(self) -> "World":
        """Another one of the same state."""
        made = copy.copy(self)
        made.objects, made.applied, made.log = copies.of(self.objects), copies.of(self.applied), [*self.log]
        return made


class Story:
    """One ModelDeployment, from spec to spec."""

    def __init__(self, spec: Spec, name: str = NAME) -> None:
        self.world, self.name = World(), name
        for config_map in bases.CONFIG_MAPS:
            self.world.config_map(config_map, {**bases.FILES, "of": config_map})
        for claim in bases.CLAIMS:
            self.world.put(
                {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim}, "spec": {}}
            )
        self.change(spec)

    @property
    def key(self) -> kinds.Key:
        return kinds.Key(kinds.MODEL_DEPLOYMENT, worlds.NAMESPACE, self.name)

    @property
    def status(self) -> kinds.Manifest:
        return self.world.objects[self.key]["status"]

    def change(self, spec: Spec, **annotations: str) -> None:
        """Somebody applies a spec."""
        self.world.put({**making.model_deployment(self.name, **annotations), "spec": spec})

    def settle(self) -> kinds.Manifest:
        """Until nothing changes any more; the status."""
        for _ in range(6):
            before = self.written()
            self.step()
            if self.written() == before:
                return self.status
        message = f"{self.name} never settles"
        raise AssertionError(message)

    def written(self) -> str:
        """All that there is: a copy to compare costs ten times as much."""
        return json.dumps([[str(key), manifest] for key, manifest in self.world.objects.items()])

    def step(self) -> None:
        """Everybody does once what is theirs to do."""
        self.world.reconcile(self.name)
        self.reconcile_builds()
        for job in self.world.all(kinds.JOB):
            if not job.get("status"):
                self.collected(job) if collects(job) else self.build_well(job)
        self.reconcile_builds()
        self.world.reconcile(self.name)
        self.scale()
        for server in self.world.all(kinds.DEPLOYMENT):
            making.roll(self.world, server["metadata"]["name"])
        self.world.reconcile(self.name)
        self.promote()
        self.collect()

    def scale(self) -> None:
        """Nobody asks anything: an autoscaler, where there is one, leaves as few servers as it may."""
        hpa, keda = (self.find(kind) for kind in (kinds.HORIZONTAL_POD_AUTOSCALER, kinds.SCALED_OBJECT))
        least = (hpa or {"spec": {}})["spec"].get("minReplicas", (keda or {"spec": {}})["spec"].get("minReplicaCount"))
        server = self.find(kinds.DEPLOYMENT)
        if server is not None and least is not None:
            server["spec"]["replicas"] = least

    def promote(self) -> None:
        """What is tried on a share of the requests is good enough for a person who looks at it."""
        canary = self.find(kinds.DEPLOYMENT, names.canary(self.name))
        if canary is not None:
            revision = canary["metadata"]["annotations"][names.REVISION]
            self.world.objects[self.key]["metadata"]["annotations"][names.PROMOTE] = revision
            self.world.reconcile(self.name)

    def reconcile_builds(self) -> None:
        for build in self.world.all(kinds.MODEL_BUILD):
            self.world.reconcile_build(build["metadata"]["name"])

    def build_well(self, job: kinds.Manifest) -> None:
        """The Job's pod publishes an artifact; which one, the request decides."""
        digest = f"sha256:{hashlib.sha256(self.request(job).encode()).hexdigest()}"
        words = making.report(artifact=digest, reference=reference(job))
        steps = (making.terminated(step) for step in making.STEPS[:-1])
        self.end(job, "Complete", "Succeeded", *steps, making.terminated("publish", 0, words))

    def collected(self, job: kinds.Manifest) -> None:
        """A Job that removes what nobody needs has done so."""
        self.end(job, "Complete", "Succeeded")

    def build_badly(self, job: kinds.Manifest, words: str = "", code: int = 64) -> None:
        """convert refuses."""
        said = making.terminated("convert", code, words or making.failure())
        self.end(job, "Failed", "Failed", making.terminated("fetch"), said, making.waiting("optimize"))

    def end(self, job: kinds.Manifest, condition: str, phase: str, *statuses: kinds.Manifest) -> None:
        """The Job is over, with its pod."""
        self.pod(job, phase, *statuses)
        over = {"type": condition, "status": "True"}
        job["status"] = {"conditions": [over], "completionTime": "2026-01-02T03:04:05Z"}

    def pod(self, job: kinds.Manifest, phase: str, *statuses: kinds.Manifest) -> None:
        """A pod of a Job."""
        name, template = job["metadata"]["name"], job["spec"]["template"]
        labels = {**template["metadata"]["labels"], names.JOB_NAME_LABEL: name}
        owners = [{"kind": "Job", "name": name, "uid": job["metadata"]["uid"], "controller": True}]
        status = {
            "phase": phase,
            "initContainerStatuses": [one for one in statuses if one["name"] != "publish"],
            "containerStatuses": [one for one in statuses if one["name"] == "publish"],
        }
        metadata = {"name": f"{name}-0", "labels": labels, "ownerReferences": owners}
        manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        self.world.put({**manifest, "status": status})

    def request(self, job: kinds.Manifest) -> str:
        """What a Job is asked to build, as it tells its pods."""
        return job["spec"]["template"]["metadata"]["annotations"][names.REQUEST]

    def collect(self) -> None:
        """What Kubernetes does with objects whose owners are all gone."""
        while orphans := list(self._orphans()):
            for one in orphans:
                self.world.drop(one)

    def _orphans(self) -> Iterator[kinds.Manifest]:
        alive = {one["metadata"]["uid"] for one in self.world.objects.values()}
        for manifest in self.world.objects.values():
            owners = manifest["metadata"].get("ownerReferences") or ()
            if owners and not any(owner["uid"] in alive for owner in owners):
                yield manifest

    def find(self, kind: kinds.Kind, name: str = "") -> kinds.Manifest | None:
        """An object of a name, or the only one of its kind that is ours."""
        return self.world.objects.get(kinds.Key(kind, worlds.NAMESPACE, name or self.name))


def collects(manifest: kinds.Manifest) -> bool:
    """It has to do with the removal of artifacts, of which the way decides: what was needed once, and is no more."""
    return (manifest["metadata"].get("labels") or {}).get(names.COMPONENT_LABEL) == names.COLLECTOR


def reference(job: kinds.Manifest) -> str:
    """Where a registry has the artifact that a Job publishes; empty for a claim."""
    command = job["spec"]["template"]["spec"]["containers"][0]["command"]
    told = [word.partition("oci://")[2] for word in command if "oci://" in word]
    return f"{told[0]}@sha256:{'d' * 64}" if told else ""


def served(spec: Spec) -> Story:
    """A story in which a spec serves."""
    story = copy.copy(_served(json.dumps(spec)))
    story.world = story.world.twin()
    return story


@functools.lru_cache(maxsize=8)
def _served(spec: str) -> Story:
    """Played once: most stories begin with one of few specs."""
    story = Story(json.loads(spec))
    story.settle()
    return story


def brief(story: Story) -> str:
    """Ready in two words."""
    return worlds.brief(story.status)["Ready"]


def children(story: Story) -> dict[str, Any]:
    """What serves now and how it is spoken of, less what tells of the way there.

    Left out because they may tell of it: Jobs and pods (a good build never runs again for other resources),
    revisions that are kept to go back to, claims that another spec named, size and class of the claim in use, and
    what is written down of artifacts that were needed once.
    """
    spec, status = story.world.objects[story.key]["spec"], story.status
    claim = spec.get("artifact", {}).get("claimName", names.ARTIFACT_CLAIM)
    used = {claim, status.get("rollout", {}).get("revision")}
    found = {"status": _told(status)}
    for key, manifest in story.world.objects.items():
        by_path = key.kind in (kinds.CONTROLLER_REVISION, kinds.PERSISTENT_VOLUME_CLAIM)
        if (
            key.kind in (*kinds.OWN[:1], kinds.JOB, kinds.POD)
            or (by_path and key.name not in used)
            or collects(manifest)
        ):
            continue
        found[f"{key.kind.kind} {key.name}"] = _content(key, manifest)
    return found


def _content(key: kinds.Key, manifest: kinds.Manifest) -> Any:
    metadata = manifest["metadata"]
    owners = [{**owner, "uid": ""} for owner in metadata.get("ownerReferences") or ()]
    kept = {name: value for name, value in metadata.items() if name in ("labels", "annotations")}
    gone = {"status", "metadata", "revision"} | ({"spec"} if key.kind == kinds.PERSISTENT_VOLUME_CLAIM else set())
    return {"owners": owners, **kept, **{name: value for name, value in manifest.items() if name not in gone}}


def _told(status: kinds.Manifest) -> Any:
    """The status without times, generations and history."""
    conditions = [{name: one[name] for name in ("type", "status", "reason", "message")} for one in status["conditions"]]
    gone = {"history", "observedGeneration", "conditions"}
    return {"conditions": conditions, **{name: value for name, value in status.items() if name not in gone}}
