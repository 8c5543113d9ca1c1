"""The init container before compose where a cluster has no image volumes: `python -m model_serving fetch`.

It leaves what an image volume would have shown: the artifact's files, below one folder. What they are worth, compose
finds out, from whichever way they came.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from model_serving import ending, places
from model_serving.registries import archives, connecting, errors, images

REASONS: dict[type[Exception], str] = {
    errors.MissingError: "ArtifactMissing",
    errors.CorruptError: "ArtifactInvalid",
    errors.RefusedError: "RegistryRefused",
    errors.UnreachableError: "RegistryUnreachable",
    errors.ProtocolError: "RegistryUnreachable",
}
#: What to do, where the message cannot know.
NEXT: dict[type[Exception], str] = {
    errors.MissingError: "A new value of the annotation modelsmith.dev/requestedAt has it built and pushed again.",
    errors.RefusedError: "See that spec.artifact.oci.pullSecretName names a Secret whose user may read there.",
    errors.ProtocolError: "See spec.artifact.oci.plainHttp.",
}


def main(arguments: Sequence[str]) -> int:
    """Fetch, and return the exit code: 0, or FAILED with `{"reason", "message"}` in the termination log."""
    options = _parser().parse_args(arguments)
    try:
        fetch(options.reference, options.target, plain_http=options.plain_http)
    except (errors.RegistryError, OSError) as error:
        message = f"{error}. {NEXT.get(type(error), '')}".rstrip(". ")
        return ending.tell(options.termination_log, REASONS.get(type(error), "FetchFailed"), message)
    sys.stdout.write(f"fetched {options.reference}\n")
    return 0


def fetch(reference: str, target: Path, *, plain_http: bool = False) -> None:
    """Lay an artifact out in a folder of its own; what an earlier try left there goes.

    Args:
        reference: repository@digest of the image manifest; every blob is held against the digest that leads to it.
        target: made when it is not there.
        plain_http: speak HTTP without TLS.

    Raises:
        RegistryError, OSError

    """
    name, _, digest = reference.partition("@")
    repository = connecting.Repository(name, plain_http=plain_http)
    image = images.read(repository.manifest(digest))
    empty(target)
    for layer in image.layers:
        with repository.pull(layer) as stream:
            archives.unpack(stream, target)


def empty(target: Path) -> None:
    """Have an empty folder. It may be a mount, which stays itself."""
    target.mkdir(parents=True, exist_ok=True)
    for left in target.iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model_serving fetch", description="Fetch an artifact from a registry.")
    parser.add_argument("--reference", required=True, help="repository@digest")
    parser.add_argument("--target", type=Path, default=Path(places.ARTIFACT), help="where to")
    parser.add_argument("--plain-http", action="store_true", help="speak HTTP without TLS")
    parser.add_argument("--termination-log", type=Path, default=Path("/dev/termination-log"))
    return parser
