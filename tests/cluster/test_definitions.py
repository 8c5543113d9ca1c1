"""Definitions of others come by a pin, and are held against a checksum."""

import shutil

import pytest
import yaml

from cluster import definitions, errors, pins


def kinds(paths):
    """Kind -> its versions, of the definitions in some files."""
    found = [yaml.safe_load(path.read_text()) for path in paths]
    return {
        one["spec"]["names"]["kind"]: [version["name"] for version in one["spec"]["versions"] if version["served"]]
        for one in found
    }


def test_the_routes_of_the_gateway_api_are_defined_at_version_one():
    found = kinds(definitions.gateway_api())
    assert set(found) == {"GRPCRoute", "HTTPRoute"}
    assert all("v1" in versions for versions in found.values())


def test_what_the_operator_of_prometheus_reads_is_defined_at_version_one():
    found = kinds(definitions.prometheus_operator())
    assert found == {"PodMonitor": ["v1"], "ServiceMonitor": ["v1"], "PrometheusRule": ["v1"]}


def test_what_keda_reads_is_defined():
    found = kinds(definitions.keda())
    assert {"ScaledObject", "TriggerAuthentication", "ClusterTriggerAuthentication"} <= set(found)
    assert found["ScaledObject"] == ["v1alpha1"]


def test_what_is_not_what_was_pinned_is_refused(tmp_path, monkeypatch):
    copied = shutil.copytree(pins.MODULES / "gateway-api", tmp_path / "gateway-api")
    sums = copied / "go.sum"
    sums.write_text(sums.read_text().replace("h1:l", "h1:m"))
    monkeypatch.setattr(pins, "MODULES", tmp_path)
    with pytest.raises(errors.CommandError, match="checksum mismatch"):
        definitions.gateway_api()
