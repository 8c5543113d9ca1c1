"""What docs/serving.md tells people to write, a real API server accepts."""

import pathlib
import re

import pytest
import yaml
from pure import making, test_admission

from model_operator import kinds
from model_operator.api import deployment, parsing

PAGE = (pathlib.Path(__file__).resolve().parents[3] / "docs/serving.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("block", BLOCKS, ids=[",".join(block["serving"]) for block in BLOCKS])
def test_a_block_is_accepted_and_understood(namespace, block):
    stored = test_admission.dry_run(namespace, kinds.MODEL_DEPLOYMENT, making.model_deployment(**block))
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, stored)
    assert spec, problem


def test_the_page_has_blocks():
    assert len(BLOCKS) >= 6
