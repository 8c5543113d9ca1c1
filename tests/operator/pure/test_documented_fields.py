"""What the pages for users show as YAML is what this version understands."""

import pathlib
import re

import pytest
import yaml
from pure import making

from model_operator.api import deployment, parsing

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECTIONS = ("apiVersion", "model", "build", "artifact", "serving", "ingress")


def blocks():
    """Indented text that is a part of a ModelDeployment."""
    for page in ("routing", "tenancy"):
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        for number, block in enumerate(re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", text, re.MULTILINE)):
            if block.lstrip().startswith(SECTIONS):
                yield pytest.param(yaml.safe_load(block), id=f"{page}-{number}")


BLOCKS = list(blocks())


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_understood(block):
    written = {"serving": block} if "ingress" in block else block
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, {"spec": making.spec(**written)})
    if "apiVersion" in block:
        spec, problem = parsing.spec(deployment.ModelDeploymentSpec, block)
    assert spec, problem


def test_the_pages_show_every_way_in():
    shown = {field for block in BLOCKS for field in _serving(block.values[0])}
    assert shown >= {"ingress", "gateway", "networkPolicy"}


def _serving(block):
    return (block if "ingress" in block else block.get("spec", block).get("serving", {})).keys()
