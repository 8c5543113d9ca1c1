"""HTTP that accepts and does not answer, as behind a crowd, while the server goes on answering others."""

import socket
import threading

import numpy as np
import pytest

from model_serving.sentinel import wire
from serving import artifacts_made, processes

IMAGE = np.ones((1, 4), np.float32)
METRICS = """\
# HELP nv_inference_request_success Number of successful inference requests, all batch sizes
nv_inference_request_success{model="tiny-2",version="1"} 3
nv_inference_request_success{_team="a",model="tiny",version="1"} 34
nv_inference_request_failure{model="tiny",reason="OTHER",version="1"} 7
"""


@pytest.mark.parametrize(("model", "count"), [("tiny", 34), ("tiny-2", 3), ("t", None), ("a", None)])
def test_successes_are_read_out_of_the_metrics(model, count):
    assert wire.successes(METRICS, model) == count


@pytest.fixture
def silent():
    """The address of somebody who takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_who_answers_others_lives_though_http_is_silent(shared, silent, tmp_path):
    artifacts_made.make(tmp_path / "artifact")
    over = threading.Event()

    def ask():
        while not over.wait(0.1):
            shared.infer(IMAGE)

    clients = threading.Thread(target=ask)
    clients.start()
    try:
        with (
            processes.sentinel(
                tmp_path / "artifact", silent, tmp_path / "told", metrics=shared.metrics, limit=1
            ) as told,
            processes.sentinel(tmp_path / "artifact", silent, tmp_path / "alone", limit=1) as alone,
        ):
            processes.until(lambda: alone.probe("livez")[0] == 503)
            processes.until(lambda: told.probe("readyz")[1]["looks"] >= 2)
            assert told.probe("livez")[0] == 200
            assert told.probe("readyz")[1]["reason"] == "GoldenPending", "others succeed, and nothing is proven yet"
    finally:
        over.set()
        clients.join()
