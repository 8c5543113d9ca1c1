"""Results of the parts of a bench, kept from run to run: a page is of one operator on one machine."""

import dataclasses
import hashlib
from pathlib import Path

import pydantic

from bench import rounds, settling

_ROOT = Path(__file__).resolve().parents[1]
_SOURCES = ("operator/model_operator", "bench", "crds")


@dataclasses.dataclass(frozen=True)
class Results:
    """Everything that was measured; what was not run is empty.

    compared   name of a contestant -> its rounds
    """

    compared: dict[str, list[rounds.Sample]] = dataclasses.field(default_factory=dict)
    masses: tuple[settling.Mass, ...] = ()
    restarts: tuple[settling.Restart, ...] = ()


@dataclasses.dataclass(frozen=True)
class _Kept:
    origin: str
    results: Results


_ADAPTER = pydantic.TypeAdapter(_Kept)


def read(path: Path, origin: str) -> Results:
    """What earlier runs have left there, if they measured the same thing."""
    if not path.exists():
        return Results()
    try:
        kept = _ADAPTER.validate_json(path.read_bytes())
    except pydantic.ValidationError:  # of another form of this bench
        return Results()
    return kept.results if kept.origin == origin else Results()


def write(path: Path, origin: str, results: Results) -> None:
    """Keep them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_ADAPTER.dump_json(_Kept(origin, results)))


def origin(machine: str) -> str:
    """Digest of what is measured (every source file of the operator and of the bench), and on what machine."""
    digest = hashlib.sha256(machine.encode())
    for folder in _SOURCES:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
