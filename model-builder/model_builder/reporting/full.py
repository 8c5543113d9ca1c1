"""Parts of report.json that need no figures: what was asked, and which versions built it.

report.json holds measured times, so two builds of one plan have different reports, and artifacts of different digests.
What they share is `CandidateReport.tensors`: the digest of each candidate's weights.
"""

from importlib import metadata

from model_builder import contract

#: Whose versions can change an artifact.
LIBRARIES = ("numpy", "onnx", "onnxruntime", "onnxscript", "onnxslim", "safetensors", "scipy", "torch")
#: When run from a checkout that is not installed.
UNKNOWN = "unknown"


def recipe(request: contract.BuildRequest) -> dict[str, str]:
    """What was asked, for a person."""
    told = {
        "model": f"{request.model.weights} ({request.model.format}), {request.model.architecture.factory}",
        "candidates": ", ".join(request.candidates),
        "target": target(request.target),
        "calibration": calibration(request.calibration),
        "evaluation": request.evaluation.data.file if request.evaluation else "",
        "gate": gate(request.gate) if request.evaluation else "",
        "recipe": request.recipe,
    }
    return {name: words for name, words in told.items() if words}


def target(place: contract.Target) -> str:
    """Where it shall run."""
    return "a GPU" if place.cpu is None else f"CPU, {place.cpu}"


def calibration(asked: contract.Calibration | None) -> str:
    """Where the ranges come from."""
    return f"{asked.data.file}, at most {asked.samples} rows, {asked.method}" if asked else ""


def gate(asked: contract.Gate) -> str:
    """What a candidate must keep."""
    limits = ", ".join(f"{metric} {100 * limit:g}" for metric, limit in asked.max_drop.items().items())
    if not limits:
        return "nothing is limited"
    how = f", with {100 * asked.confidence:g} % confidence" if asked.confidence else ", as measured"
    return f"points that may be lost: {limits}{how}"


def versions(triton: str | None) -> contract.Versions:
    """What builds; read from the packages' metadata, so nothing is imported."""
    return contract.Versions(
        modelsmith=version("modelsmith"), libraries={name: version(name) for name in LIBRARIES}, triton=triton
    )


def version(package: str) -> str:
    """The version of an installed package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return UNKNOWN
