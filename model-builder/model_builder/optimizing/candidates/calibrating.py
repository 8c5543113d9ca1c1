"""The range of every activation, seen while calibration rows run through the float graph."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.quantization import calibrate

from model_builder import arrays, machine, running

Feed = Mapping[str, arrays.Array]
CALIBRATERS = {"minMax": calibrate.MinMaxCalibrater, "entropy": calibrate.EntropyCalibrater}
#: A range as wide as this is the "minus infinity" of a mask: 8 bits over it hold nothing else.
WIDEST = float(np.finfo(np.float16).max)


class Once(calibrate.CalibrationDataReader):  # type: ignore[misc]
    """One feed. The calibrater is handed one at a time, and so need not hold the activations of all."""

    def __init__(self, feed: Feed) -> None:
        """Hold it until asked."""
        self.feeds = iter([feed])

    def get_next(self) -> Feed | None:
        """The feed, then None."""
        return next(self.feeds, None)


def feeds(rows: Feed, samples: int, *, batched: bool) -> Iterator[Feed]:
    """At most so many rows, evenly over all: in batches, or each as the whole request that it is."""
    count = len(next(iter(rows.values())))
    taken = np.unique(np.linspace(0, count - 1, min(count, samples)).astype(np.int64))
    if not batched:
        yield from ({name: array[row] for name, array in rows.items()} for row in taken)
        return
    for start in range(0, len(taken), running.BATCH):
        yield {name: array[taken[start : start + running.BATCH]] for name, array in rows.items()}


def ranges(graph: Path, operators: Sequence[str], method: str, feeds: Iterable[Feed]) -> calibrate.TensorsData:
    """Tensor name -> lowest and highest value, of what goes into and out of these operators.

    The graph's folder is written to. Calibraters make a session with a thread for each core of the node; ours has as
    many as the container may use.
    """
    augmented = graph.with_name("augmented.onnx")
    external = graph.with_name(f"{graph.name}.data").exists()
    calibrater = CALIBRATERS[method](
        graph, operators, augmented_model_path=str(augmented), use_external_data_format=external
    )
    calibrater.augment_graph()
    calibrater.infer_session = session(augmented)
    for feed in feeds:
        calibrater.collect_data(Once(feed))
    return calibrater.compute_data()


def session(graph: Path) -> onnxruntime.InferenceSession:
    """Runs every node as it stands: a fused one has no activations to see."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = machine.threads()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def bounded(found: calibrate.TensorsData) -> calibrate.TensorsData:
    """The ranges that 8 bits can hold: not those that are infinite, NaN, or of a mask."""
    kept = {name: data for name, data in found.items() if all(np.all(np.abs(end) < WIDEST) for end in data.range_value)}
    return calibrate.TensorsData(found.calibration_method, kept)
