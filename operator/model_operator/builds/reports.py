"""What ended containers said.

A termination message is UNTRUSTED: convert runs the model's own code, which may write anything. Nothing of it is
believed but its words, shortened; only publish, which never meets that code, names an artifact, and the server
checks the digest against the content.
"""

import pydantic

from model_builder import contract
from model_operator import conditions, kinds, ladders, locations, pods, reasons
from model_operator.api import build, quantities, types
from model_operator.builds import figures

Reason = reasons.Reason
Finding = conditions.Finding
STUCK = conditions.Outlook.STUCK

#: Characters of somebody's raw words that are worth showing.
RAW_LIMIT = 300
#: Whose ladder is believed: convert runs the model's code, and judges nothing.
_JUDGES = frozenset({contract.Step.OPTIMIZE, contract.Step.PUBLISH})


def read(message: str) -> contract.Report | None:
    """A termination message as a report, or None for anything else."""
    if len(message.encode(errors="replace")) > contract.TERMINATION_MESSAGE_LIMIT:
        return None
    try:
        return contract.Report.model_validate_json(message)
    except pydantic.ValidationError:
        return None


def artifact(pod: kinds.Manifest, store: build.BuildStore) -> tuple[contract.Report | None, Finding | None]:
    """Publish's report of a pod that succeeded: what was built, or why its words cannot be read."""
    for status in pods.statuses(pod):
        end = pods.last_end(status)
        if end and end.container == contract.Step.PUBLISH:
            report = read(end.message)
            if report is None or not (report.artifact and report.plan) or report.failure:
                return None, unreadable(end)
            return (report, None) if locations.within(report.reference, store) else (None, _elsewhere(report, store))
    return None, Finding(Reason.REPORT_INVALID, "the container publish left no status", STUCK)


def result(report: contract.Report, store: build.BuildStore, requested_at: str) -> build.BuildArtifact:
    """Publish's report as a status shows it."""
    digest, plan = report.artifact or "", report.plan or ""
    return build.BuildArtifact(
        digest=digest,
        plan=plan,
        uri=locations.uri(digest, store, report.reference),
        precision=conditions.cut(report.precision, 32),
        accuracy=figures.accuracy(report.metrics),
        delta=figures.delta(report.drops),
        speedup=figures.speedup(report),
        size=quantities.human(report.size),
        relative_size=figures.relative_size(report),
        capacity=figures.capacity(report.capacity),
        notes=figures.notes(report),
        requested_at=requested_at,
    )


def ladder(end: pods.Ended) -> list[types.Candidate]:
    """Which candidates a container says were tried."""
    report = read(end.message) if end.container in _JUDGES else None
    return ladders.written(report.candidates) if report else []


def unreadable(end: pods.Ended) -> Finding:
    """Words that are no report, as far as they can be shown."""
    raw = conditions.cut(end.message, RAW_LIMIT)
    said = f"it said: {raw}" if raw else "it said nothing"
    return Finding(
        Reason.REPORT_INVALID,
        f"{end.container} ended with exit code {end.exit_code} and no report that this operator can read; {said}",
        STUCK,
    )


def _elsewhere(report: contract.Report, store: build.BuildStore) -> Finding:
    repository, named = store.oci.repository if store.oci else "", conditions.cut(report.reference, RAW_LIMIT)
    return Finding(
        Reason.REPORT_INVALID,
        f"publish names {named or 'no reference'}, which is no digest in {repository}, the repository that was asked",
        STUCK,
    )
