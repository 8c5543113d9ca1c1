"""publish: the artifact into the store, the short report to the operator. It alone can write to the store."""

from pathlib import Path

from model_builder import contract, errors, places, progress, stepping
from model_builder.publishing import stores

#: Without any of these it is not an artifact.
PARTS = ("files/model.onnx", "signature.json", "requires.json", "golden.npz", "report.json", "report.html")


def run(where: places.Places) -> contract.Report:
    """Publish, or find what was published before; say what it is."""
    resolution = stepping.resolution(where)
    store = stores.of(where)
    if resolution.cached:
        found = stores.Found(resolution.cached, resolution.cached_reference)
        store.keep(found)
    else:
        complete(where.artifact)
        with progress.timed("publish: writing the artifact to the store"):
            found = store.publish(where.artifact, resolution.plan_digest)
    progress.say(f"publish: {found.artifact} {found.reference}".rstrip())
    return short(store.report(found), found, resolution)


def complete(artifact: Path) -> None:
    """Raise InternalError unless optimize left all parts of an artifact."""
    absent = [part for part in PARTS if not (artifact / part).is_file()]
    if absent:
        raise errors.InternalError(
            contract.FailureReason.INTERNAL_ERROR,
            f"optimize left no {', '.join(absent)}",
            next_step="See the log of the container optimize.",
        )


def short(full: contract.FullReport, found: stores.Found, resolution: contract.Resolution) -> contract.Report:
    """What the operator shows of the full report that lies in the artifact."""
    chosen = next(candidate for candidate in full.candidates if candidate.name == full.chosen)
    return contract.Report(
        step=contract.Step.PUBLISH,
        artifact=found.artifact,
        reference=found.reference,
        plan=resolution.plan_digest,
        cache_hit=resolution.cached is not None,
        precision=chosen.precision,
        size=chosen.size,
        metrics=chosen.metrics,
        baseline=full.baseline,
        drops=chosen.drops,
        float_size=full.float_size,
        speedup=chosen.speed.ratio if chosen.speed else None,
        capacity=full.capacity,
        candidates=[rung(candidate) for candidate in full.candidates],
        notes=full.notes,
    )


def rung(judged: contract.CandidateReport) -> contract.Rung:
    """One step of the ladder."""
    return contract.Rung(candidate=judged.name, verdict=judged.verdict, message=judged.message)
