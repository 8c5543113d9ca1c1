"""The model as it is in its own framework: what it accepts, what it answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree

from model_builder import arrays, contract, datasets, errors, machine
from model_builder.converting import loading

FIELD = "spec.model.inputs"
OUTPUTS = "spec.model.outputs"
NEXT_STEPS = {
    FIELD: "Declare every argument of forward in its order, with its type and shape; -1 is a dynamic axis.",
    OUTPUTS: "Return tensors of plain number types alone, and give each a name or none.",
}


class Original:
    """A module, called with arrays by name."""

    def __init__(
        self, module: torch.nn.Module, model: contract.Model, requests: Mapping[str, arrays.Array], files: Path
    ) -> None:
        """Try the module on the first requests.

        Raises:
            RejectedError: ShapeMismatch, when it does not accept them or does not answer with tensors.

        """
        torch.set_num_threads(machine.threads())
        self.module = module
        self.model = model
        self.files = files
        self.batched = datasets.has_batch(model.inputs)
        self.example = self.first(requests)
        self.outputs = self.named(self.call(self.example))

    def first(self, requests: Mapping[str, arrays.Array]) -> dict[str, arrays.Array]:
        """An example to capture with. A batch of 2: torch takes an axis of size 1 for one that never changes."""
        if not self.batched:
            return {name: array[0] for name, array in requests.items()}
        return {name: np.concatenate([array[0], array[-1]]) for name, array in requests.items()}

    def tensors(self, feed: Mapping[str, arrays.Array]) -> tuple[torch.Tensor, ...]:
        """The arguments of forward, in the declared order."""
        return tuple(torch.from_numpy(np.array(feed[tensor.name])) for tensor in self.model.inputs)

    def call(self, feed: Mapping[str, arrays.Array]) -> list[arrays.Array]:
        """Outputs in order; those in lists, tuples and dicts one after another."""
        try:
            with torch.inference_mode():
                answer = self.module(*self.tensors(feed))
        except (Exception, SystemExit) as error:
            raise self.refused(feed, error) from error
        return [self.array(index, leaf) for index, leaf in enumerate(_pytree.tree_leaves(answer))]

    def array(self, index: int, leaf: Any) -> arrays.Array:
        """One output as an array of a type that a client can receive."""
        if not isinstance(leaf, torch.Tensor):
            raise mismatch(f"output {index} is a {type(leaf).__name__}, not a tensor", OUTPUTS)
        name = str(leaf.dtype).removeprefix("torch.")
        if name not in contract.DataType.__args__:  # type: ignore[attr-defined]
            raise mismatch(f"output {index} is of the type {name}, which clients cannot receive", OUTPUTS)
        return np.asarray(leaf.detach().numpy())

    def named(self, answers: list[arrays.Array]) -> list[str]:
        """The names of the outputs: as asked, else `output`, or output_0, output_1, ..."""
        count, asked = len(answers), self.model.outputs
        if not answers:
            raise mismatch("forward returns no tensor", OUTPUTS)
        if asked and len(asked) != count:
            raise mismatch(f"{len(asked)} outputs are named, forward returns {count}", OUTPUTS)
        return list(asked) or (["output"] if count == 1 else [f"output_{index}" for index in range(count)])

    def refused(self, feed: Mapping[str, arrays.Array], error: BaseException) -> errors.RejectedError:
        """The module raised on what the request declares."""
        declared = ", ".join(f"{tensor.name} {tensor.dtype} {tensor.shape}" for tensor in self.model.inputs)
        tried = ", ".join(f"{name} {list(array.shape)}" for name, array in feed.items())
        words = f"{type(error).__name__}: {error}{loading.line(error, self.files)}"
        return mismatch(f"declared is {declared}; with {tried} forward raised {words}")


def mismatch(problem: str, field: str = FIELD) -> errors.RejectedError:
    """The declaration and the module do not agree."""
    return errors.RejectedError(
        contract.FailureReason.SHAPE_MISMATCH, problem, field=field, next_step=NEXT_STEPS[field]
    )
