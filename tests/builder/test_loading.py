"""Weights and factories that are not what they should be: each has a name, and the message says what to mend."""

import argparse
import io
import os
from typing import Any

import pytest
import torch

from builder import making
from model_builder import contract

REASONS = contract.FailureReason


class Evil:
    """A pickle that runs a command."""

    def __reduce__(self) -> Any:
        return (os.system, ("touch pwned",))


def saved(value: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def state(workspace: making.Workspace) -> dict[str, torch.Tensor]:
    return dict(torch.load(workspace.places.source / "digits.pt", weights_only=True))


def test_a_factory_that_is_not_there_is_told_with_those_that_are(workspace: making.Workspace) -> None:
    workspace.ask(architecture={"factory": "digits:make"})
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.FACTORY_NOT_FOUND, "spec.model.architecture.factory")
    assert "no function make; it defines Digits, build" in failure.message


def test_a_module_that_a_library_hides_is_not_found(workspace: making.Workspace) -> None:
    workspace.write("json.py", making.DIGITS)
    workspace.ask(architecture={"factory": "json:build"})
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.FACTORY_NOT_FOUND
    assert "library" in failure.message


@pytest.mark.parametrize(
    ("code", "words", "line"),
    [
        ("def build():\n    raise ValueError('no such size')\n", "ValueError: no such size", "digits.py:2"),
        ("def build():\n    exit(3)\n", "SystemExit: 3", "digits.py:2"),
        ("import torchvision\ndef build(): ...\n", "No module named 'torchvision'", "digits.py:1"),
        ("def build(:\n", "SyntaxError", "digits.py:1"),
        ("def build(size): ...\n", "missing 1 required positional argument: 'size'", ""),
    ],
)
def test_a_factory_that_raises_is_told_with_its_line(
    workspace: making.Workspace, code: str, words: str, line: str
) -> None:
    workspace.write("digits.py", code)
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.FACTORY_FAILED
    assert words in failure.message
    assert line in failure.message


def test_a_factory_that_returns_no_module_failed(workspace: making.Workspace) -> None:
    workspace.write("digits.py", "def build():\n    return {}\n")
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.FACTORY_FAILED
    assert "returned dict" in failure.message


def test_code_beside_the_factory_can_be_imported(workspace: making.Workspace) -> None:
    workspace.write("layers/heads.py", making.DIGITS)
    workspace.write("digits.py", "from layers import heads\n\n\ndef build():\n    return heads.build()\n")
    assert workspace.run_until("convert")[0] == 0


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Evil(), "posix.system"),
        ({"options": argparse.Namespace(rate=1)}, "argparse.Namespace"),
        (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    ],
)
def test_a_pickle_with_code_is_named_and_not_run(
    workspace: making.Workspace, monkeypatch: pytest.MonkeyPatch, value: Any, wanted: str
) -> None:
    monkeypatch.chdir(workspace.root)
    workspace.write("digits.pt", saved(value))
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.WEIGHTS_UNSAFE, "spec.model.weights")
    assert wanted in failure.message
    assert not (workspace.root / "pwned").exists()


@pytest.mark.parametrize("kept", [0, 1, 10, 1000, -1])
def test_a_truncated_torch_file_is_unreadable(workspace: making.Workspace, kept: int) -> None:
    whole = (workspace.places.source / "digits.pt").read_bytes()
    workspace.write("digits.pt", whole[:kept])
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.WEIGHTS_UNREADABLE, "spec.model.weights")


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_safetensors_file_is_unreadable(workspace: making.Workspace, kept: int) -> None:
    import safetensors.torch

    workspace.write("digits.safetensors", safetensors.torch.save(state(workspace))[:kept])
    workspace.ask(format="safetensors", weights="digits.safetensors")
    assert workspace.failure("convert").reason == REASONS.WEIGHTS_UNREADABLE


def test_a_torch_file_called_safetensors_is_told_its_format(workspace: making.Workspace) -> None:
    workspace.ask(format="safetensors")
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.WEIGHTS_UNREADABLE
    assert "stateDict" in failure.next_step


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ({"epoch": 3, "state_dict": {"weight": torch.zeros(1)}}, "epoch, state_dict"),
        ([torch.zeros(1)], "list"),
        ({}, "nothing"),
    ],
)
def test_a_checkpoint_that_is_no_state_dict_is_told_what_it_holds(
    workspace: making.Workspace, value: Any, held: str
) -> None:
    workspace.write("digits.pt", saved(value))
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.WEIGHTS_UNREADABLE
    assert held in failure.message


def test_a_state_dict_inside_a_checkpoint_is_pointed_at(workspace: making.Workspace) -> None:
    workspace.write("digits.pt", saved({"epoch": 3, "weights": state(workspace)}))
    assert "torch.save(checkpoint['weights'], path)" in workspace.failure("convert").next_step


def test_the_first_name_that_is_missing_in_module_order_is_told(workspace: making.Workspace) -> None:
    weights = state(workspace)
    del weights["classes.bias"], weights["features.bias"]
    workspace.write("digits.pt", saved(weights))
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.WEIGHTS_MISMATCH
    assert "features.bias is missing; and 1 missing" in failure.message


def test_a_weight_of_another_shape_is_told_with_both(workspace: making.Workspace) -> None:
    weights = state(workspace)
    weights["classes.weight"] = torch.zeros(5, 256)
    workspace.write("digits.pt", saved(weights))
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.WEIGHTS_MISMATCH
    assert "classes.weight has another shape: expected [10, 256], found [5, 256]" in failure.message
    assert "begins with" not in failure.next_step


def test_an_unexpected_name_is_told(workspace: making.Workspace) -> None:
    workspace.write("digits.pt", saved({**state(workspace), "extra.weight": torch.zeros(1)}))
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.WEIGHTS_MISMATCH
    assert "extra.weight is unexpected" in failure.message


def test_a_wrapper_s_prefix_is_recognized(workspace: making.Workspace) -> None:
    workspace.write("digits.pt", saved({f"module.{name}": value for name, value in state(workspace).items()}))
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.WEIGHTS_MISMATCH
    assert "begins with module." in failure.next_step


def test_the_model_s_own_code_cannot_load_a_pickle_either(
    workspace: making.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    workspace.write("evil.pt", saved(Evil()))
    loader = f"import torch\ntorch.load({str(workspace.places.source / 'evil.pt')!r}, weights_only=False)\n"
    workspace.write("digits.py", loader + making.DIGITS)
    assert workspace.failure("convert").reason == REASONS.FACTORY_FAILED
    assert not (workspace.root / "pwned").exists()
