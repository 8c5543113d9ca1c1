"""The manifests that users copy from."""

from pathlib import Path

import pytest
import yaml

from model_builder import contract
from model_operator import names
from model_operator.api import asking, deployment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MANIFESTS = sorted(EXAMPLES.glob("*/modeldeployment.yaml"))


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.parent.name)
def test_a_manifest_is_valid(file):
    manifest = yaml.safe_load(file.read_text())
    assert manifest["apiVersion"] == names.API_VERSION
    assert manifest["kind"] == names.DEPLOYMENT_KIND
    assert manifest["metadata"] == {"name": file.parent.name}
    deployment.ModelDeploymentSpec.model_validate(manifest["spec"])


def test_the_first_one_fits_on_a_screen():
    """With everything that a gate needs: two data sets and what may be lost."""
    lines = (EXAMPLES / "digits/modeldeployment.yaml").read_text().splitlines()
    assert len(lines) - lines.index("spec:") - 1 <= 20


@pytest.mark.parametrize("name", ["digits", "digits-gpu"])
def test_what_is_asked_can_be_carried_out(name):
    spec = deployment.ModelDeploymentSpec.model_validate(load(name)["spec"])
    assert contract.contradiction(asking.request(spec, source_digest=None, recipe="2")) is None


def test_the_first_one_is_quantized_and_falls_back():
    assert load("digits")["spec"]["build"]["candidates"] == ["int8Static", "none"]


def test_the_other_asks_for_a_gpu_and_half_precision():
    spec = load("digits-gpu")["spec"]
    assert spec["serving"]["gpu"] == {"count": 1}
    assert spec["build"]["candidates"] == ["fp16", "none"]
    assert asking.target(deployment.ModelDeploymentSpec.model_validate(spec)).gpu


def test_a_gpu_instead_of_int8_is_all_that_differs():
    cpu, gpu = map(load, ("digits", "digits-gpu"))
    assert gpu["spec"]["model"] == cpu["spec"]["model"]
    assert gpu["spec"]["build"]["evaluation"] == cpu["spec"]["build"]["evaluation"]


def load(name):
    return yaml.safe_load((EXAMPLES / name / "modeldeployment.yaml").read_text())
