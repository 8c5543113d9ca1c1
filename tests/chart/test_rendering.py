"""What the chart renders, and what it refuses."""

import os
import re
from pathlib import Path

import pytest
import yaml

from chart import conftest
from model_operator import policies, settings

GOLDEN = Path(__file__).with_name("golden.yaml")
#: `make generate` sets it, and the difference is reviewed.
REWRITE = "REWRITE_GOLDEN"


def test_lint_finds_nothing(helm):
    helm("lint", "--strict", conftest.CHART, *conftest.chosen({}))


def test_the_rendered_manifests_are_the_reviewed_ones(helm):
    objects = [item for item in helm.template() if item["kind"] != "CustomResourceDefinition"]
    text = yaml.safe_dump_all(objects, sort_keys=True, width=120)
    if os.environ.get(REWRITE):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


@pytest.mark.parametrize("image", ["operator", "builder", "serving"])
def test_an_image_that_is_not_set_is_named(helm, image):
    refused = helm("template", "x", conftest.CHART, *conftest.chosen({f"images__{image}": ""}), check=False)
    assert refused.returncode
    assert f"images.{image} is not set" in refused.stderr


def test_the_default_triton_is_nvidias_and_no_older_than_the_last_known_security_release():
    values = yaml.safe_load((conftest.CHART / "values.yaml").read_text())
    version = re.fullmatch(r"nvcr\.io/nvidia/tritonserver:(\d\d\.\d\d)-py3", values["images"]["triton"])
    assert version
    assert version[1] >= "26.10"


def test_an_unknown_value_is_refused(helm):
    refused = helm("template", "x", conftest.CHART, *conftest.chosen({"image__operator": "x"}), check=False)
    assert "additional properties 'image' not allowed" in refused.stderr


def test_every_value_says_what_it_is_for():
    lines = (conftest.CHART / "values.yaml").read_text().splitlines()
    for above, line in zip(["", *lines], lines, strict=False):
        if re.match(r" *[a-zA-Z]+:", line) and not re.search(
            r"^(images|crds|rbac|log|policy):$|requests:|limits:", line
        ):
            assert above.lstrip().startswith("#"), line


def test_the_operator_understands_its_environment(helm):
    [deployment] = [item for item in helm.template("--set", "namespaces={one,two}") if item["kind"] == "Deployment"]
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    understood = settings.from_environment({item["name"]: item["value"] for item in variables})
    assert understood == settings.Settings(
        images=settings.Images(
            builder=conftest.IMAGES["images.builder"],
            serving=conftest.IMAGES["images.serving"],
            triton="nvcr.io/nvidia/tritonserver:26.10-py3",
        ),
        namespaces=("one", "two"),
    )


@pytest.mark.parametrize("way", ["auto", "always", "never"])
def test_how_artifacts_are_mounted_is_the_operators_setting(helm, way):
    [deployment] = [item for item in helm.template(imageVolumes=way) if item["kind"] == "Deployment"]
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    understood = settings.from_environment({item["name"]: item["value"] for item in variables})
    assert understood.image_volumes == way


def test_another_way_is_refused(helm):
    refused = helm("template", "x", conftest.CHART, *conftest.chosen({"imageVolumes": "sometimes"}), check=False)
    assert refused.returncode
    assert "imageVolumes" in refused.stderr


def test_another_one_stands_by_and_an_upgrade_starts_a_new_one_first(rendered):
    [deployment] = [item for item in rendered if item["kind"] == "Deployment"]
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    [budget] = [item for item in rendered if item["kind"] == "PodDisruptionBudget"]
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"] == deployment["spec"]["selector"]


def test_replicas_are_spread_if_that_can_be(pod):
    [constraint] = pod["spec"]["topologySpreadConstraints"]
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
    assert constraint["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_a_single_one_needs_no_budget(helm):
    objects = helm.template(replicas=1)
    [deployment] = [item for item in objects if item["kind"] == "Deployment"]
    assert "topologySpreadConstraints" not in deployment["spec"]["template"]["spec"]
    assert not [item for item in objects if item["kind"] == "PodDisruptionBudget"]


def test_no_replica_is_refused(helm):
    refused = helm("template", "x", conftest.CHART, *conftest.chosen({"replicas": 0}), check=False)
    assert "replicas" in refused.stderr
    assert refused.returncode


def test_the_operator_is_restricted_and_limited(pod):
    [container] = pod["spec"]["containers"]
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert pod["spec"]["securityContext"]["runAsUser"] == 65532
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"].keys() >= {"cpu", "memory"}


def test_the_notes_warn_of_the_development_server(helm):
    shown = helm(
        "install",
        "modelsmith",
        conftest.CHART,
        "--dry-run=client",
        *conftest.chosen({"images__triton": "registry.example/modelsmith/triton-dev"}),
    ).stdout
    assert "WARNING: images.triton is the development server" in shown


def test_what_may_be_used_is_the_operators_setting(helm):
    words = ("--set", "policy.images={reg/a:*,reg/b/*}", "--set", "policy.sources={configMap}")
    rendered = helm.template(*words, "--set", "policy.registries={ghcr.io/*}", policy__secretLabel="true")
    [deployment] = [item for item in rendered if item["kind"] == "Deployment"]
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    understood = settings.from_environment({item["name"]: item["value"] for item in variables})
    assert understood.policy == policies.Policy(
        ("reg/a:*", "reg/b/*"), ("configMap",), ("ghcr.io/*",), secret_label=True
    )


@pytest.mark.parametrize("pattern", ["", "two patterns", "a\\,b"])
def test_a_pattern_that_can_match_nothing_is_refused(helm, pattern):
    refused = helm("template", "x", conftest.CHART, *conftest.chosen({"policy__images[0]": pattern}), check=False)
    assert refused.returncode
    assert "policy/images" in refused.stderr
