"""Prometheus, with the jobs that the chart ships and Kubernetes discovery of its own."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

from cluster import accounts, aggregation, errors, layout, pins, probing, processes, running

JOBS = Path(__file__).resolve().parents[2] / "charts" / "modelsmith" / "files" / "prometheus" / "scrape.yaml"
"""What the chart ships: `scrape_configs:`, and below it the jobs."""

URL = f"http://{layout.BRIDGE_ADDRESS}:{layout.PROMETHEUS_PORT}"
SERVICE = aggregation.Hosted("monitoring", "prometheus", layout.PROMETHEUS_PORT, service_port=9090)
ACCOUNT = accounts.Account(
    "monitoring",
    "prometheus",
    (
        accounts.rule("pods services endpoints", "list", "watch"),
        accounts.rule("endpointslices", "list", "watch", group="discovery.k8s.io"),
    ),
)

_CONFIG = """\
global: {{scrape_interval: {interval}, scrape_timeout: 4s, evaluation_interval: {interval}}}
rule_files: ["{rules}/*.yaml"]
scrape_config_files: ["{rules}/jobs/*.yaml"]
{jobs}
"""
INTERVAL = "5s"
"""Oftener than the jobs say: tests wait for what is measured."""
_KEPT = "6h"
_INTERVAL = re.compile(r"(?<=scrape_interval: )\w+")
_DISCOVERY = re.compile(r"^( *)kubernetes_sd_configs:\n( *)- (?=\w+:)", re.MULTILINE)


def prometheus() -> processes.Program:
    """Return Prometheus; one that runs with another configuration gives way."""
    further_jobs().mkdir(parents=True, exist_ok=True)
    content = configuration(JOBS.read_text(), rules(), ACCOUNT.kubeconfig)
    argv = [
        str(pins.binaries(pins.PROMETHEUS) / "prometheus"),
        f"--config.file={running.write_versioned('prometheus.yaml', content)}",
        f"--storage.tsdb.path={layout.directory() / 'prometheus'}",
        f"--storage.tsdb.retention.time={_KEPT}",
        f"--web.listen-address={layout.BRIDGE_ADDRESS}:{layout.PROMETHEUS_PORT}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    ]
    return processes.Program("prometheus", argv, probing.http_ok(f"{URL}/-/ready"))


def configuration(jobs: str, rule_files: Path, kubeconfig: Path) -> str:
    """Return Prometheus's configuration for these jobs, which find pods by that kubeconfig."""
    shortened = _INTERVAL.sub(INTERVAL, with_kubeconfig(jobs, kubeconfig))
    return _CONFIG.format(interval=INTERVAL, rules=rule_files, jobs=shortened)


def with_kubeconfig(jobs: str, kubeconfig: Path) -> str:
    """Have every discovery of the jobs ask by a kubeconfig: in a pod, Prometheus needs none.

    The text is changed, not parsed: the standard library knows no YAML.
    """
    changed, count = _DISCOVERY.subn(rf"\g<0>kubeconfig_file: {kubeconfig}\n\g<2>  ", jobs)
    if not count or count != jobs.count("kubernetes_sd_configs:"):
        raise errors.ClusterError(
            f"{JOBS} is not as expected: `kubernetes_sd_configs:` alone on a line, then a list of one, in block style."
        )
    return changed


def rules() -> Path:
    """Return the directory of rule files: what lies there as *.yaml counts after `reload`."""
    return layout.directory() / "prometheus-rules"


def further_jobs() -> Path:
    """Return the directory of further scrape jobs, as `scrape_configs:` in *.yaml: they count after `reload`, too."""
    return rules() / "jobs"


def reload() -> None:
    """Have Prometheus read its configuration and rules anew; raise where it refuses them."""
    request = urllib.request.Request(f"{URL}/-/reload", method="POST")  # noqa: S310 - our own http URL
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - as above
        pass


def promtool() -> Path:
    """Return the program that checks rules and runs their tests."""
    return pins.binaries(pins.PROMETHEUS) / "promtool"
