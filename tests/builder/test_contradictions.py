"""Requests that cannot be carried out as they are asked are refused before anything is fetched."""

from typing import Any

import pytest

from builder import making
from model_builder import contract

Reason = contract.FailureReason
CALIBRATION = {"data": {"file": "train.npz"}}
GPU = {"gpu": {}}
#: What is asked of the digits model, the reason, and the field that it is about.
ROWS: dict[str, tuple[dict[str, Any], Reason, str]] = {
    "int8 on a GPU": (
        {"candidates": ["int8Static", "none"], "calibration": CALIBRATION, "target": GPU},
        Reason.NO_INT8_ON_THIS_RUNTIME,
        "spec.build.candidates",
    ),
    "nothing to prove a lossy candidate on": (
        {"candidates": ["fp16", "none"], "evaluation": None, "target": GPU},
        Reason.EVALUATION_MISSING,
        "spec.build.evaluation",
    ),
    "nothing to take ranges from": (
        {"candidates": ["int8Static"]},
        Reason.CALIBRATION_MISSING,
        "spec.build.calibration",
    ),
    "two targets": ({"target": {"cpu": "portable", "gpu": {}}}, Reason.TARGET_AMBIGUOUS, "spec.build.target"),
    "no target": ({"target": {}}, Reason.TARGET_AMBIGUOUS, "spec.build.target"),
    "a gate that all pass": (
        {"candidates": ["int8Static"], "calibration": CALIBRATION, "gate": {"maxDrop": {}}},
        Reason.GATE_WITHOUT_LIMIT,
        "spec.build.gate.maxDrop",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_contradiction_is_named_with_its_field_and_a_way_out(name: str) -> None:
    changes, reason, field = ROWS[name]
    found = contract.contradiction(contract.BuildRequest.model_validate(making.request(**changes)))
    assert found
    assert (found.reason, found.field) == (reason, field)
    assert found.next_step


@pytest.mark.parametrize("candidates", [["none"], ["int8Static", "none"]])
def test_what_can_be_carried_out_is_not_refused(candidates: list[str]) -> None:
    asked = making.request(candidates=candidates, calibration=CALIBRATION)
    assert contract.contradiction(contract.BuildRequest.model_validate(asked)) is None


def test_a_contradiction_ends_the_build_in_its_first_step(workspace: making.Workspace) -> None:
    workspace.ask(candidates=["int8Static"])
    assert workspace.failure("fetch").reason == Reason.CALIBRATION_MISSING
