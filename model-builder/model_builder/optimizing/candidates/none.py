"""The float graph as it was exported: what serves when nothing else is asked, or nothing else passes."""

import dataclasses
import shutil
from pathlib import Path
from typing import Self

from model_builder import contract, storage
from model_builder.optimizing.candidates import registry


@dataclasses.dataclass(frozen=True)
class Config:
    """Nothing to choose."""

    @classmethod
    def of(cls, _material: registry.Material) -> Self:
        """The same for every request."""
        return cls()


@registry.candidate(contract.CandidateName.NONE, Config, claim=registry.Claim.NOTHING)
def make(_config: Config, source: Path, target: Path) -> None:
    """Copy the graph, and its weights where they lie beside it."""
    storage.folder(target.parent)
    for file in source.parent.glob(f"{source.name}*"):
        shutil.copy(file, target.parent / file.name)
