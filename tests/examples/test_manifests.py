"""The manifests that users copy from."""

from pathlib import Path

import pytest
import yaml

from model_operator import names
from model_operator.api import deployment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MANIFESTS = sorted(EXAMPLES.glob("*/modeldeployment.yaml"))


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.parent.name)
def test_a_manifest_is_valid(file):
    manifest = yaml.safe_load(file.read_text())
    assert manifest["apiVersion"] == names.API_VERSION
    assert manifest["kind"] == names.DEPLOYMENT_KIND
    assert manifest["metadata"] == {"name": file.parent.name}
    deployment.ModelDeploymentSpec.model_validate(manifest["spec"])


def test_the_first_one_is_about_fifteen_lines():
    lines = (EXAMPLES / "digits/modeldeployment.yaml").read_text().splitlines()
    assert len(lines) - lines.index("spec:") - 1 <= 15


def test_one_asks_for_a_gpu_and_builds_the_same():
    """Then the artifact is shared: where it is served is no part of what is built."""
    cpu, gpu = map(load, ("digits", "digits-gpu"))
    assert gpu["spec"]["serving"].pop("gpu") == {"count": 1}
    assert gpu["spec"] == cpu["spec"]


def load(name):
    return yaml.safe_load((EXAMPLES / name / "modeldeployment.yaml").read_text())
