"""The store that is a repository of an OCI registry. Its layout is a contract with the server: see `images`.

    plan-<64 hex>        tag: the artifact of that plan; the last to be written
    artifact-<64 hex>    tag: the artifact of that digest

Both keep the image from a registry's garbage collection; what serves is named by the image's own digest.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from model_builder import contract, digests, errors, progress
from model_builder.publishing import listing, stores
from model_serving.registries import archives, connecting, images
from model_serving.registries import errors as registry_errors

#: Top folder of the model's files, the layer of its own.
FILES = "files"
#: The two, for a person.
LAYERS = ("the model's files", "report, samples and signature")
FIELD = "spec.artifact.oci"
#: Seconds before another try to push: a dropped connection must not cost the build that comes before it.
WAITS = (1.0, 4.0, 10.0)


class OciStore:
    """Artifacts as images."""

    def __init__(self, repository: str, *, plain_http: bool = False) -> None:
        """Nothing is asked yet. Raises RejectedError when the credentials cannot be read."""
        with told():
            self._repository = connecting.Repository(repository, plain_http=plain_http)

    def find(self, plan: contract.Digest) -> stores.Found | None:
        """The artifact under the plan's tag. What is none of ours, or lacks a blob, counts as absent."""
        with told():
            try:
                content = self._repository.manifest(tag("plan", plan))
                image = images.read(content)
            except (registry_errors.MissingError, registry_errors.CorruptError):
                return None
            whole = all(self._repository.has(blob) for blob in (image.config, *image.layers))
            return self._found(image, content) if whole and image.annotations.plan == plan else None

    def publish(self, source: Path, plan: contract.Digest) -> stores.Found:
        """Push two layers, the config, and the manifest that names them; then the tags."""
        manifest = listing.manifest(source)
        layers = packed(source, manifest)
        config = images.config([layer.diff_id for layer in layers])
        image = images.Image(
            config=images.described(config, images.CONFIG),
            layers=[layer.descriptor for layer in layers],
            annotations=images.Annotations(artifact=digests.of_bytes(manifest), plan=plan),
        )
        with told():
            for what, layer in zip(LAYERS, layers, strict=True):
                persist(self._repository, what, layer.descriptor, layer)
            persist(self._repository, "the image config", image.config, config)
            return self._name(image)

    def keep(self, found: stores.Found) -> None:
        """Nobody removes what is needed; see that nobody has."""
        with told():
            if self._repository.resolve(found.reference.partition("@")[2]) is None:
                raise stores.gone(found.artifact)

    def remove(self, artifact: contract.Digest) -> bool:
        """Delete the image of an artifact, and with it its tags; False when there is none. Blobs are the registry's."""
        with told():
            try:
                content = self._repository.manifest(tag("artifact", artifact))
                image = images.read(content)
                if image.annotations.artifact != artifact:
                    raise registry_errors.CorruptError(f"the tag of {artifact} leads to {image.annotations.artifact}")
                self._repository.delete_manifest(digests.of_bytes(content))
            except registry_errors.MissingError:
                return False
        return True

    def report(self, found: stores.Found) -> contract.FullReport:
        """The report, out of the small layer, held against the artifact's digest."""
        with told():
            image = images.read(self._repository.manifest(found.reference.partition("@")[2]))
            with self._repository.pull(image.details) as stream:
                held = {
                    member.name: content.read()
                    for member, content in archives.members(stream)
                    if content and member.name in (digests.MANIFEST, listing.REPORT)
                }
            return contract.FullReport.model_validate_json(proven(held, found.artifact))

    def _name(self, image: images.Image) -> stores.Found:
        """Push the manifest under its digest and its tags, and see that the registry has it."""
        content = image.content()
        found = self._found(image, content)
        digest = digests.of_bytes(content)
        artifact, plan = image.annotations.artifact, image.annotations.plan
        for name in (digest, tag("artifact", artifact), tag("plan", plan)):
            patiently(lambda name=name: self._repository.put_manifest(name, content))  # type: ignore[misc]
        if self._repository.resolve(digest) is None:
            raise registry_errors.RefusedError(f"the registry took {found.reference}, and does not have it")
        return found

    def _found(self, image: images.Image, content: bytes) -> stores.Found:
        return stores.Found(image.annotations.artifact, self._repository.reference(digests.of_bytes(content)))


def tag(kind: str, digest: contract.Digest) -> str:
    """A tag may have no colon, and 128 characters."""
    return f"{kind}-{digest.removeprefix(digests.PREFIX)}"


def packed(source: Path, manifest: bytes) -> tuple[archives.Archive, archives.Archive]:
    """The layer of the model's files, and the layer of everything else."""
    names = {name.as_posix(): source / name for name in listing.files(source)}
    files: dict[str, Path | bytes] = {n: path for n, path in names.items() if PurePosixPath(n).parts[0] == FILES}
    details: dict[str, Path | bytes] = {n: path for n, path in names.items() if n not in files}
    details[digests.MANIFEST] = manifest
    return archives.Archive(files, archives.WEIGHTS), archives.Archive(details, archives.TEXTS)


def persist(
    repository: connecting.Repository, what: str, blob: images.Descriptor, content: archives.Archive | bytes
) -> None:
    """Push a blob, however often it takes."""
    with progress.timed(f"publish: pushing {what}, {progress.bytes_of(blob.size)}"):
        patiently(lambda: repository.push(blob, content))


def patiently(act: Callable[[], None]) -> None:
    """Do it again when it did not work for a passing reason, a few times."""
    for wait in WAITS:
        try:
            return act()
        except registry_errors.UnreachableError as error:
            progress.say(f"publish: {error}; again in {wait:.0f} s")
            time.sleep(wait)
    return act()


def proven(held: dict[str, bytes], artifact: contract.Digest) -> bytes:
    """The report, if it is the very one that the artifact's digest covers. Raises CorruptError."""
    manifest, report = held.get(digests.MANIFEST, b""), held.get(listing.REPORT, b"")
    if digests.of_bytes(manifest) != artifact:
        raise registry_errors.CorruptError(f"the image says that it is {artifact}, and its manifest says otherwise")
    if digests.read_manifest(manifest).get(listing.REPORT) != digests.of_bytes(report):
        raise registry_errors.CorruptError(f"{listing.REPORT} in the image of {artifact} is not the one that was built")
    return report


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Say in the builder's own terms what went wrong with the registry, and what to do."""
    try:
        yield
    except registry_errors.RegistryError as error:
        raise named(error) from error


def named(error: registry_errors.RegistryError) -> errors.BuildError:
    """What failed, by what helps."""
    reasons = contract.FailureReason
    match error:
        case registry_errors.FullError():
            next_step = "Raise the registry's quota or limit, or delete artifacts that nothing serves."
            return errors.StoreFullError(reasons.STORE_FULL, str(error), field=FIELD, next_step=next_step)
        case registry_errors.UnreachableError():
            next_step = "See that the registry runs and that the build's pods may reach it."
            return errors.TransientError(reasons.STORE_UNREACHABLE, str(error), field=FIELD, next_step=next_step)
        case registry_errors.ProtocolError():
            next_step = (
                f"Set {FIELD}.plainHttp to what the registry speaks, true without TLS; give a registry with TLS a "
                "certificate that the builder's image trusts."
            )
            return errors.RejectedError(reasons.STORE_UNREACHABLE, str(error), field=FIELD, next_step=next_step)
        case registry_errors.CorruptError():
            next_step = "Delete that image from the repository, or use a repository that nobody else writes to."
            return errors.RejectedError(reasons.STORE_REFUSED, str(error), field=FIELD, next_step=next_step)
    next_step = (
        f"See that {FIELD}.pushSecretName names a Secret with a user for this registry who may read and write "
        f"the repository, and that {FIELD}.repository exists where the registry wants it made beforehand."
    )
    return errors.RejectedError(reasons.STORE_REFUSED, str(error), field=FIELD, next_step=next_step)
