"""report.json: all that is known of a build. It holds no time and no path, so equal builds have equal reports."""

from importlib import metadata

from model_builder import contract

#: Whose versions can change an artifact.
LIBRARIES = ("numpy", "onnx", "onnxruntime", "onnxscript", "onnxslim", "safetensors", "scipy", "torch")
#: When run from a checkout that is not installed.
UNKNOWN = "unknown"


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
