"""Where artifacts lie: on a claim of the namespace, or in a repository of a registry. Pure.

pvc://<claim>/artifacts/<digest of the manifest>        oci://<repository>@<digest of the image manifest>
"""

import dataclasses
import re
from typing import Any

from model_operator import names
from model_operator.api import build, deployment

CLAIM = "pvc://"
REPOSITORY = "oci://"


@dataclasses.dataclass(frozen=True)
class Location:
    """One artifact, and what a server needs to reach it: on a claim, or by a reference."""

    artifact: str
    claim: str = ""
    reference: str = ""
    pull_secret: str = ""
    plain_http: bool = False

    @property
    def identity(self) -> dict[str, Any]:
        """What a revision is named by. How the files come to a pod is rendering, and no part of it."""
        if self.claim:
            return {"claim": self.claim}
        said = {"reference": self.reference, "pullSecret": self.pull_secret, "plainHttp": self.plain_http}
        return {name: value for name, value in said.items() if value}


def store(asked: deployment.Artifact) -> build.BuildStore:
    """Where a build puts what is asked for. With which Secret nodes pull is no concern of the build."""
    if asked.oci:
        return build.BuildStore(oci=asked.oci.model_copy(update={"pull_secret_name": ""}))
    return build.BuildStore(claim_name=asked.claim_name)


def location(artifact: build.BuildArtifact, asked: deployment.Artifact) -> Location:
    """Where a build has put an artifact, for those who serve it."""
    if not asked.oci:
        return Location(artifact.digest, claim=asked.claim_name)
    return Location(
        artifact.digest,
        reference=artifact.uri.removeprefix(REPOSITORY),
        pull_secret=asked.oci.pull_secret_name,
        plain_http=asked.oci.plain_http,
    )


def anywhere(asked: deployment.Artifact) -> Location:
    """Where some artifact would lie: for what is rendered alike whichever it is."""
    none = f"sha256:{'0' * 64}"
    if not asked.oci:
        return Location(none, claim=asked.claim_name)
    reference = f"{asked.oci.repository}@{none}"
    return Location(none, reference=reference, pull_secret=asked.oci.pull_secret_name, plain_http=asked.oci.plain_http)


def uri(digest: str, where: build.BuildStore, reference: str) -> str:
    """Where it lies, for a person."""
    return f"{REPOSITORY}{reference}" if where.oci else f"{CLAIM}{where.claim_name}/{names.artifact_path(digest)}"


def within(reference: str, where: build.BuildStore) -> bool:
    """A reference by digest into the very repository that was asked for. A claim needs none."""
    return where.oci is None or bool(
        re.fullmatch(re.escape(where.oci.repository) + r"@sha256:[0-9a-f]{64}", reference, re.ASCII)
    )
