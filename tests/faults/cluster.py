"""The rest of a cluster, as far as the operator can see it: controllers, a node, the garbage collector.

Each looks at the whole state a moment after it changed, and does what its namesake in Kubernetes would do next. None
of them meets a fault: they are the world in which the operator meets its own.
"""

import asyncio
from collections.abc import Callable

from faults import nodes, rollouts, server
from model_operator import kinds, names

Manifest = kinds.Manifest
#: Seconds until a controller notices.
LAG = 0.2
#: How the controllers are called as field managers.
MANAGER = "kube-controller-manager"


class Cluster:
    """Everybody else who writes."""

    def __init__(self, api: server.Server, node: nodes.Node) -> None:
        """Begin to look at what is there."""
        self.api = api
        self._node = node
        self._rollouts = rollouts.Rollouts(api)
        self._due = False
        self._expiring: set[str] = set()
        api.listeners.append(lambda _: self._soon())
        self._soon()

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(LAG, self._look)

    def _look(self) -> None:
        self._due = False
        look: Callable[[], None]
        for look in (self._collect, self._jobs, self._rollouts.look, self._claims, self._node.look):
            look()

    def _collect(self) -> None:
        """The garbage collector: away with what has no owner left, and with owners that are gone."""
        living = {one["metadata"]["uid"] for one in self.api.objects.values()}
        for key, one in list(self.api.objects.items()):
            owners = one["metadata"].get("ownerReferences") or []
            left = [owner for owner in owners if owner["uid"] in living]
            if owners and not left and "deletionTimestamp" not in one["metadata"]:
                self.api.delete(key)
            elif len(left) < len(owners) and left:
                self.api.merge(key, {"metadata": {"ownerReferences": left}}, MANAGER)

    def _claims(self) -> None:
        """A claim that is deleted stays while a pod uses it."""
        for claim in self.api.all(kinds.PERSISTENT_VOLUME_CLAIM):
            metadata = claim["metadata"]
            if "deletionTimestamp" in metadata and server.CLAIM_PROTECTION in metadata.get("finalizers", ()):
                if any(metadata["name"] in _claims_of(pod) for pod in self.api.all(kinds.POD)):
                    continue
                left = [one for one in metadata["finalizers"] if one != server.CLAIM_PROTECTION]
                key = kinds.key_of(claim, kinds.PERSISTENT_VOLUME_CLAIM)
                self.api.merge(key, {"metadata": {"finalizers": left or None}}, MANAGER)

    def _jobs(self) -> None:
        """The Job controller: a pod for a Job, and an end for it."""
        for job in self.api.all(kinds.JOB):
            pods = rollouts.owned(self.api.all(kinds.POD), job)
            phases = {(pod.get("status") or {}).get("phase") for pod in pods}
            if kinds.condition(job, "Complete") or kinds.condition(job, "Failed"):
                self._expire(job)
                continue
            if not pods:
                self._start(job)
            elif "Succeeded" in phases:
                self._end(job, "SuccessCriteriaMet", "Complete", completionTime=self.api.now())
            elif "Failed" in phases:
                self._end(job, "FailureTarget", "Failed")

    def _start(self, job: Manifest) -> None:
        label = {names.JOB_NAME_LABEL: job["metadata"]["name"]}
        rollouts.make_pod(self.api, job, job["spec"]["template"], label)
        self._write(job, {"active": 1, "startTime": self.api.now()})

    def _end(self, job: Manifest, target: str, type_: str, **more: str) -> None:
        """First that it will end, a moment later that it has."""
        types = (target, type_) if kinds.condition(job, target) else (target,)
        told = [
            {"type": one, "status": "True", "reason": "PodFailurePolicy" if type_ == "Failed" else "CompletionsReached"}
            for one in types
        ]
        now = {"lastTransitionTime": self.api.now()}
        ended = more if type_ in types else {}
        self._write(job, {"active": None, "conditions": [{**one, **now} for one in told], **ended})

    def _expire(self, job: Manifest) -> None:
        """The TTL controller."""
        after, uid = job["spec"].get("ttlSecondsAfterFinished"), job["metadata"]["uid"]
        if after is not None and uid not in self._expiring:
            self._expiring.add(uid)
            asyncio.get_running_loop().call_later(after, self._remove, kinds.key_of(job, kinds.JOB), uid)

    def _remove(self, key: kinds.Key, uid: str) -> None:
        present = self.api.objects.get(key)
        if present and present["metadata"]["uid"] == uid:
            self.api.delete(key)

    def _write(self, job: Manifest, status: Manifest) -> None:
        self.api.merge(kinds.key_of(job, kinds.JOB), {"status": status}, MANAGER, status=True)


def _claims_of(pod: Manifest) -> list[str]:
    volumes = pod["spec"].get("volumes") or ()
    return [one["persistentVolumeClaim"]["claimName"] for one in volumes if "persistentVolumeClaim" in one]
