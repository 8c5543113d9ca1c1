"""From a module to a graph: what cannot be captured is told in the framework's own words."""

from typing import Any

import numpy as np
import pytest

from builder import making
from model_builder import contract

REASONS = contract.FailureReason
MODULE = """\
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.classes = torch.nn.Linear(4, 3)

    def forward(self, {arguments}):
{body}


def build():
    return Net()
"""


def model(workspace: making.Workspace, body: str, arguments: str = "x", **changes: Any) -> None:
    """A small model without an evaluation set."""
    import torch

    indented = "\n".join(f"        {line}" for line in body.splitlines())
    workspace.write("net.py", MODULE.format(arguments=arguments, body=indented))
    torch.save(torch.nn.ModuleDict({"classes": torch.nn.Linear(4, 3)}).state_dict(), workspace.places.source / "net.pt")
    inputs = [{"name": name.strip(), "dtype": "float32", "shape": [-1, 4]} for name in arguments.split(",")]
    asked = {"weights": "net.pt", "architecture": {"factory": "net:build"}, "inputs": inputs, "evaluation": None}
    workspace.ask(**(asked | changes))


def signature(workspace: making.Workspace) -> contract.Signature:
    code, report = workspace.run_until("optimize")
    assert code == 0, report
    return contract.Signature.model_validate_json((workspace.places.artifact / "signature.json").read_bytes())


def shapes(workspace: making.Workspace) -> dict[str, list[int]]:
    return {tensor.name: tensor.shape for tensor in signature(workspace).outputs}


def test_an_operator_that_onnx_lacks_is_named(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(torch.special.i1(x))")
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.EXPORT_FAILED, "spec.model.architecture.factory")
    assert "bessel_i1" in failure.message


def test_a_branch_on_values_is_told_with_its_line(workspace: making.Workspace) -> None:
    model(workspace, "if x.sum() > 0:\n    return self.classes(x)\nreturn -self.classes(x)")
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.EXPORT_FAILED
    assert "data-dependent" in failure.message
    assert failure.message.endswith("(net.py:10)")


def test_inputs_of_a_shape_that_the_module_refuses_are_told_with_its_words(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x)", inputs=[{"name": "x", "dtype": "float32", "shape": [-1, 5]}])
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.SHAPE_MISMATCH, "spec.model.inputs")
    assert "declared is x float32 [-1, 5]" in failure.message
    assert "mat1 and mat2 shapes cannot be multiplied" in failure.message


def test_inputs_of_another_number_are_told(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x)", "x, y", inputs=[{"name": "x", "dtype": "float32", "shape": [-1, 4]}])
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.SHAPE_MISMATCH
    assert "missing 1 required positional argument: 'y'" in failure.message


def test_a_batch_that_forward_fixes_is_told(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x.reshape(2, 4))")
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.SHAPE_MISMATCH
    assert "with x [1, 4] forward raised RuntimeError: shape '[2, 4]' is invalid" in failure.message


def test_an_input_that_forward_ignores_is_told(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x)", "x, unused")
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.EXPORT_FAILED, "spec.model.inputs")
    assert "does not use the input unused" in failure.message


def test_outputs_have_the_names_that_are_asked(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x), x * 2", outputs=["scores", "doubled"])
    assert shapes(workspace) == {"scores": [-1, 3], "doubled": [-1, 4]}


def test_several_outputs_are_numbered_where_no_names_are_asked(workspace: making.Workspace) -> None:
    model(workspace, "return {'b': self.classes(x), 'a': [x * 2, x + 1]}")
    assert list(shapes(workspace)) == ["output_0", "output_1", "output_2"]


def test_a_wrong_number_of_output_names_is_told(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x)", outputs=["scores", "more"])
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.SHAPE_MISMATCH, "spec.model.outputs")


def test_an_output_that_is_no_tensor_is_told(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x), 3")
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.SHAPE_MISMATCH, "spec.model.outputs")
    assert "output 1 is a int, not a tensor" in failure.message


def test_a_type_that_clients_cannot_receive_is_told(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x).bfloat16()")
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.SHAPE_MISMATCH, "spec.model.outputs")


def test_axes_other_than_the_batch_can_be_dynamic(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x)", inputs=[{"name": "x", "dtype": "float32", "shape": [-1, -1, 4]}])
    assert shapes(workspace) == {"output": [-1, -1, 3]}


def test_two_inputs_share_the_batch(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x + y)", "x, y")
    assert signature(workspace).batchable


def test_integers_index_a_table(workspace: making.Workspace) -> None:
    model(
        workspace,
        "return self.classes.weight.T[x].mean(1)",
        inputs=[{"name": "x", "dtype": "int64", "shape": [-1, -1]}],
    )
    assert shapes(workspace) == {"output": [-1, 3]}


def test_an_output_without_axes_is_told(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x).sum()")
    failure = workspace.failure("optimize")
    assert (failure.reason, failure.field) == (REASONS.EXPORT_FAILED, "spec.model.outputs")


def test_a_model_without_a_batch_axis_is_not_batchable(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x)", inputs=[{"name": "x", "dtype": "float32", "shape": [2, 4]}])
    told = signature(workspace)
    assert (told.batchable, told.outputs[0].shape) == (False, [2, 3])


def test_a_model_whose_rows_depend_on_their_neighbours_is_not_batchable(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x - x.mean(0, keepdim=True))")
    assert not signature(workspace).batchable


def test_golden_requests_of_a_model_without_a_batch_axis_are_whole_inputs(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x)", inputs=[{"name": "x", "dtype": "float32", "shape": [2, 4]}])
    signature(workspace)
    golden = np.load(workspace.places.artifact / "golden.npz")
    assert (golden["input.x"].shape, golden["output.output"].shape) == ((8, 2, 4), (8, 2, 3))


def test_random_numbers_in_eval_mode_make_the_export_differ(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(x + torch.rand_like(x))")
    failure = workspace.failure("optimize")
    assert failure.reason == REASONS.EXPORT_DIFFERS
    assert "output output of the exported graph differs from the model's by up to" in failure.message


def test_dropout_is_off(workspace: making.Workspace) -> None:
    model(workspace, "return self.classes(torch.nn.functional.dropout(x, 0.5, self.training))")
    assert workspace.run_until("optimize")[0] == 0


def test_weights_beyond_one_file_lie_beside_the_graph(
    workspace: making.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_builder.converting import capturing

    monkeypatch.setattr(capturing, "ONE_FILE", 0)
    code, report = workspace.run_until("publish")
    assert code == 0, report
    names = sorted(path.name for path in (workspace.places.artifact / "files").iterdir())
    assert names == ["model.onnx", "model.onnx.data"]
    assert report
    assert report.size > (workspace.places.artifact / "files/model.onnx").stat().st_size
