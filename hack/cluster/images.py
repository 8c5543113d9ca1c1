"""`images`: the targets of the Dockerfile, built and in the local registry."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
from pathlib import Path

from cluster import (
    bases,
    buildah,
    debian,
    dockerfiles,
    errors,
    layout,
    locking,
    pins,
    preflight,
    probing,
    processes,
    starting,
)
from cluster.steps import step

DOCKERFILE = Path(__file__).resolve().parents[2] / "Dockerfile"
_ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


@dataclasses.dataclass(frozen=True)
class Choice:
    """What to build: every target of the file, unless some are chosen."""

    file: Path = DOCKERFILE
    targets: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Pushed:
    """An image in the registry."""

    digest: str
    size: int
    """Bytes of its layers, as they are transferred."""


def images(choice: Choice) -> None:
    """Build what the registry lacks, and write down the references."""
    _check(choice)
    starting.install(debian.missing(debian.IMAGES))
    with _lock():
        _build_all(choice)


def release() -> None:
    """Leave no mount of earlier builds behind; waits for a build under way."""
    with _lock():
        buildah.release()


def references() -> dict[str, str]:
    """Return the built images by target, each by its digest."""
    file = layout.images_file()
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return known


def _lock() -> contextlib.AbstractContextManager[None]:
    return locking.alone(pins.cache_directory() / "images.lock")


def _check(choice: Choice) -> None:
    preflight.require_machine()
    if not choice.file.is_file():
        raise errors.ImagesError(f"There is no {choice.file}. Name another one with --file.")
    if not probing.tcp(layout.LOOPBACK, layout.REGISTRY_PORT)():
        raise errors.ImagesError("The local registry does not run. Run `up` first.")
    unknown = set(choice.targets) - set(dockerfiles.targets(choice.file.read_text()))
    if unknown:
        raise errors.ImagesError(f"{choice.file} has no target {', '.join(sorted(unknown))}.")


def _build_all(choice: Choice) -> None:
    with step("image base", "ready") as current:
        current.words = "built" if bases.ensure() else "ready"
    tag = dockerfiles.digest(choice.file, bases.digest())
    for target in choice.targets or dockerfiles.targets(choice.file.read_text()):
        name = f"modelsmith/{target}"
        with step(f"image {target}", "") as current:
            present = find(name, tag)
            pushed = present or _build(choice.file, target, f"{layout.REGISTRY}/{name}:{tag}")
            words = "is there" if present else "built"
            current.words = f"{words}, {pushed.size / 1e6:,.0f} MB"
        _remember(target, f"{layout.REGISTRY}/{name}@{pushed.digest}")


def _build(file: Path, target: str, reference: str) -> Pushed:
    log = layout.directory() / "logs" / f"image-{target}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    try:
        buildah.run(
            "build", "--layers", "--target", target, "--tag", reference, "--logfile", str(log),
            "--build-arg", f"BASE_IMAGE={bases.reference()}", "--pull-never", *buildah.mounts(),
            "--file", str(file), str(file.parent),
        )  # fmt: skip
    except errors.CommandError as failure:
        raise errors.ImagesError(
            f"The image {target} cannot be built. The end of {log}:\n"
            f"{processes.last_lines(log, 30)}\n{failure.output[-1000:]}"
        ) from None
    # Compressed as little as possible: it goes over 127.0.0.1.
    buildah.run(
        "push", "--quiet", "--tls-verify=false", "--format=oci",
        "--compression-format=zstd", "--compression-level=1", reference, f"docker://{reference}",
    )  # fmt: skip
    name, _, tag = reference.removeprefix(f"{layout.REGISTRY}/").partition(":")
    pushed = find(name, tag)
    if pushed is None:
        raise errors.ImagesError(f"{reference} was pushed, but the registry does not know it.")
    return pushed


def find(name: str, tag: str) -> Pushed | None:
    """Ask the registry for an image."""
    connection = http.client.HTTPConnection(layout.LOOPBACK, layout.REGISTRY_PORT, timeout=30)
    try:
        connection.request("GET", f"/v2/{name}/manifests/{tag}", headers={"Accept": _ACCEPT})
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        return None
    layers = json.loads(answer)["layers"]
    return Pushed(response.headers["Docker-Content-Digest"], sum(each["size"] for each in layers))


def _remember(target: str, reference: str) -> None:
    file = layout.images_file()
    fresh = file.with_name(".images.json")
    fresh.write_text(json.dumps({**references(), target: reference}, indent=2) + "\n")
    fresh.replace(file)
