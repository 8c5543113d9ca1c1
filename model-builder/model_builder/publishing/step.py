"""publish: the artifact into the store, the short report to the operator. It alone can write to the store."""

from pathlib import Path

from model_builder import contract, errors, places, progress, stepping
from model_builder.publishing import pvc

#: Without any of these it is not an artifact.
PARTS = ("files/model.onnx", "signature.json", "requires.json", "golden.npz", "report.json")


def run(where: places.Places) -> contract.Report:
    """Publish, or find what was published before; say what it is."""
    resolution = stepping.resolution(where)
    if resolution.cached:
        digest = resolution.cached
    else:
        complete(where.artifact)
        with progress.timed("publish: writing the artifact to the store"):
            digest = pvc.publish(where.store, where.artifact, resolution.plan_digest)
    progress.say(f"publish: {digest}")
    return short(pvc.artifact(where.store, digest), digest, resolution)


def complete(artifact: Path) -> None:
    """Raise InternalError unless optimize left all parts of an artifact."""
    absent = [part for part in PARTS if not (artifact / part).is_file()]
    if absent:
        raise errors.InternalError(
            contract.FailureReason.INTERNAL_ERROR,
            f"optimize left no {', '.join(absent)}",
            next_step="See the log of the container optimize.",
        )


def short(artifact: Path, digest: contract.Digest, resolution: contract.Resolution) -> contract.Report:
    """What the operator shows of the full report that lies in the artifact."""
    full = contract.FullReport.model_validate_json((artifact / "report.json").read_bytes())
    chosen = next(candidate for candidate in full.candidates if candidate.name == full.chosen)
    return contract.Report(
        step=contract.Step.PUBLISH,
        artifact=digest,
        plan=resolution.plan_digest,
        cache_hit=resolution.cached is not None,
        precision=chosen.precision,
        size=chosen.size,
        metrics=chosen.metrics,
        baseline=full.baseline,
    )
