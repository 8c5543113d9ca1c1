"""A change of a model that holds every GPU there is: it comes to its end, and the status says how.

The node's GPUs are pretended, so the model computes on the CPU beside them (`modelConfig.instance_group`).
"""

import pytest

from e2e import kube, lanes, manifests, waiting

NAME = "greedy"
GPU = "nvidia.com/gpu"


def model(copies: int) -> kube.Manifest:
    """A server with all GPUs of the node."""
    [count] = {int(node["status"]["allocatable"].get(GPU, 0)) for node in kube.read("nodes")["items"]}
    assert count > 0, f"no node offers {GPU}"
    overlay = {"instance_group": [{"kind": "KIND_CPU", "count": copies}]}
    serving = {"gpu": {"count": count}, "modelConfig": overlay}
    return manifests.model_deployment(NAME, manifests.from_config_map("small"), serving=serving)


@pytest.fixture
def greedy(workshop):
    """It serves."""
    with lanes.alone_with("gpus"):
        workshop.apply(model(1))
        waiting.ready(workshop, NAME)
        yield NAME
        workshop.delete("mdep", NAME)


def test_with_every_gpu_taken_a_rollout_comes_to_its_end_and_says_how(workshop, greedy):
    before = workshop.get("mdep", greedy)["status"]["rollout"]["revision"]
    workshop.apply(model(2))
    rollout = waiting.ready(workshop, greedy)["status"]["rollout"]
    assert rollout["revision"] != before
    assert rollout["strategy"] == "recreate"
    assert "GPUs are taken" in rollout["message"]
    assert "the model is away meanwhile" in rollout["message"]
