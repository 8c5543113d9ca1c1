"""The node keeps its pretended GPUs."""

from cluster import caretaking, starting

RESET = {"status": {"capacity": {"cpu": "2", "nvidia.com/gpu": "0"}, "allocatable": {"cpu": "2"}}}
READY = {"status": {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "1970-01-01T00:10:00Z"}]}}


def test_gpus_that_the_kubelet_reset_are_put_back():
    assert caretaking.gpu_patch(RESET) == [
        {"op": "add", "path": "/status/capacity/nvidia.com~1gpu", "value": "2"},
        {"op": "add", "path": "/status/allocatable/nvidia.com~1gpu", "value": "2"},
    ]


def test_a_node_with_its_gpus_is_left_alone():
    status = {part: {"nvidia.com/gpu": "2"} for part in ("capacity", "allocatable")}
    assert caretaking.gpu_patch({"status": status}) == []


def test_a_node_that_reports_nothing_yet_is_left_alone():
    assert caretaking.gpu_patch({"status": {}}) == []


def test_a_node_is_ready_only_by_what_it_said_since_the_kubelet_started():
    assert starting.is_ready(READY, since=600.9)
    assert not starting.is_ready(READY, since=601.0)
    assert not starting.is_ready({"status": {}})
