"""A candidate is a config type, one registered function, and the claim that has to be proven of what it makes.

    @registry.candidate(contract.CandidateName.NONE, Config, claim=registry.Claim.NOTHING)
    def make(config: Config, source: Path, target: Path) -> None: ...

Here `source` is the float graph, and `target` where the candidate's graph is to be written.
"""

import dataclasses
import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_builder import contract

Make = Callable[[Any, Path, Path], None]


class Claim(enum.StrEnum):
    """What a candidate says of its graph."""

    NOTHING = "nothing"
    """It is the float graph: its answers must be those of the original model, element by element."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One way to make the artifact."""

    name: contract.CandidateName
    config: Any
    claim: Claim
    make: Make


_known: dict[contract.CandidateName, Candidate] = {}


def candidate(name: contract.CandidateName, config: type, *, claim: Claim) -> Callable[[Make], Make]:
    """Register a function `(config, source graph, target graph) -> None` under a name."""

    def register(make: Make) -> Make:
        _known[name] = Candidate(name, config(), claim, make)
        return make

    return register


def find(name: contract.CandidateName) -> Candidate:
    """The candidate of a name; every member of CandidateName has one."""
    return _known[name]
