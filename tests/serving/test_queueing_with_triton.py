"""Queues that reject, by the overlay. Requests wait because the batcher waits for more of them."""

import concurrent.futures
import re

import numpy as np
import pytest

from serving import processes

IMAGE = np.ones((1, 4), np.float32)
#: Longer than any request of these tests is waited for.
HOLD = 3_000_000


def waiting(server, count):
    """Until so many are in the queue."""
    wanted = f'nv_inference_pending_request_count{{model="tiny",version="1"}} {count}'
    processes.until(lambda: wanted in processes.get(server.metrics)[1])


def failures(server):
    """How many requests failed, by the reason that Triton counts them under."""
    found = re.findall(r'nv_inference_request_failure\{.*reason="(\w+)".*\} (\d+)', processes.get(server.metrics)[1])
    return {reason: int(count) for reason, count in found if int(count)}


def test_a_full_queue_rejects_at_once(served):
    policy = {"default_queue_policy": {"max_queue_size": 2}}
    with (
        served(overlay={"dynamic_batching": {**policy, "max_queue_delay_microseconds": HOLD}}) as server,
        concurrent.futures.ThreadPoolExecutor(2) as pool,
    ):
        first = [pool.submit(server.infer, IMAGE) for _ in range(2)]
        waiting(server, 2)
        status, answer = server.infer(IMAGE)
        assert not any(one.done() for one in first), "it did not wait for those before it"
        assert status == 503
        assert "Exceeds maximum queue size" in answer["error"]
        assert [one.result()[0] for one in first] == [200, 200]
        assert failures(server) == {}, "docs/design/monitoring.md says that they are counted nowhere"


def test_who_waits_too_long_is_rejected(served):
    policy = {"default_queue_policy": {"timeout_action": "REJECT", "default_timeout_microseconds": 100_000}}
    with served(overlay={"dynamic_batching": {**policy, "max_queue_delay_microseconds": HOLD}}) as server:
        status, answer = server.infer(IMAGE)
        assert status == 503
        assert "Request timeout expired" in answer["error"]
        assert failures(server) == {"REJECTED": 1}


@pytest.mark.parametrize(("level", "status"), [(1, 503), (2, 200)])
def test_each_priority_has_its_own_policy(served, level, status):
    overlay = {
        "dynamic_batching": {
            "max_queue_delay_microseconds": 1_000_000,
            "priority_levels": 2,
            "default_priority_level": 2,
            "priority_queue_policy": {"1": {"default_timeout_microseconds": 100_000}},
        }
    }
    tensor = {"name": "image", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
    with served(overlay=overlay) as server:
        asked = {"inputs": [tensor], "parameters": {"priority": level}}
        assert server.ask("models/tiny/infer", asked)[0] == status


def test_a_queue_without_batches(served):
    with served(batch=2, overlay={"dynamic_batching": {"default_queue_policy": {"max_queue_size": 5}}}) as server:
        assert server.infer(np.ones((2, 4), np.float32))[0] == 200


def test_a_rate_limited_server_answers(served):
    limit = {"resources": [{"name": "R", "global": True, "count": 1}], "priority": 1}
    with served(overlay={"instance_group": [{"count": 2, "rate_limiter": limit}]}) as server:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert {status for status, _ in pool.map(server.infer, [IMAGE] * 20)} == {200}
        assert server.ask("models/tiny/config")[1]["instance_group"][0]["rate_limiter"]["resources"][0]["name"] == "R"


def test_tags_are_labels_of_the_metrics(served):
    with served(overlay={"metric_tags": {"team": "vision"}}) as server:
        assert '_team="vision"' in processes.get(server.metrics)[1]
