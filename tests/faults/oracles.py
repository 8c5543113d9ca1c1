"""What must be so after every run, whatever went wrong in it."""

import collections
from typing import Any

from faults import plans, rollouts, server
from model_operator import kinds, names, recording

Manifest = kinds.Manifest
#: What differs from run to run, and means nothing: versions, times, and how often something was changed on the way.
_FLEETING = frozenset(
    {
        "resourceVersion",
        "generation",
        "observedGeneration",
        "creationTimestamp",
        "lastTransitionTime",
        "startTime",
        "completionTime",
        "since",
        "firstTimestamp",
        "lastTimestamp",
    }
)


#: How many more writes of one object a fault excuses. `objects` are children: made, changed, deleted. `news` are
#: statuses and Events: they tell what is seen, and each step of a build or a rollout that a fault makes last longer
#: than `calming.INTERVAL` becomes news of its own, eight at most.
_NEWS = 8
Fault = plans.Fault
SPARE: dict[plans.Fault, dict[str, int]] = {
    **{fault: {"objects": 0, "news": _NEWS} for fault in Fault},
    # Whether the last write was carried out, the process cannot know: it looks, and may have to write it again.
    **{fault: {"objects": 1, "news": _NEWS} for fault in (*plans.CRASHES, Fault.REFUSED, Fault.LOST_ANSWER)},
    # Who is told of the past acts on it, and once more when the present is known.
    **{fault: {"objects": 3, "news": 2 * _NEWS} for fault in (Fault.STALE, Fault.INTO_THE_PAST)},
}


class Stuck(Exception):  # noqa: N818 - named for what was found
    """What a story waited for did not come."""


def end(api: server.Server) -> dict[str, Any]:
    """The state of the cluster, comparable between runs. Events are news and no state: a crash may swallow one."""
    lasting = {
        f"{key.kind.kind} {key.name}": _plain(manifest)
        for key, manifest in api.objects.items()
        if key.kind not in {kinds.POD, recording.EVENT}
    }
    pods = collections.Counter(map(_brief, api.all(kinds.POD)))
    return {**lasting, "pods": pods}


def _brief(pod: Manifest) -> tuple[str, ...]:
    """A pod by what it is one of: its name is nobody's wish."""
    labels = pod["metadata"]["labels"]
    phase = (pod.get("status") or {}).get("phase", "")
    of = labels.get(names.REVISION) or labels.get(names.JOB_NAME_LABEL, "")
    return of, phase, str(rollouts.ready(pod))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name not in _FLEETING}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def outdated(api: server.Server) -> list[str]:
    """Statuses that do not speak of the present generation."""
    return [
        f"the status of {one['kind']} {one['metadata']['name']} speaks of the past"
        for kind in kinds.OWN
        for one in api.all(kind)
        if (one.get("status") or {}).get("observedGeneration") != one["metadata"]["generation"]
    ]


def differences(clean: Any, found: Any, at: str = "") -> list[str]:
    """Where two states differ."""
    if isinstance(clean, dict) and isinstance(found, dict):
        every = sorted({*clean, *found}, key=str)
        return [one for name in every for one in differences(clean.get(name), found.get(name), f"{at}/{name}")]
    if isinstance(clean, list) and isinstance(found, list) and len(clean) == len(found):
        pairs = enumerate(zip(clean, found, strict=True))
        return [one for number, pair in pairs for one in differences(*pair, f"{at}/{number}")]
    return [] if clean == found else [f"end state: {at} is {str(found)[:200]}, was {str(clean)[:200]}"]


def surplus(plan: plans.Plan, clean: collections.Counter[str], found: collections.Counter[str]) -> list[str]:
    """Writes beyond those of the clean run and those that the plan's faults excuse."""
    spare = collections.Counter(objects=0, news=0)
    for fault, point in plan.faults:
        spare.update(SPARE[fault])
        spare.update(objects=2 * _about_an_owner(point))
    return [
        f"written {count} times, and {clean[what]} in the clean run: {what}"
        for what, count in sorted(found.items())
        if count > clean[what] + spare["objects" if what.partition(" ")[0] in {"apply", "delete"} else "news"]
    ]


def _about_an_owner(point: plans.Point) -> bool:
    """Until a deletion is heard of, its children are missed and made again, for nobody: Kubernetes takes them at once.

    Siblings that share a build, too, write it as they see each other.
    """
    kind = point.name.split()[1]
    return point.sort is plans.Sort.EVENT and kind in {own.kind for own in kinds.OWN}


class Guard:
    """Looks at every change as it happens, for what must never be."""

    def __init__(self, api: server.Server) -> None:
        """Look from now on."""
        self._api = api
        self.problems: list[str] = []
        self._made: collections.Counter[str] = collections.Counter()
        api.listeners.append(self._look)

    def _look(self, entry: server.Entry) -> None:
        if entry.key.kind == kinds.JOB and entry.type == "ADDED":
            self._one_job(entry)
        if entry.key.kind == kinds.POD and _leaves(entry) and rollouts.ready(entry.manifest):
            self._enough_servers(entry)
        if entry.type == "DELETED" and self._wanted(entry.manifest):
            self._nothing_that_serves(entry)

    def _one_job(self, entry: server.Entry) -> None:
        """Never two Jobs of one attempt of one build."""
        owners = [owner["uid"] for owner in entry.manifest["metadata"].get("ownerReferences") or ()]
        attempt = " ".join((entry.key.name, *owners))
        self._made[attempt] += 1
        if self._made[attempt] > 1:
            self.problems.append(f"a second Job of one attempt: {entry.key.name}")

    def _wanted(self, manifest: Manifest) -> bool:
        """Its ModelDeployment is there, and stays."""
        owners = {owner["uid"] for owner in manifest["metadata"].get("ownerReferences") or ()}
        label = (manifest["metadata"].get("labels") or {}).get(names.DEPLOYMENT_LABEL)
        return any(
            label == one["metadata"]["name"] or one["metadata"]["uid"] in owners
            for one in self._api.all(kinds.MODEL_DEPLOYMENT)
            if "deletionTimestamp" not in one["metadata"]
        )

    def _nothing_that_serves(self, entry: server.Entry) -> None:
        """What served is never removed before its successor is ready."""
        kind, name = entry.key.kind, entry.key.name
        lasting = kind in {kinds.DEPLOYMENT, kinds.SERVICE} and not _is_canary(entry.manifest)
        if lasting or (kind == kinds.POD_DISRUPTION_BUDGET and self._several(name)):
            self.problems.append(f"removed while wanted: {kind.kind} {name}")
        deployments = self._api.all(kinds.DEPLOYMENT)
        if kind == kinds.CONTROLLER_REVISION and name in map(_revision, deployments):
            self.problems.append(f"removed while deployed: revision {name}")
        if kind == kinds.MODEL_BUILD and self._serves(entry.manifest):
            self.problems.append(f"removed while its artifact serves: {name}")

    def _several(self, name: str) -> bool:
        """More than one server is wanted."""
        found = (one for one in self._api.all(kinds.MODEL_DEPLOYMENT) if one["metadata"]["name"] == name)
        return any((one["spec"].get("serving") or {}).get("replicas", 1) > 1 for one in found)

    def _serves(self, build: Manifest) -> bool:
        """A server that stays is of its artifact, and no other build has that."""
        digest = _digest(build)
        serving = {
            revision["metadata"]["name"]
            for revision in self._api.all(kinds.CONTROLLER_REVISION)
            if revision["data"]["artifact"] == digest
        }
        pods = [pod for pod in self._api.all(kinds.POD) if "deletionTimestamp" not in pod["metadata"]]
        ready = {pod["metadata"]["labels"].get(names.REVISION) for pod in pods if rollouts.ready(pod)}
        others = any(_digest(other) == digest for other in self._api.all(kinds.MODEL_BUILD))
        return bool(digest and not others and serving & ready)

    def _enough_servers(self, entry: server.Entry) -> None:
        name = entry.manifest["metadata"]["labels"].get(names.DEPLOYMENT_LABEL, "")
        deployment = self._api.objects.get(kinds.Key(kinds.DEPLOYMENT, entry.key.namespace, name))
        wanted = deployment["spec"]["replicas"] if deployment else 0
        if len(rollouts.stable(self._api, name)) < min(1, wanted):
            self.problems.append(f"no server of {name} is left")


def _leaves(entry: server.Entry) -> bool:
    """This change begins its end."""
    return "deletionTimestamp" in entry.manifest["metadata"] and "deletionTimestamp" not in entry.before["metadata"]


def _is_canary(manifest: Manifest) -> bool:
    """It stands beside what serves, for a time."""
    selector = (manifest["spec"].get("selector") or {}).get("matchLabels") or {}
    return selector.get(names.TRACK_LABEL) == names.CANARY


def _digest(build: Manifest) -> str:
    return str(((build.get("status") or {}).get("artifact") or {}).get("digest", ""))


def _revision(deployment: Manifest) -> str:
    return str((deployment["metadata"].get("annotations") or {}).get(names.REVISION, ""))
