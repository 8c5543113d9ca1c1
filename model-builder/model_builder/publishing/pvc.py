"""The store that is a directory, usually a PersistentVolumeClaim. Its layout is a contract with the server.

    <store>/artifacts/<64 hex>/    an artifact; the name is the sha256 of its manifest.sha256
    <store>/plans/<64 hex>         a file that holds the digest of the artifact of that plan
    <store>/.incoming/<random>/    being written, or removed; never read

An artifact appears by a rename, so a reader sees the whole of it or nothing.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from pathlib import Path

from model_builder import contract, digests, progress, storage
from model_builder.publishing import listing, stores

#: Any user may serve an artifact; nobody changes one.
ARTIFACT_MODE = 0o444
#: After this many seconds nobody is writing into a folder of .incoming any more: no build may take so long.
ABANDONED = 24 * 60 * 60
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


class PvcStore:
    """Artifacts as folders."""

    def __init__(self, folder: Path) -> None:
        """It need not be there yet."""
        self._folder = folder

    def find(self, plan: contract.Digest) -> stores.Found | None:
        """See `find` below."""
        digest = find(self._folder, plan)
        return stores.Found(digest) if digest else None

    def publish(self, source: Path, plan: contract.Digest) -> stores.Found:
        """See `publish` below."""
        return stores.Found(publish(self._folder, source, plan))

    def keep(self, found: stores.Found) -> None:
        """See `touch` below."""
        try:
            touch(self._folder, found.artifact)
        except FileNotFoundError as error:
            raise stores.gone(found.artifact) from error

    def report(self, found: stores.Found) -> contract.FullReport:
        """The report as it lies in the artifact, whose files were verified when it was found or written."""
        try:
            content = (artifact(self._folder, found.artifact) / listing.REPORT).read_bytes()
        except FileNotFoundError as error:
            raise stores.gone(found.artifact) from error
        return contract.FullReport.model_validate_json(content)


def artifact(store: Path, digest: contract.Digest) -> Path:
    """Where an artifact lies."""
    return store / "artifacts" / digest.removeprefix(digests.PREFIX)


def plan_file(store: Path, plan: contract.Digest) -> Path:
    """Where the store keeps which artifact a plan led to."""
    return store / "plans" / plan.removeprefix(digests.PREFIX)


def verify(store: Path, digest: contract.Digest) -> bool:
    """Is the artifact there, and is every byte of it what its name says?"""
    folder = artifact(store, digest)
    try:
        manifest = (folder / digests.MANIFEST).read_bytes()
        if digests.of_bytes(manifest) != digest:
            return False
        listed = digests.read_manifest(manifest)
        return all(digests.of_file(folder / name) == expected for name, expected in listed.items())
    except (OSError, ValueError):
        return False


def find(store: Path, plan: contract.Digest) -> contract.Digest | None:
    """The artifact that an earlier build of this plan published, when it is still whole."""
    try:
        digest = plan_file(store, plan).read_text().strip()
    except OSError:
        return None
    return digest if verify(store, digest) else None


def publish(store: Path, source: Path, plan: contract.Digest) -> contract.Digest:
    """Make the files of `source` an artifact, and remember it under its plan; its digest."""
    incoming = storage.folder(store / ".incoming")
    sweep(incoming)
    staged = storage.folder(incoming / secrets.token_hex(8))
    try:
        digest = stage(source, staged)
        place(store, staged, digest)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    remember(store, plan, digest)
    return digest


def stage(source: Path, staged: Path) -> contract.Digest:
    """Copy the files to the store's own file system, with the manifest of the bytes that arrived there."""
    files = listing.files(source)
    listed = {name.as_posix(): storage.copy(source / name, staged / name, ARTIFACT_MODE) for name in files}
    digest = storage.write(staged / digests.MANIFEST, digests.manifest(listed), ARTIFACT_MODE)
    for folder in {staged / name for name in files} | {staged / digests.MANIFEST}:
        storage.sync_folder(folder.parent)
    return digest


def place(store: Path, staged: Path, digest: contract.Digest) -> None:
    """Give the artifact its name. An equal one that is already there stays; a damaged one makes room."""
    final = artifact(store, digest)
    storage.folder(final.parent)
    if final.exists():
        if verify(store, digest):
            progress.say(f"publish: the store already holds {digest}")
            touch(store, digest)
            return
        final.rename(staged.with_name(f"{staged.name}-damaged"))
    try:
        staged.rename(final)
    except OSError as error:  # another build of the same plan was faster by a moment
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) or not verify(store, digest):
            raise
    storage.sync_folder(final.parent)


def remember(store: Path, plan: contract.Digest, digest: contract.Digest) -> None:
    """From now on the plan is answered by this artifact."""
    final = plan_file(store, plan)
    storage.folder(final.parent)
    written = store / ".incoming" / f"plan-{secrets.token_hex(8)}"
    storage.write(written, f"{digest}\n".encode(), ARTIFACT_MODE)
    written.replace(final)
    storage.sync_folder(final.parent)


def touch(store: Path, digest: contract.Digest) -> None:
    """Make an artifact as young as a new one: what is young is not collected. Raises FileNotFoundError."""
    with contextlib.suppress(PermissionError):  # somebody else's file: theirs to keep
        os.utime(artifact(store, digest))


def artifacts(store: Path) -> list[contract.Digest]:
    """Every artifact that lies there, whole or not; anything of another name is somebody's own."""
    return [digests.PREFIX + path.name for path in _named(store / "artifacts") if path.is_dir()]


def remove(store: Path, digest: contract.Digest, before: float) -> bool:
    """Remove an artifact that nobody touched since `before` (seconds since 1970); False when it stays, or is gone.

    It is moved away first and looked at then: whoever touches it does so before, and it is put back, or finds nothing.
    """
    final = artifact(store, digest)
    moved = storage.folder(store / ".incoming") / f"gone-{secrets.token_hex(8)}"
    try:
        if final.stat().st_mtime >= before:
            return False
        final.rename(moved)
    except FileNotFoundError:
        return False
    if moved.stat().st_mtime >= before:
        put_back(moved, final)
        return False
    shutil.rmtree(moved)
    return True


def put_back(moved: Path, final: Path) -> None:
    """Give an artifact its name again, unless another build has made it meanwhile."""
    try:
        moved.rename(final)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        shutil.rmtree(moved)


def forget(store: Path) -> int:
    """Remove the plans that led to artifacts which are not there any more; how many."""
    stale = [plan for plan in _named(store / "plans") if not _leads_somewhere(store, plan)]
    for plan in stale:
        plan.unlink(missing_ok=True)
    return len(stale)


def _leads_somewhere(store: Path, plan: Path) -> bool:
    digest = plan.read_text(errors="replace").strip()
    return not _DIGEST.fullmatch(digest) or artifact(store, digest).exists()


def _named(folder: Path) -> list[Path]:
    """What is named by a digest in a folder, which need not be there."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if _DIGEST.fullmatch(digests.PREFIX + path.name) and not path.is_symlink())


def sweep(incoming: Path) -> None:
    """Remove what builds left that did not live to their end."""
    for left in incoming.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another build sweeps too
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
