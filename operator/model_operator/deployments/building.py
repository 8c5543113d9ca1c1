"""What a ModelBuild says about the artifact that is asked for."""

from model_operator import conditions, kinds, reasons
from model_operator.api import build

Reason = reasons.Reason
Finding = conditions.Finding
Outlook = conditions.Outlook
Type = conditions.Type


def finding(manifest: kinds.Manifest | None, status: build.ModelBuildStatus) -> Finding | None:
    """What keeps the artifact, in the build's own words; None when it is there."""
    if manifest is None:
        return Finding(Reason.BUILDING, "the build is being created")
    built = conditions.find(status.conditions, Type.BUILT)
    if built is None or status.observed_generation != manifest["metadata"].get("generation", 0):
        return Finding(Reason.BUILDING, "the build has been asked for")
    if built.status == "True":
        return None
    return Finding(reasons.known(built.reason), built.message, _outlook(status))


def _outlook(status: build.ModelBuildStatus) -> Outlook:
    if conditions.find(status.conditions, Type.STALLED):
        return Outlook.STUCK
    return Outlook.WAITING if conditions.find(status.conditions, Type.RECONCILING) else Outlook.PAUSED
