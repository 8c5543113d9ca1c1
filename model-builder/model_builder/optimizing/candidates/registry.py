"""A candidate is a config type, one registered function, and the claim that has to be proven of what it makes.

    @registry.candidate(contract.CandidateName.NONE, Config, claim=registry.Claim.NOTHING)
    def make(config: Config, source: Path, target: Path) -> None: ...

`Config.of(material)` takes from what was asked what this candidate needs; `source` is the float graph, and `target`
where the candidate's graph is to be written. Either may raise RefusedError: the ladder then goes on without it.
"""

import dataclasses
import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from model_builder import arrays, contract

Make = Callable[[Any, Path, Path], None]


class RefusedError(Exception):
    """This candidate cannot be made, or makes no sense, for this model and target; its words are for a person."""


class Claim(enum.StrEnum):
    """What a candidate says of its graph."""

    NOTHING = "nothing"
    """It is the float graph: its answers must be those of the original model, element by element."""
    INT8_WEIGHTS = "int8Weights"
    """Its weights are 8 bit, and on the declared CPUs no sum of two products saturates."""
    HALF_WEIGHTS = "halfWeights"
    """Its weights are float16."""


@dataclasses.dataclass(frozen=True)
class Material:
    """What a config is made from."""

    request: contract.BuildRequest
    #: Input name -> (rows, *shape of one row), in the order of use; None when no calibration set was named.
    calibration: Mapping[str, arrays.Array] | None = None


class Config(Protocol):
    """What a candidate has to choose."""

    @classmethod
    def of(cls, material: Material) -> Self:
        """From what was asked. Raises RefusedError."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One way to make the artifact."""

    name: contract.CandidateName
    config: type[Config]
    claim: Claim
    make: Make


_known: dict[contract.CandidateName, Candidate] = {}


def candidate(name: contract.CandidateName, config: type[Config], *, claim: Claim) -> Callable[[Make], Make]:
    """Register a function `(config, source graph, target graph) -> None` under a name."""

    def register(make: Make) -> Make:
        _known[name] = Candidate(name, config, claim, make)
        return make

    return register


def find(name: contract.CandidateName) -> Candidate:
    """The candidate of a name; every member of CandidateName has one."""
    return _known[name]
