"""helm at the version that the cluster is built with, and the chart as it renders."""

import subprocess
from pathlib import Path

import pytest
import yaml

from cluster import building, pins

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "modelsmith"
IMAGES = {
    "images.operator": "registry.example/modelsmith/operator@sha256:" + "0" * 64,
    "images.builder": "registry.example/modelsmith/builder@sha256:" + "1" * 64,
    "images.serving": "registry.example/modelsmith/serving@sha256:" + "2" * 64,
}


class Helm:
    """The program, and what it says about our chart."""

    def __init__(self):
        building.ensure(pins.KUBERNETES)
        self.program = pins.tools() / "helm"

    def __call__(self, *words, check=True):
        done = subprocess.run([self.program, *words], capture_output=True, text=True, timeout=120, check=False)
        assert not (check and done.returncode), done.stderr
        return done

    def template(self, *words, **values):
        """Every rendered object; a value's dots are written as two underscores."""
        release = ("modelsmith", CHART, "--namespace", "modelsmith-system")
        return objects(self("template", *release, *chosen(values), *words).stdout)


def objects(text):
    """The objects of a YAML stream."""
    return [item for item in yaml.safe_load_all(text) if item]


def chosen(values):
    """Arguments that choose the test's images, and these values."""
    named = IMAGES | {name.replace("__", "."): value for name, value in values.items()}
    return [word for name, value in named.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture(scope="session")
def helm():
    return Helm()


@pytest.fixture(scope="session")
def rendered(helm):
    return helm.template()


@pytest.fixture(scope="session")
def pod(rendered):
    """The operator's pod template."""
    [deployment] = [item for item in rendered if item["kind"] == "Deployment"]
    return deployment["spec"]["template"]
