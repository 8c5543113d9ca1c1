"""What Prometheus and its adapter are given can be read, and records what the documentation says."""

import pytest
import yaml

from monitoring import files, naming, series

DIGITS = {"namespace": "team", "deployment": "digits"}
#: Two servers of ten requests a second, 3 ms each, of which 1 ms is waiting; two samples in a batch.
EXPECTED = {
    "namespace_deployment:modelsmith_requests:rate5m": 20,
    "namespace_deployment:modelsmith_request_seconds:mean5m": 0.003,
    "namespace_deployment:modelsmith_queue_seconds:mean5m": 0.001,
    "namespace_deployment:modelsmith_pending_requests:sum": 2,
    "namespace_deployment:modelsmith_batch_size:mean5m": 2,
    "namespace_deployment:modelsmith_request_failures:ratio_rate5m": 0,
    "namespace_deployment:modelsmith_request_failures:ratio_rate30m": 0,
    "namespace_deployment:modelsmith_request_failures:ratio_rate1h": 0,
    "namespace_deployment:modelsmith_request_failures:ratio_rate6h": 0,
}


@pytest.mark.parametrize("path", [files.RECORDING, files.ALERTS], ids=lambda path: path.stem)
def test_promtool_finds_nothing(promtool, path):
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(path))


def test_the_scrape_jobs_are_taken_as_they_are(promtool, tmp_path):
    path = tmp_path / "prometheus.yaml"
    path.write_text(yaml.safe_dump({"scrape_config_files": [str(files.SCRAPE)]}))
    promtool("check", "config", str(path))


def test_what_is_recorded_is_what_the_servers_told(promtool, healthy):
    asked = ((120, name, {series.named(name, **DIGITS): value}) for name, value in EXPECTED.items())
    promtool.expect(healthy, *asked)


def test_every_recorded_series_is_expected():
    assert files.recorded() == EXPECTED.keys()


def test_the_share_of_failures_is_of_all_requests(promtool, healthy):
    changed = {
        **series.inference("request_success", series.counting(450)),
        **series.inference("request_failure", series.counting(150), reason="REJECTED"),
    }
    name = "namespace_deployment:modelsmith_request_failures:ratio_rate1h"
    promtool.expect(healthy | changed, (120, name, {series.named(name, **DIGITS): 0.25}))


def test_a_model_without_servers_has_no_share(promtool):
    promtool.expect({}, (10, "namespace_deployment:modelsmith_request_failures:ratio_rate5m", {}))


@pytest.mark.parametrize("path", [files.RECORDING, files.ALERTS], ids=lambda path: path.stem)
def test_rules_ask_for_what_there_is(path, known):
    expressions = [rule["expr"] for rule in files.rules(path)]
    assert naming.missing(expressions, known | files.recorded()) == set()


def test_the_adapter_asks_for_what_there_is_and_makes_both_metrics(known):
    rules = yaml.safe_load(files.ADAPTER.read_text())["rules"]
    assert [rule["name"]["as"] for rule in rules] == ["modelsmith_pending_requests", "modelsmith_queue_seconds"]
    assert naming.missing([rule["seriesQuery"] for rule in rules], known) == set()


@pytest.mark.parametrize(
    "rule", yaml.safe_load(files.ADAPTER.read_text())["rules"], ids=lambda rule: rule["name"]["as"]
)
def test_what_the_adapter_asks_is_a_query(promtool, tmp_path, rule):
    """As the adapter fills it in for a pod."""
    [metric] = naming.named(rule["seriesQuery"])
    filled = (
        rule["metricsQuery"]
        .replace("<<.Series>>", metric)
        .replace("<<.LabelMatchers>>", 'namespace="team",pod=~"digits-1|digits-2"')
        .replace("<<.GroupBy>>", "pod")
    )
    path = tmp_path / "adapter.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "adapter", "rules": [{"record": "x", "expr": filled}]}]}))
    promtool("check", "rules", str(path))
