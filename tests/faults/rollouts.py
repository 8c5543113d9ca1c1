"""The Deployment controller, with the pods' owner being the Deployment itself: nobody here looks at ReplicaSets."""

import asyncio
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from faults import server
from model_operator import kinds, names

Manifest = kinds.Manifest
HASH = "pod-template-hash"
MANAGER = "kube-controller-manager"


def owned(pods: Iterable[Manifest], owner: Manifest) -> list[Manifest]:
    """Those of one owner that are not on their way out."""
    uid = owner["metadata"]["uid"]
    mine = (pod for pod in pods if any(one["uid"] == uid for one in pod["metadata"]["ownerReferences"]))
    return [pod for pod in mine if "deletionTimestamp" not in pod["metadata"]]


def make_pod(api: server.Server, owner: Manifest, template: Manifest, labels: Mapping[str, str]) -> None:
    """A pod of a template, with the next free number in its name."""
    stem, namespace = owner["metadata"]["name"], owner["metadata"]["namespace"]
    taken = {pod["metadata"]["name"] for pod in api.all(kinds.POD)}
    number = next(number for number in range(len(taken) + 1) if f"{stem}-{number}" not in taken)
    identity = {name: owner[name] for name in ("apiVersion", "kind")}
    reference = {**identity, "name": stem, "uid": owner["metadata"]["uid"], "controller": True}
    labels = {**template["metadata"]["labels"], **labels}
    metadata = {**template["metadata"], "labels": labels, "ownerReferences": [reference]}
    key = kinds.Key(kinds.POD, namespace, f"{stem}-{number}")
    api.create(key, {"metadata": metadata, "spec": template["spec"], "status": {"phase": "Pending"}}, MANAGER)


def ready(pod: Manifest) -> bool:
    """It says so."""
    return kinds.condition(pod, "Ready") is not None


class Rollouts:
    """Of every Deployment."""

    def __init__(self, api: server.Server) -> None:
        """What is ready already is so for long."""
        self._api = api
        self._available = {pod["metadata"]["uid"] for pod in api.all(kinds.POD) if ready(pod)}
        self._waiting: set[str] = set()

    def look(self) -> None:
        """At each Deployment: pods, then numbers."""
        for deployment in self._api.all(kinds.DEPLOYMENT):
            if "deletionTimestamp" in deployment["metadata"]:
                continue
            digest = f"{zlib.crc32(json.dumps(deployment['spec']['template'], sort_keys=True).encode()):08x}"
            self._move(deployment, digest)
            self._count(deployment, digest)

    def _pods(self, deployment: Manifest, digest: str) -> tuple[list[Manifest], list[Manifest]]:
        """New and old ones, the readiest first."""
        pods = sorted(owned(self._api.all(kinds.POD), deployment), key=lambda pod: not ready(pod))
        new = [pod for pod in pods if pod["metadata"]["labels"][HASH] == digest]
        return new, [pod for pod in pods if pod not in new]

    def _move(self, deployment: Manifest, digest: str) -> None:
        """maxSurge 1, maxUnavailable 0: one more first, one less when enough have been ready for long enough."""
        new, old = self._pods(deployment, digest)
        wanted = deployment["spec"]["replicas"]
        if (len(new) < wanted and len(new) + len(old) < wanted + bool(old)) or (len(new) < wanted and not old):
            make_pod(self._api, deployment, deployment["spec"]["template"], {HASH: digest})
        for pod in new[wanted:]:
            self._delete(pod)
        spare = sum(map(self._is_available, (*new[:wanted], *old))) - wanted
        for pod in reversed(old):
            if not self._is_available(pod) or spare > 0:
                spare -= self._is_available(pod)
                self._delete(pod)

    def _delete(self, pod: Manifest) -> None:
        self._api.delete(kinds.key_of(pod, kinds.POD))

    def _is_available(self, pod: Manifest) -> bool:
        return ready(pod) and pod["metadata"]["uid"] in self._available

    def _count(self, deployment: Manifest, digest: str) -> None:
        new, old = self._pods(deployment, digest)
        self._wait_for(deployment, [*new, *old])
        status: dict[str, Any] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(new) + len(old),
            "updatedReplicas": len(new),
            "readyReplicas": sum(map(ready, (*new, *old))),
            "availableReplicas": sum(map(self._is_available, (*new, *old))),
        }
        key = kinds.key_of(deployment, kinds.DEPLOYMENT)
        self._api.merge(key, {"status": {name: count or None for name, count in status.items()}}, MANAGER, status=True)

    def _wait_for(self, deployment: Manifest, pods: list[Manifest]) -> None:
        """Ready for minReadySeconds is available."""
        for pod in pods:
            uid = pod["metadata"]["uid"]
            if ready(pod) and uid not in self._available | self._waiting:
                self._waiting.add(uid)
                asyncio.get_running_loop().call_later(deployment["spec"].get("minReadySeconds", 0), self._lasts, uid)

    def _lasts(self, uid: str) -> None:
        self._available.add(uid)
        self.look()


def stable(api: server.Server, deployment: str) -> list[Manifest]:
    """The ready servers of a ModelDeployment that are to stay."""
    wanted = names.selector(deployment).items()
    pods = (pod for pod in api.all(kinds.POD) if wanted <= pod["metadata"]["labels"].items() and ready(pod))
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
