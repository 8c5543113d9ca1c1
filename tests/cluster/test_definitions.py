"""The Gateway API's definitions come by a pin, and are held against a checksum."""

import shutil

import pytest
import yaml

from cluster import definitions, errors, pins


def test_the_routes_are_defined_at_version_one():
    found = [yaml.safe_load(path.read_text()) for path in definitions.gateway_api()]
    assert [one["spec"]["names"]["kind"] for one in found] == ["GRPCRoute", "HTTPRoute"]
    assert all("v1" in [version["name"] for version in one["spec"]["versions"]] for one in found)


def test_what_is_not_what_was_pinned_is_refused(tmp_path, monkeypatch):
    copied = shutil.copytree(pins.MODULES / "gateway-api", tmp_path / "gateway-api")
    sums = copied / "go.sum"
    sums.write_text(sums.read_text().replace("h1:l", "h1:m"))
    monkeypatch.setattr(pins, "MODULES", tmp_path)
    with pytest.raises(errors.CommandError, match="checksum mismatch"):
        definitions.gateway_api()
