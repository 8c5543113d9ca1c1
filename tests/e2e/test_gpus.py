"""GPUs are asked for as nodes offer them. The embedded cluster only pretends to have two: nothing runs on one here."""

import pytest

from e2e import kube, lanes, manifests, waiting

GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def crowded(workshop):
    """One ModelDeployment with a GPU more than the cluster has: names in the order of their making."""
    there = sum(int(node["status"]["allocatable"].get(GPU, 0)) for node in kube.read("nodes")["items"])
    assert there > 0, f"no node offers {GPU}"
    made = [f"gpu-{number}" for number in range(there + 1)]
    with lanes.alone_with("gpus"):
        for name in made:
            source = manifests.from_config_map("small")
            workshop.apply(manifests.model_deployment(name, source, serving={"gpu": {"count": 1}}))
        yield made
        workshop.delete("mdep", *made)


def test_as_many_as_there_are_gpus_find_a_node(workshop, crowded):
    wanted = len(crowded) - 1
    waiting.until("all but one have a node", lambda: len(scheduled(workshop, crowded)) == wanted, 90, workshop)


def test_each_asks_for_its_gpu_by_name(workshop, crowded):
    waiting.until("every pod is there", lambda: len(pods(workshop, crowded)) == len(crowded), 60, workshop)
    for pod in pods(workshop, crowded):
        asked = [container["resources"].get("limits", {}).get(GPU) for container in pod["spec"]["containers"]]
        assert asked.count("1") == 1, asked


def test_the_one_too_many_says_what_the_scheduler_says(workshop, crowded):
    def words():
        found = [workshop.get("mdep", name) for name in crowded]
        said = [waiting.current(resource).get("Ready", {}).get("message", "") for resource in found]
        return [message for message in said if f"Insufficient {GPU}" in message]

    assert len(waiting.until("the scheduler's words", words, 90, workshop)) == 1


def test_a_server_that_cannot_load_its_model_says_what_triton_says(workshop, crowded):
    """There is no GPU behind the node's word: Triton notices, and the condition tells."""

    def words():
        found = [waiting.current(workshop.get("mdep", name)).get("Ready", {}) for name in crowded]
        return [said["message"] for said in found if said.get("reason") == "ModelNotLoaded"]

    for message in waiting.until("Triton's words", words, 90, workshop):
        assert "KIND_GPU but no GPUs are available" in message


def pods(namespace, owners: list[str]) -> list:
    """Their servers."""
    return namespace.list("pods", f"modelsmith.dev/deployment in ({','.join(owners)})")


def scheduled(namespace, owners: list[str]) -> list:
    """Those that have a node."""
    return [pod for pod in pods(namespace, owners) if pod["spec"].get("nodeName")]
