"""What a build leaves in the folder that the user named: the artifact, to read and change at will, and its report."""

import shutil
from pathlib import Path

from model_builder import digests
from modelsmith import errors, reports
from modelsmith.local import building

ARTIFACT = "artifact"
#: The artifact while it is copied: what stands under its own name is whole.
INCOMING = ".incoming"
OURS = {ARTIFACT, INCOMING, reports.PAGE}


def check(out: Path) -> None:
    """Raise SaidError unless the folder is new, empty, or the result of an earlier build."""
    if out.exists() and not out.is_dir():
        raise errors.SaidError(f"--out {out} is not a folder")
    there = {entry.name for entry in out.iterdir()} if out.exists() else set()
    earlier = (out / ARTIFACT / digests.MANIFEST).is_file() or INCOMING in there
    if there and not (there <= OURS and earlier):
        raise errors.SaidError(
            f"--out {out} holds other things than the result of a build ({', '.join(sorted(there - OURS) or there)}): "
            "name an empty or a new folder"
        )


def leave(built: building.Built, out: Path) -> None:
    """Copy it, in place of an earlier one. The store's files cannot be written; these can."""
    incoming, artifact = out / INCOMING, out / ARTIFACT
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(incoming, ignore_errors=True)
        shutil.copytree(built.folder, incoming, copy_function=shutil.copyfile)
        if artifact.exists():
            shutil.rmtree(artifact)
        incoming.rename(artifact)
        shutil.copyfile(artifact / reports.PAGE, out / reports.PAGE)
    except OSError as error:
        raise errors.SaidError(f"--out {out} cannot be written: {error.strerror}: {error.filename}") from error
