"""What the chart makes for Prometheus and Grafana: nothing unasked, and what is asked for, of the files as they are."""

import json
import re

import pytest
import yaml

from chart import conftest
from monitoring import files

KNOWN = ("--api-versions", "monitoring.coreos.com/v1")
OURS = {"PodMonitor", "PrometheusRule", "ConfigMap"}


def of_kind(objects, kind):
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def camel(words):
    return re.sub(r"_(\w)", lambda found: found[1].upper(), words)


def test_nothing_is_made_unasked(rendered):
    assert not [item for item in rendered if item["kind"] in OURS]


@pytest.mark.parametrize("value", ["podMonitor", "prometheusRule"])
def test_a_cluster_without_the_definitions_is_told_of_with_the_way_out(helm, value):
    refused = helm(
        "template", "x", conftest.CHART, *conftest.chosen({f"monitoring__{value}__enabled": "true"}), check=False
    )
    assert refused.returncode
    assert f"monitoring.{value}.enabled" in refused.stderr
    assert "--api-versions monitoring.coreos.com/v1" in refused.stderr


def test_who_knows_better_than_helm_may_say_so(helm):
    rendered = helm.template(monitoring__podMonitor__enabled="true", monitoring__trustCRDsExist="true")
    assert of_kind(rendered, "PodMonitor")


@pytest.fixture(scope="module")
def monitors(helm):
    words = ("--set", "monitoring.podMonitor.labels.release=prometheus")
    return of_kind(helm.template(*KNOWN, *words, monitoring__podMonitor__enabled="true"), "PodMonitor")


@pytest.mark.parametrize(("name", "ports"), [("servers", ["metrics", "sentinel"]), ("operator", ["http"])])
def test_a_pod_monitor_relabels_as_the_plain_configuration_does(monitors, name, ports):
    [job] = [
        each
        for each in yaml.safe_load(files.SCRAPE.read_text())["scrape_configs"]
        if each["job_name"] == f"modelsmith-{name}"
    ]
    expected = [{camel(key): value for key, value in rule.items()} for rule in job["relabel_configs"]]
    expected.append({"targetLabel": "job", "replacement": job["job_name"]})
    endpoints = monitors[f"modelsmith-{name}"]["spec"]["podMetricsEndpoints"]
    assert [each["port"] for each in endpoints] == ports
    for each in endpoints:
        assert each["relabelings"] == expected
        assert each["honorLabels"] == job.get("honor_labels", False)
        assert each["interval"] == job["scrape_interval"]


def test_prometheus_selects_pod_monitors_by_labels_of_its_own(monitors):
    assert {item["metadata"]["labels"]["release"] for item in monitors.values()} == {"prometheus"}


def test_the_operators_own_pods_are_selected(monitors, pod):
    selected = monitors["modelsmith-operator"]["spec"]["selector"]["matchLabels"]
    assert selected.items() <= pod["metadata"]["labels"].items()
    [container] = pod["spec"]["containers"]
    assert "http" in [port["name"] for port in container["ports"]]


def test_servers_are_looked_for_where_the_operator_watches(helm, monitors):
    assert monitors["modelsmith-servers"]["spec"]["namespaceSelector"] == {"any": True}
    rendered = helm.template(*KNOWN, "--set", "namespaces={one,two}", monitoring__podMonitor__enabled="true")
    selector = of_kind(rendered, "PodMonitor")["modelsmith-servers"]["spec"]["namespaceSelector"]
    assert selector == {"matchNames": ["one", "two"]}


def test_rules_are_the_files_with_runbooks_where_people_can_read_them(helm):
    address = "https://handbook.example/modelsmith/"
    rendered = helm.template(*KNOWN, monitoring__prometheusRule__enabled="true", monitoring__runbooks=address)
    made = of_kind(rendered, "PrometheusRule")
    for path in (files.RECORDING, files.ALERTS):
        expected = yaml.safe_load(path.read_text().replace("docs/runbooks/", address))
        assert made[f"modelsmith-{path.stem}"]["spec"] == expected


def test_dashboards_are_the_files_with_the_label_that_grafana_looks_for(helm):
    made = of_kind(helm.template(monitoring__dashboards__enabled="true"), "ConfigMap")
    assert len(made) == len(files.DASHBOARDS)
    for path in files.DASHBOARDS:
        item = made[f"modelsmith-dashboard-{path.stem}"]
        assert item["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert json.loads(item["data"][f"modelsmith-{path.name}"]) == json.loads(path.read_text())


def test_rules_of_the_adapter_are_the_file_in_its_namespace(helm):
    words = {"monitoring__adapterRules__enabled": "true", "monitoring__adapterRules__namespace": "monitoring"}
    [item] = of_kind(helm.template(**words), "ConfigMap").values()
    assert item["metadata"]["namespace"] == "monitoring"
    assert yaml.safe_load(item["data"]["config.yaml"]) == yaml.safe_load(files.ADAPTER.read_text())


def test_waiting_is_averaged_over_the_window_that_is_asked_for(helm):
    words = {"monitoring__adapterRules__enabled": "true", "monitoring__adapterRules__window": "2m"}
    [item] = of_kind(helm.template(**words), "ConfigMap").values()
    assert item["data"]["config.yaml"].count("[2m]") == 2
    assert "[1m]" not in item["data"]["config.yaml"]


@pytest.mark.parametrize("interval", ["10", "soon", "0s"])
def test_an_interval_that_prometheus_does_not_read_is_refused(helm, interval):
    words = conftest.chosen({"monitoring__podMonitor__interval": interval})
    refused = helm("template", "x", conftest.CHART, *words, check=False)
    assert refused.returncode
    assert "monitoring/podMonitor/interval" in refused.stderr.replace(".", "/")


def test_the_notes_ask_where_runbooks_are(helm):
    words = conftest.chosen({"monitoring__dashboards__enabled": "true"})
    assert "monitoring.runbooks" in helm("install", "x", conftest.CHART, "--dry-run=client", *words).stdout
