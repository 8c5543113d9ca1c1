"""The chart's files that speak Prometheus: where they lie, and the expressions in them."""

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "charts/modelsmith/files/prometheus"
RECORDING = PROMETHEUS / "recording-rules.yaml"
ALERTS = PROMETHEUS / "alerts.yaml"
ADAPTER = PROMETHEUS / "adapter-rules.yaml"
SCRAPE = PROMETHEUS / "scrape.yaml"
DASHBOARDS = sorted((ROOT / "charts/modelsmith/files/dashboards").glob("*.json"))
RUNBOOKS = ROOT / "docs/runbooks"
#: A scrape of the development server, Triton 2.51, that has answered one request.
TRITON = Path(__file__).with_name("triton-2.51.txt")
DOCUMENTED = ROOT / "docs/metrics.md"

#: What Grafana puts in the place of its variables; any duration will do to read an expression.
_VARIABLES = {"$__rate_interval": "5m", "$__interval": "5m", "$__range": "1h"}


def rules(path):
    """Every rule of a file of groups."""
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def recorded():
    """Names of the series that the recording rules make."""
    return {rule["record"] for rule in rules(RECORDING)}


def dashboard(path):
    return json.loads(path.read_text())


def expressions(path):
    """What a dashboard asks Prometheus, with values for Grafana's variables."""
    return [_valued(target["expr"]) for panel in dashboard(path)["panels"] for target in panel.get("targets", [])]


def _valued(expression):
    return re.sub(r"\$__\w+", lambda found: _VARIABLES[found[0]], expression)
