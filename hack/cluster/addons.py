"""What an add-on is: programs beside a running cluster, and what they need in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from cluster import accounts, aggregation, layout, pins, processes


def _no_files() -> list[Path]:
    return []


@dataclasses.dataclass(frozen=True)
class AddOn:
    """Brought up after `up`, by a verb of its own (adding.py)."""

    name: str
    modules: tuple[pins.Module, ...]
    """Built when it is first brought up."""
    accounts: tuple[accounts.Account, ...]
    certificates: Mapping[str, list[str]]
    """Server -> the names and addresses that it is reached by."""
    services: tuple[aggregation.Hosted, ...]
    groups: tuple[aggregation.Group, ...]
    programs: Mapping[str, Callable[[], processes.Program]]
    """In the order of starting."""
    definitions: Callable[[], list[Path]] = _no_files
    """Files of CustomResourceDefinitions: there before its programs, and taken away before they stop."""

    @property
    def pki(self) -> Path:
        """The certificates of its servers, and their authority."""
        return pki(self.name)

    @property
    def authority(self) -> Path:
        """The certificate of that authority."""
        return self.pki / "ca.crt"


def pki(name: str) -> Path:
    """Return the directory of an add-on's certificates."""
    return layout.directory() / f"pki-{name}"
