# ruff: noqa: INP001 - Triton loads this file by its path
"""A Triton backend in Python that runs ONNX models on the CPU: development only.

Triton loads this file wherever a config.pbtxt says `backend: "onnxruntime"`, if it lies in a folder of that name
beside the Python backend. So the development server takes the very configuration that production takes.

    requests ─► join along axis 0 ─► one run ─► split ─► responses        (max_batch_size > 0)
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

#: Threads of one execution. Triton's real backend takes the same parameter; its default is every core of the node.
THREADS_PARAMETER = "intra_op_thread_count"
THREADS_VARIABLE = "MODELSMITH_INTRA_OP_THREADS"

Arrays = list[np.ndarray[Any, Any]]


class TritonPythonModel:
    """One instance: its session and the names it serves. Instances share nothing but the file."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the model. What goes wrong here is the reason in /v2/repository/index."""
        config = json.loads(args["model_config"])
        self.inputs = [tensor["name"] for tensor in config["input"]]
        self.outputs = [tensor["name"] for tensor in config["output"]]
        self.batched = config["max_batch_size"] > 0
        file = (
            Path(args["model_repository"])
            / args["model_version"]
            / (config.get("default_model_filename") or "model.onnx")
        )
        self.session = onnxruntime.InferenceSession(file, _options(config), providers=["CPUExecutionProvider"])
        self._hold_against_the_file()

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """One response per request, in order."""
        feeds = [
            [pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs]
            for request in requests
        ]
        if self.batched and len(feeds) > 1:
            try:
                return self._together(requests, feeds)
            except Exception:  # noqa: BLE001, S110 - one bad sample fails the run: find out whose, below
                pass
        return [self._alone(request, feed) for request, feed in zip(requests, feeds, strict=True)]

    def _together(self, requests: Sequence[Any], feeds: list[Arrays]) -> list[Any]:
        """Run all as one batch. The parts of the outputs are views: nothing is copied to split them."""
        joined = [np.concatenate(arrays) for arrays in zip(*feeds, strict=True)]
        outputs = self._run(joined)
        ends = np.cumsum([len(feed[0]) for feed in feeds])[:-1]
        parts = zip(*(np.split(output, ends) for output in outputs), strict=True)
        return [self._response(request, part) for request, part in zip(requests, parts, strict=True)]

    def _alone(self, request: Any, feed: Arrays) -> Any:
        """Run one request; an error is its own."""
        try:
            return self._response(request, self._run(feed))
        except Exception as error:  # noqa: BLE001 - the client is told, whatever it is
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"onnxruntime: {error}"))

    def _run(self, arrays: Arrays) -> list[Any]:
        outputs: list[Any] = self.session.run(self.outputs, dict(zip(self.inputs, arrays, strict=True)))
        return outputs

    def _response(self, request: Any, outputs: Sequence[Any]) -> Any:
        """Only what the client asked for."""
        wanted = request.requested_output_names()
        tensors = [
            pb_utils.Tensor(name, output) for name, output in zip(self.outputs, outputs, strict=True) if name in wanted
        ]
        return pb_utils.InferenceResponse(output_tensors=tensors)

    def _hold_against_the_file(self) -> None:
        """Raise if the configuration names tensors that the file has not, as the real backend does."""
        for kind, named, there in (
            ("input", self.inputs, self.session.get_inputs()),
            ("output", self.outputs, self.session.get_outputs()),
        ):
            names = [tensor.name for tensor in there]
            unknown = [name for name in named if name not in names]
            if unknown:
                raise pb_utils.TritonModelException(f"unexpected inference {kind} {unknown}, allowed are {names}")


def _options(config: dict[str, Any]) -> onnxruntime.SessionOptions:
    """One thread unless asked: instances and clients share few cores, and spinning threads take them from both."""
    options = onnxruntime.SessionOptions()
    given = config.get("parameters", {}).get(THREADS_PARAMETER, {}).get("string_value")
    options.intra_op_num_threads = int(given or os.environ.get(THREADS_VARIABLE, "1"))
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options
