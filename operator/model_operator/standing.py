"""How each ModelDeployment stands, in a few words and numbers: what /metrics tells of thousands of them. Pure.

Unpacking five thousand objects for each scrape would hold up everything else for a third of a second. So the little
that is told is noted whenever an object changes (`caching`), from two objects:

    the ModelDeployment    its conditions, revision and precision, and what its spec asks for
    its stable Deployment  servers wanted, there, and ready: sooner than a status that tells progress now and then
"""

import functools
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from model_operator import conditions, families, kinds, reasons

Type = conditions.Type
Reason = reasons.Reason
#: Of a condition: type and reason as labels, and 1 where it is true. What is unknown is not said.
Said = tuple[str, int]
#: Reasons of Ready by which what serves is not what this generation asks for.
_OTHERWISE = frozenset(
    {Reason.ROLLED_BACK, Reason.CANARY, Reason.PIN_NOT_FOUND, Reason.APPLY_REFUSED, Reason.POD_TEMPLATE_INVALID}
)
_TRUTH = {"True": 1, "False": 0}
Fact = TypeVar("Fact")


class Model(NamedTuple):
    """What a ModelDeployment tells.

    wanted     servers that its spec asks for
    maximum    servers that its autoscaling may ask for; None without
    otherwise  what serves, if anything does, is not what this generation asks for
    """

    said: tuple[Said, ...]
    ready: bool
    wanted: int
    maximum: int | None
    revision: str
    precision: str
    otherwise: bool


class Servers(NamedTuple):
    """What its stable Deployment counts."""

    wanted: int
    total: int = 0
    updated: int = 0
    ready: int = 0


class Row(NamedTuple):
    """One ModelDeployment."""

    namespace: str
    name: str
    model: Model
    servers: Servers

    @property
    def outdated(self) -> bool:
        """Servers answer that are not what this generation asks for."""
        behind = self.servers.updated < self.servers.total
        return self.servers.ready > 0 and (self.model.otherwise or behind)


class Models:
    """All ModelDeployments, as they are now."""

    def __init__(self) -> None:
        """Know none yet."""
        self._models: dict[tuple[str, str], Model] = {}
        self._servers: dict[tuple[str, str], Servers] = {}

    def change(self, key: kinds.Key, new: kinds.Manifest | None) -> None:
        """One object is as it is now; None: it is gone."""
        place = (key.namespace, key.name)
        if key.kind == kinds.MODEL_DEPLOYMENT:
            _keep(self._models, place, model(new) if new else None)
        elif key.kind == kinds.DEPLOYMENT:
            _keep(self._servers, place, servers(new) if new else None)

    def rows(self) -> Iterator[Row]:
        """Each; where there is no Deployment yet, no server is there."""
        for (namespace, name), one in self._models.items():
            yield Row(namespace, name, one, self._servers.get((namespace, name)) or Servers(one.wanted))


def model(manifest: kinds.Manifest) -> Model:
    """What is told of a ModelDeployment. Fields of another version of the operator are not believed to be there."""
    serving = _part(manifest, "spec").get("serving") or {}
    status = _part(manifest, "status")
    known = {one["type"]: one for one in status.get("conditions") or () if one["status"] in _TRUTH}
    return Model(
        said=_shared(tuple((_labels(type_, one["reason"]), _TRUTH[one["status"]]) for type_, one in known.items())),
        ready=_is(known, Type.READY, "True"),
        wanted=serving.get("replicas", 1),
        maximum=(serving.get("autoscaling") or {}).get("maxReplicas"),
        revision=families.escaped((status.get("rollout") or {}).get("revision") or ""),
        precision=sys.intern(families.escaped((status.get("artifact") or {}).get("precision") or "")),
        otherwise=not _suspended(manifest) and _otherwise(manifest, known),
    )


def servers(manifest: kinds.Manifest) -> Servers:
    """What is told of a Deployment."""
    status = _part(manifest, "status")
    counts = (status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas"))
    return Servers(_part(manifest, "spec").get("replicas", 1), *counts)


def _otherwise(manifest: kinds.Manifest, known: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether what serves is known not to be what is asked for. A pinned revision is Ready, whatever is built."""
    if _part(manifest, "status").get("observedGeneration", 0) < manifest["metadata"].get("generation", 0):
        return True
    if not _is(known, Type.READY, "False"):
        return False
    unmet = any(_is(known, type_, "False") for type_ in (Type.ACCEPTED, Type.BUILT))
    return unmet or known[Type.READY]["reason"] in _OTHERWISE


def _suspended(manifest: kinds.Manifest) -> bool:
    """Nothing is asked for just now."""
    return bool(_part(manifest, "spec").get("suspend"))


def _part(manifest: kinds.Manifest, name: str) -> dict[str, Any]:
    return manifest.get(name) or {}


def _is(known: Mapping[str, Mapping[str, str]], type_: Type, value: str) -> bool:
    return type_ in known and known[type_]["status"] == value


@functools.lru_cache(maxsize=4096)
def _labels(type_: str, reason: str) -> str:
    """The same few, made once."""
    return families.labelled(("type", "reason"), (type_, reason))


@functools.lru_cache(maxsize=4096)
def _shared(said: tuple[Said, ...]) -> tuple[Said, ...]:
    """The same once: thousands say the same."""
    return said


def _keep(facts: dict[tuple[str, str], Fact], place: tuple[str, str], fact: Fact | None) -> None:
    if fact is None:
        facts.pop(place, None)
    else:
        facts[place] = fact
