"""What a store of artifacts can do, whichever it is."""

import dataclasses
from pathlib import Path
from typing import Protocol

from model_builder import contract, errors, places

#: Where a store is named so, the rest names a repository of a registry; else it is a folder.
OCI = "oci://"


@dataclasses.dataclass(frozen=True)
class Found:
    """An artifact in a store."""

    artifact: contract.Digest
    #: As in contract.Report.reference.
    reference: str = ""


class Store(Protocol):
    """Artifacts by the plans they were built from."""

    def find(self, plan: contract.Digest) -> Found | None:
        """The artifact that an earlier build of this plan published, when it is still whole."""

    def publish(self, source: Path, plan: contract.Digest) -> Found:
        """Make the files of `source` an artifact, and remember it under its plan."""

    def keep(self, found: Found) -> None:
        """Have a found artifact stay, for it is about to be needed. Raises TransientError when it is gone."""

    def report(self, found: Found) -> contract.FullReport:
        """The report that lies in an artifact."""


def gone(artifact: contract.Digest) -> errors.TransientError:
    """What was found is there no more: another try finds nothing, and builds."""
    return errors.TransientError(
        contract.FailureReason.ARTIFACT_GONE,
        f"{artifact} was in the store when the build began, and was removed since",
        next_step="Nothing: the next try builds it.",
    )


def of(where: places.Places) -> Store:
    """The store that this build was given. A registry's code is imported only where there is one."""
    if where.store.startswith(OCI):
        from model_builder.publishing import oci

        return oci.OciStore(where.store.removeprefix(OCI), plain_http=where.plain_http)
    from model_builder.publishing import pvc

    return pvc.PvcStore(Path(where.store))
