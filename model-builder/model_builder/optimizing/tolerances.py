"""How far may a right answer be from the golden one? Measured, because it depends on the graph.

The artifact itself is asked again in other batches, on other numbers of threads, several times over: how far those
answers, all of them right, are apart is what a server may differ by, and MARGIN times that is allowed.

    t = max(least for the type, MARGIN * largest |answer - expected| / (1 + |expected|))

serves as both parts, absolute and relative. The absolute part is at least STEPS quantization steps of the output: on
another CPU a sum is rounded otherwise and an output lands on the next code, which is no wrong answer.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from model_builder import arrays, contract, machine, running
from model_builder.optimizing import graphs, modes, parity, runtime

#: Output name -> absolute and relative.
Bounds = dict[str, parity.Bound]
Rows = Mapping[str, arrays.Array]
MARGIN = 4.0
STEPS = 2.0
SIZES = (1, 8, 32)
THREADS = (1, 2)
RUNS = 3
#: Samples that are asked, beside the golden requests.
ROWS = 56
HALF = "float16"


def measure(path: Path, rows: Rows, expected: modes.Answers, *, batched: bool, batchable: bool) -> Bounds:
    """Ask again and again.

    Args:
        path: The graph.
        rows: Input name -> (rows, *row), or (requests, *whole request) where the model has no batch axis.
        expected: Output name -> (rows, *output): each answered alone.
        batched: Has the model a batch axis?
        batchable: May a server join requests?

    """
    spread = dict.fromkeys(expected, 0.0)
    sizes = (SIZES if batchable else (1,)) if batched else (None,)
    for answers in again(path, rows, sizes):
        for name, answer in answers.items():
            spread[name] = max(spread[name], relative(answer, expected[name]))
    return {name: widened(bound, MARGIN * spread[name]) for name, bound in least(path, expected).items()}


def again(path: Path, rows: Rows, sizes: Sequence[int | None]) -> Iterator[modes.Answers]:
    """The same questions, asked in every other way; without a size each is a whole request."""
    for threads in sorted({*THREADS, machine.threads()}):
        session = runtime.Session(path, threads)
        for size, _ in itertools.product(sizes, range(RUNS)):
            if size is None:
                answers = running.over_requests(session.call, rows)
            else:
                answers = running.in_batches(session.call, rows, itertools.repeat(size))
            yield modes.named(session, answers)


def spread(rows: int) -> arrays.Array:
    """Indices of at most ROWS rows, evenly over all."""
    return np.unique(np.linspace(0, rows - 1, min(rows, ROWS)).astype(np.int64))


def least(path: Path, expected: modes.Answers) -> Bounds:
    """Below these no difference counts. Of a half precision graph also where its outputs are float32."""
    graph = graphs.read(path)
    steps = graphs.output_steps(graph)
    half = graphs.precision(graph) == HALF
    return {
        name: (max(floor := bound(answer, half=half), STEPS * steps.get(name, 0.0)), floor)
        for name, answer in expected.items()
    }


def bound(answer: arrays.Array, *, half: bool) -> float:
    """The least bound of one output."""
    return contract.HALF_TOLERANCE if half and parity.floating(answer) else parity.least(answer)[0]


def widened(bound: parity.Bound, measured: float) -> parity.Bound:
    """No smaller than what was measured, to two digits, rounded up."""
    up = float(f"{measured:.1e}") if measured else 0.0
    up = up if up >= measured else float(f"{measured * 1.05:.1e}")
    return max(bound[0], up), max(bound[1], up)


def relative(answer: arrays.Array, expected: arrays.Array) -> float:
    """Largest |answer - expected| / (1 + |expected|). Whole numbers are right or wrong: theirs is zero.

    So are infinities and NaN: a tolerance cannot grow to let one pass.
    """
    if not parity.floating(expected):
        return 0.0
    first, second = parity.wide(answer), parity.wide(expected)
    finite = np.isfinite(first) & np.isfinite(second)
    return float((np.abs(first[finite] - second[finite]) / (1 + np.abs(second[finite]))).max(initial=0))
