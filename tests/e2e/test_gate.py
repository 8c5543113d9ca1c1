"""Quantized only when proven: what passes serves, what fails says by how much, and what served goes on."""

import pytest

from e2e import badinputs, manifests, predicting, smallmodels, waiting

#: 8 bits hold the features that count, or they do not: see smallmodels.files_to_quantize.
HARMLESS, RUINOUS = 1.0, 1000.0


@pytest.fixture(scope="module")
def applied(namespace):
    """One model that can be quantized and three that cannot, all at once."""
    good, bad = manifests.from_config_map("quantizable"), manifests.from_config_map("unquantizable")
    only_int8 = {**smallmodels.QUANTIZED, "candidates": ["int8Static"]}
    namespace.apply(
        manifests.config_map("quantizable", smallmodels.files_to_quantize(HARMLESS)),
        manifests.config_map("unquantizable", smallmodels.files_to_quantize(RUINOUS)),
        manifests.model_deployment("passes", good, build=smallmodels.QUANTIZED),
        manifests.model_deployment("falls", bad, build=smallmodels.QUANTIZED),
        manifests.model_deployment("refused", bad, build=only_int8, serving={"replicas": 0}),
    )
    return namespace


@pytest.fixture(scope="module")
def passes(applied):
    return waiting.ready(applied, "passes")


@pytest.fixture(scope="module")
def falls(applied):
    return waiting.ready(applied, "falls")


def test_a_candidate_that_passes_serves(applied, passes):
    assert passes["status"]["artifact"]["precision"] == "int8"
    assert verdicts(passes) == [("int8Static", "passed")]


def test_a_candidate_that_fails_falls_to_the_next(applied, falls):
    assert falls["status"]["artifact"]["precision"] == "float32"
    assert verdicts(falls) == [("int8Static", "failed"), ("none", "passed")]


def test_the_fall_says_by_how_much_and_what_was_allowed(falls):
    said = falls["status"]["build"]["candidates"][0]["message"]
    assert "accuracy" in said
    assert "allowed" in said
    assert any(character.isdigit() for character in said)


def test_describe_tells_the_fall_in_an_event(applied, falls):
    said = applied.kubectl("describe", "mdep", "falls")
    events = said[said.index("Events:") :]
    assert "int8Static" in events
    assert "accuracy" in events
    assert "Serving" in events


def test_the_float_model_answers_after_the_fall(applied, falls):
    assert predicting.mark(applied, "falls") == 0


def test_when_all_fail_the_condition_has_the_numbers(applied):
    said = waiting.judged(applied, "refused")
    assert (said["Built"]["status"], said["Built"]["reason"]) == ("False", "GateFailed")
    assert "int8Static" in said["Built"]["message"]
    assert "accuracy" in said["Built"]["message"]
    assert "Stalled" in said
    assert verdicts(applied.get("mdep", "refused")) == [("int8Static", "failed")]


def test_a_gate_that_fails_leaves_what_serves(applied, passes):
    """The same ModelDeployment, with data that 8 bits cannot hold."""
    digest = passes["status"]["artifact"]["digest"]
    source = manifests.from_config_map("unquantizable")
    only_int8 = {**smallmodels.QUANTIZED, "candidates": ["int8Static"]}
    applied.apply(manifests.model_deployment("passes", source, build=only_int8))
    said = waiting.judged(applied, "passes")
    assert (said["Ready"]["status"], said["Ready"]["reason"]) == ("False", "GateFailed")
    assert said["Available"]["status"] == "True"
    assert applied.get("mdep", "passes")["status"]["artifact"]["digest"] == digest
    assert predicting.mark(applied, "passes") is not None


def test_appending_none_mends_it(applied):
    source = manifests.from_config_map("unquantizable")
    applied.apply(manifests.model_deployment("refused", source, build=smallmodels.QUANTIZED, serving={"replicas": 0}))
    waiting.condition(applied, "refused", "Built", "True")


def test_a_model_that_depends_on_its_neighbours_is_found_before_it_serves(applied):
    """It takes the mean of the batch: alone every sample would be its own mean."""
    code = badinputs.module("super().forward(x - x.mean(0, keepdim=True))")
    files = {**smallmodels.files_to_quantize(HARMLESS), "small.py": code}
    float_only = {"evaluation": smallmodels.QUANTIZED["evaluation"]}
    applied.apply(
        manifests.config_map("neighbours", files),
        manifests.model_deployment("neighbours", manifests.from_config_map("neighbours"), build=float_only),
    )
    said = waiting.current(waiting.ready(applied, "neighbours"))
    assert "Answers depend on the other samples of a batch" in said["Built"]["message"]
    assert predicting.config(applied, "neighbours")["max_batch_size"] == 0


def test_int8_on_a_gpu_is_refused_by_name(applied):
    source = manifests.from_config_map("quantizable")
    manifest = manifests.model_deployment(
        "gpu", source, build=smallmodels.QUANTIZED, serving={"gpu": {"count": 1}, "replicas": 0}
    )
    applied.apply(manifest)
    said = waiting.current(waiting.condition(applied, "gpu", "Accepted", "False", "NoInt8OnThisRuntime"))
    assert "TensorRT" in said["Accepted"]["message"]
    assert "spec.build.candidates" in said["Accepted"]["message"]


def verdicts(resource) -> list[tuple[str, str]]:
    """The ladder in the status."""
    return [(step["name"], step["verdict"]) for step in resource["status"]["build"]["candidates"]]
