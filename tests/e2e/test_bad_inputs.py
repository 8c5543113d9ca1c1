"""Whatever is wrong, the condition says what, where and what next; what served before serves on; one apply mends it.

All bad inputs are applied at once; the node takes as many builds at a time as their requests allow.
"""

import pytest

from e2e import badinputs, manifests, predicting, smallmodels, waiting

#: About four builds at a time on two cores.
BUILD = {"resources": {"requests": {"cpu": "200m", "memory": "128Mi"}}}


@pytest.fixture(scope="module")
def applied(namespace):
    """Every bad input, all at once."""
    for name, case in badinputs.CASES.items():
        namespace.apply(manifests.config_map(name, {**smallmodels.files(1), **case.files()}), bad(name, case))
    return namespace


def bad(name: str, case: badinputs.Case):
    """The ModelDeployment of a case; nothing of it will ever serve."""
    source = manifests.from_config_map(name)
    return manifests.model_deployment(name, source, model=case.model, build={**BUILD, **case.build})


@pytest.mark.parametrize("name", badinputs.CASES)
def test_a_bad_input_is_named_in_the_condition(applied, name):
    case = badinputs.CASES[name]
    said = waiting.judged(applied, name)
    assert said["Built"]["reason"] == case.reason
    for word in case.says:
        assert word in said["Built"]["message"]
    assert said["Ready"]["status"] == "False"
    assert said["Ready"]["reason"] == case.reason
    assert [kind for kind in ("Stalled", "Reconciling") if kind in said] == [
        "Stalled" if case.stalled else "Reconciling"
    ]


def test_no_message_holds_a_traceback(applied):
    for resource in applied.list("mdep"):
        for condition in resource["status"]["conditions"]:
            assert "Traceback" not in condition["message"]


def test_a_failed_build_is_told_by_an_event(applied):
    waiting.judged(applied, "no-factory")
    told = [
        event
        for event in applied.list("events")
        if event["involvedObject"]["name"] == "no-factory" and event["type"] == "Warning"
    ]
    assert any("absent" in event["message"] for event in told)


def test_a_missing_file_is_mended_by_adding_it(applied):
    waiting.judged(applied, "missing-weights")
    files = smallmodels.files(1)
    applied.apply(manifests.config_map("missing-weights", {**files, "absent.pt": files["small.pt"]}))
    waiting.ready(applied, "missing-weights")
    assert predicting.mark(applied, "missing-weights") == 1


def test_a_changed_spec_mends_a_wrong_factory(applied):
    waiting.judged(applied, "no-factory")
    applied.apply(manifests.model_deployment("no-factory", manifests.from_config_map("no-factory")))
    waiting.ready(applied, "no-factory")
