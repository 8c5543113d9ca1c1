"""Collecting in a folder: all goes that is an artifact, is not on the list, and is older than the list."""

import datetime as dt
from pathlib import Path

from model_builder import contract, errors, progress
from model_builder.publishing import pvc


def collect(store: Path, listed: Path, run: str, before: float) -> list[contract.Digest]:
    """Remove what may go; its digests.

    Args:
        store: the folder.
        listed: the folder with the list, a digest a line in `keep`; other lines are marks of who wrote it.
        run: what the list must say in `run`.
        before: what was touched since then (seconds since 1970) stays.

    Raises:
        TransientError: the list is of another run.
        OSError

    """
    keep = digests_to_keep(listed, run)
    found = pvc.artifacts(store)
    removed = [digest for digest in found if digest not in keep and pvc.remove(store, digest, before)]
    plans = pvc.forget(store) if removed else 0
    for digest in removed:
        progress.say(f"gc: removed {digest}")
    progress.say(
        f"gc: {len(removed)} of {len(found)} artifacts removed, {len(keep)} are needed; {plans} plans forgotten"
    )
    return removed


def digests_to_keep(listed: Path, run: str) -> frozenset[str]:
    """The list. A pod may see one that is older than its Job, and may then remove nothing."""
    said = (listed / "run").read_text().strip()
    if said != run:
        raise errors.TransientError(
            contract.FailureReason.INTERNAL_ERROR,
            f"the list is of run {said!r}, this is run {run!r}",
            next_step="Nothing: the next try sees the right one.",
        )
    return frozenset((listed / "keep").read_text().split())


def seconds(text: str) -> float:
    """RFC 3339 as seconds since 1970. Raises ValueError, also without a zone."""
    when = dt.datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return when.timestamp()
