"""ONNX Runtime on the CPU, the library that Triton's backend is made of."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from model_builder import arrays, contract, errors, machine


class Session:
    """A graph, ready to run."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        """Load the graph, to run on so many threads; by default on all that are worth starting.

        Raises:
            RejectedError: ExportFailed, when the runtime does not take it.

        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or machine.threads()
        options.log_severity_level = 3
        try:
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise errors.RejectedError(
                contract.FailureReason.EXPORT_FAILED,
                f"ONNX Runtime does not load the graph: {error}",
                field="spec.model.architecture.factory",
                next_step="Leave out the operator that it names.",
            ) from error
        self.outputs = [output.name for output in self.session.get_outputs()]

    def call(self, feed: Mapping[str, arrays.Array]) -> list[arrays.Array]:
        """Arrays by input name -> arrays in the order of the outputs."""
        try:
            answers = self.session.run(None, {name: np.ascontiguousarray(array) for name, array in feed.items()})
        except Exception as error:
            tried = ", ".join(f"{name} {list(array.shape)}" for name, array in feed.items())
            raise errors.RejectedError(
                contract.FailureReason.EXPORT_DIFFERS,
                f"the exported graph does not run with {tried}: {error}",
                field="spec.model.inputs",
                next_step="Let forward take its sizes from its inputs, not from constants.",
            ) from error
        return [np.asarray(answer) for answer in answers]
