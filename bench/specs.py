"""What is asked in a bench: small ModelDeployments of one ConfigMap."""

from typing import Any

from model_builder import contract
from model_operator import kinds, names

SOURCE = "digits-model"
FILES = {"digits.pt": "d2VpZ2h0cw==", "digits.py": "ZGVmIGJ1aWxkKCk6IC4uLg=="}
DIGEST = "sha256:" + "a" * 64
PLAN = "sha256:" + "b" * 64


def spec(factory: str) -> dict[str, Any]:
    """A spec; another factory is another build."""
    return {
        "model": {
            "source": {"configMap": {"name": SOURCE}},
            "format": "stateDict",
            "weights": "digits.pt",
            "architecture": {"factory": factory},
            "inputs": [{"name": "image", "dtype": "float32", "shape": [-1, 1, 8, 8]}],
        }
    }


def resource(name: str, factory: str = "digits:build") -> kinds.Manifest:
    """A ModelDeployment to create."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.DEPLOYMENT_KIND,
        "metadata": {"name": name},
        "spec": spec(factory),
    }


def report() -> str:
    """What publish says of a build that went well: a termination message."""
    estimate = contract.Estimate(value=0.975, low=0.96, high=0.985)
    told = contract.Report(
        step=contract.Step.PUBLISH,
        artifact=DIGEST,
        plan=PLAN,
        precision="float32",
        size=369_000,
        metrics={contract.Metric.ACCURACY: estimate},
    )
    return told.model_dump_json(by_alias=True, exclude_defaults=True)
