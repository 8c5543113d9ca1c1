"""promtool, at the version of the Prometheus that the tests run."""

import subprocess

import pytest
import yaml

from cluster import building, pins
from monitoring import files, naming, series


class Promtool:
    """The program, and rule tests as Python's data."""

    def __init__(self, folder):
        building.ensure(pins.PROMETHEUS)
        self.program = pins.binaries(pins.PROMETHEUS) / "promtool"
        self.folder = folder

    def __call__(self, *words):
        """What it says; fails with it."""
        done = subprocess.run([self.program, *words], capture_output=True, text=True, timeout=120, check=False)
        assert not done.returncode, done.stdout + done.stderr
        return done.stdout

    def expect(self, inputs, *questions):
        """Have the chart's rules see these series, and answer (minute, expression, samples by their labels)."""
        test = {
            "rule_files": [str(files.RECORDING), str(files.ALERTS)],
            "evaluation_interval": "1m",
            "fuzzy_compare": True,
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": name, "values": values} for name, values in inputs.items()],
                    "promql_expr_test": [question(*each) for each in questions],
                }
            ],
        }
        path = self.folder / "test.yaml"
        path.write_text(yaml.safe_dump(test))
        self("test", "rules", str(path))


def question(minute, expression, samples):
    expected = [{"labels": labels, "value": value} for labels, value in samples.items()]
    return {"expr": expression, "eval_time": f"{minute}m", "exp_samples": expected}


@pytest.fixture
def promtool(tmp_path):
    return Promtool(tmp_path)


@pytest.fixture(scope="session")
def healthy():
    return series.healthy()


@pytest.fixture(scope="session")
def known():
    """Metrics that are documented, and those of a scrape of a real server."""
    return naming.documented(files.DOCUMENTED.read_text()) | naming.scraped(files.TRITON.read_text())
