"""Which files a request needs, and what they hold."""

from collections.abc import Callable
from pathlib import Path

from model_builder import contract, digests, errors, storage
from model_builder.fetching import local

#: How many of the files that are there a message lists.
LISTED = 20

Fetched = dict[str, contract.Digest]


def fetch(request: contract.BuildRequest, source: local.LocalSource, target: Path) -> Fetched:
    """Copy weights, code and data sets to `target` under their paths below the source root; path -> digest.

    Raises:
        RejectedError: a file is missing, or leads out of the source.
        TransientError: the source is no longer what was asked.

    """
    root = source_root(request)
    needed = wanted(request, source, root)
    fetched = {
        name: storage.copy(source.path(name, field), target / name.removeprefix(root)) for name, field in needed.items()
    }
    hold_against(request, source, fetched)
    return {name.removeprefix(root): digest for name, digest in sorted(fetched.items())}


def source_root(request: contract.BuildRequest) -> str:
    """The folder that the request's paths are relative to, as a prefix: empty, or with a slash at the end."""
    root = request.source_root.strip("/")
    if ".." in root.split("/"):
        raise errors.RejectedError(
            contract.FailureReason.SOURCE_MISSING,
            f"the folder {root} leads out of the source",
            field="spec.model.source",
            next_step="Name a folder inside the source.",
        )
    return f"{root}/" if root else ""


def wanted(request: contract.BuildRequest, source: local.LocalSource, root: str) -> dict[str, str]:
    """Path in the source -> the field that asks for it, of every file that takes part."""
    asked = {root + request.model.weights: "spec.model.weights"}
    if request.evaluation:
        asked[root + request.evaluation.data.file] = "spec.build.evaluation.data.file"
    if request.calibration:
        asked.setdefault(root + request.calibration.data.file, "spec.build.calibration.data.file")
    for name, field in asked.items():
        if not source.has(name):
            raise missing(name, field, source)
    code = source.code(root)
    if not any(defines(request.model.architecture.factory)(name.removeprefix(root)) for name in code):
        raise missing_module(request.model.architecture.factory, source)
    return dict.fromkeys(code, "spec.model.architecture.factory") | asked


def defines(factory: str) -> Callable[[str], bool]:
    """Is a file the factory's module? `package.module:function` is package/module.py or package/module/__init__.py."""
    stem = factory.partition(":")[0].replace(".", "/")
    return lambda name: name in (f"{stem}.py", f"{stem}/__init__.py")


def hold_against(request: contract.BuildRequest, source: local.LocalSource, fetched: Fetched) -> None:
    """The copies, and every other file of the mount, are what the asker saw.

    Digests of the copies themselves are compared, so a source that changes while it is copied is found as well.
    """
    if request.source_digest is None:
        return
    whole = {name: fetched.get(name) or digests.of_file(source.path(name)) for name in source.names()}
    if digests.of_files(whole) != request.source_digest:
        raise errors.TransientError(
            contract.FailureReason.SOURCE_CHANGED,
            f"the source holds {digests.of_files(whole)}, the build was asked for {request.source_digest}",
            field="spec.model.source",
            next_step="Nothing: the next try sees the new content.",
        )


def missing(name: str, field: str, source: local.LocalSource) -> errors.RejectedError:
    """The file is not there; what is there instead."""
    return errors.RejectedError(
        contract.FailureReason.SOURCE_MISSING,
        f"{name} is not in the source, which holds {listing(source)}",
        field=field,
        next_step="Correct the name, or add the file to the source.",
    )


def missing_module(factory: str, source: local.LocalSource) -> errors.RejectedError:
    """The factory's module is not there."""
    name = factory.partition(":")[0].replace(".", "/") + ".py"
    return missing(name, "spec.model.architecture.factory", source)


def listing(source: local.LocalSource) -> str:
    """The names of what is there, not too many."""
    names = source.names()
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return (", ".join(names[:LISTED]) or "no files") + more
