"""Ten times what the server can do: its queue grows, golden requests stall, and it is not dead."""

import concurrent.futures
import itertools
import threading
import time

import numpy as np
from onnx import TensorProto, helper

from serving import artifacts_made, processes

#: Executions take a while: so many products of matrices of this size.
STEPS, SIZE = 30, 700
CORNER = {"zero": 0, "one": 1, "axis": 0}
CLIENTS = 40
SECONDS = 9
#: A golden request waits less than the queue is long, and the server may be without success for less than the load.
TIMEOUT, LIMIT = 0.5, 3


def slow():
    """As `artifacts_made.graph`, after so much work that a server does a few a second."""
    made = artifacts_made.graph()
    names = ["noise", *(f"noise_{step}" for step in range(STEPS))]
    work = [
        helper.make_node("Slice", ["image", "zero", "one", "axis"], ["corner"]),
        helper.make_node("ReduceMean", ["corner"], ["mean"], keepdims=0),
        helper.make_node("Add", ["square", "mean"], ["noise"]),
        *(helper.make_node("MatMul", ["square", before], [after]) for before, after in itertools.pairwise(names)),
        helper.make_node("ReduceMean", [names[-1]], ["rest"], keepdims=0),
        helper.make_node("Mul", ["rest", "nothing"], ["none"]),
        helper.make_node("MatMul", ["image", "weights"], ["raw"]),
        helper.make_node("Add", ["raw", "none"], ["scores"]),
    ]
    kept = made.graph.node[1]
    nodes = [*work, kept]
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    square = np.full((SIZE, SIZE), 1 / SIZE, np.float32)
    made.graph.initializer.extend(
        [
            helper.make_tensor("square", TensorProto.FLOAT, [SIZE, SIZE], square.tobytes(), raw=True),
            helper.make_tensor("nothing", TensorProto.FLOAT, [], [0.0]),
            *(
                helper.make_tensor(name, TensorProto.INT64, [1], [value])
                for name, value in (("zero", 0), ("one", 1), ("axis", 0))
            ),
        ]
    )
    return made.SerializeToString()


def ask(server, over, answers):
    while not over.is_set():
        answers.append(server.infer(np.ones((1, 4), np.float32))[0])


def test_a_server_with_ten_times_its_load_is_busy_and_not_dead(served, tmp_path):
    over, answers, seen = threading.Event(), [], []
    metrics = {}
    with (
        served(model=slow(), max_batch_size=1) as server,
        processes.sentinel(
            tmp_path / "artifact", server.url, tmp_path / "log", metrics=server.metrics, timeout=TIMEOUT, limit=LIMIT
        ) as sentinel,
        concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool,
    ):
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        for _ in range(CLIENTS):
            pool.submit(ask, server, over, answers)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            seen.append((sentinel.probe("livez")[0], sentinel.probe("readyz")[1]["reason"]))
            time.sleep(0.2)
        metrics.update(sentinel.probe("readyz")[1])
        over.set()
    assert {status for status, _ in seen} == {200}
    assert "Busy" in {reason for _, reason in seen}, "the golden requests did not stall: it was not overloaded"
    assert metrics["golden"]["stalled"] >= 2
    assert metrics["traffic"]["succeeded"] > 0
