"""An artifact as an OCI image: one that nodes can mount, and of which a reader needs only one layer to know the rest.

    manifest    annotations: artifact digest, plan digest      named by its own digest, and by two tags
    ├── config  a real image config: nodes check the layers against its diff_ids
    ├── layer   files/                                         the weights: large
    └── layer   manifest.sha256, report.json and all the rest  small

Formats: https://github.com/opencontainers/image-spec, v1.1.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Literal

import pydantic
from pydantic.alias_generators import to_camel

from model_builder import contract, digests
from model_serving.registries import errors

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
ARTIFACT = "dev.modelsmith.artifact"
PLAN = "dev.modelsmith.plan"
#: For a person who comes upon it in a registry's pages.
WORDS = {
    "org.opencontainers.image.title": "Modelsmith artifact",
    "org.opencontainers.image.description": "A model for Triton, in files/. How it was judged is in report.html.",
}


class _Written(pydantic.BaseModel):
    """Others may write more fields than we know."""

    model_config = pydantic.ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, frozen=True
    )


class Descriptor(_Written):
    """A blob by its content."""

    media_type: str
    digest: contract.Digest
    size: Annotated[int, pydantic.Field(ge=0)]


class Annotations(_Written):
    """What the manifest says of the artifact."""

    artifact: Annotated[contract.Digest, pydantic.Field(alias=ARTIFACT)]
    plan: Annotated[contract.Digest, pydantic.Field(alias=PLAN)]


class Image(_Written):
    """A manifest of ours."""

    schema_version: Literal[2] = 2
    media_type: Literal["application/vnd.oci.image.manifest.v1+json"] = "application/vnd.oci.image.manifest.v1+json"
    config: Descriptor
    layers: Annotated[list[Descriptor], pydantic.Field(min_length=2, max_length=2)]
    annotations: Annotations

    @property
    def files(self) -> Descriptor:
        """The layer of the model's files."""
        return self.layers[0]

    @property
    def details(self) -> Descriptor:
        """The layer of everything else."""
        return self.layers[1]

    def content(self) -> bytes:
        """The manifest as it is pushed: equal images have equal bytes."""
        value = self.model_dump(mode="json")
        value["annotations"] |= WORDS
        return written(value)


def read(content: bytes) -> Image:
    """A manifest. Raises CorruptError when it is none of ours."""
    try:
        return Image.model_validate_json(content)
    except pydantic.ValidationError as error:
        raise errors.CorruptError(f"the image {digests.of_bytes(content)} is no artifact of Modelsmith") from error


def config(diff_ids: Sequence[contract.Digest]) -> bytes:
    """The image config of layers given by the digests of their uncompressed content."""
    rootfs = {"type": "layers", "diff_ids": list(diff_ids)}
    return written({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs})


def described(content: bytes, media_type: str) -> Descriptor:
    """The descriptor of bytes."""
    return Descriptor(media_type=media_type, digest=digests.of_bytes(content), size=len(content))


def written(value: object) -> bytes:
    """JSON with one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
