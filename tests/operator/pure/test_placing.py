"""Why no node takes a server, in words; and whether one would take another."""

import pytest
from pure import making, worlds

from model_operator import kinds, placing
from model_operator.deployments import revisiting

GPU, SLICE = "nvidia.com/gpu", "nvidia.com/mig-1g.10gb"
PRODUCT, MEMORY, STRATEGY = "nvidia.com/gpu.product", "nvidia.com/gpu.memory", "nvidia.com/mig.strategy"
PLENTY = {"cpu": "64", "memory": "512Gi", "pods": "110"}


def node(name="gpu-a", labels=None, taints=(), *, cordoned=False, **offered):
    """A node with plenty, and the devices that are named: `gpu=1`, or any by `devices`."""
    gpus = {GPU: str(offered.pop("gpu"))} if "gpu" in offered else {}
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"taints": list(taints), **({"unschedulable": True} if cordoned else {})},
        "status": {"allocatable": {**PLENTY, **gpus, **offered.pop("devices", {}), **offered}},
    }


def pod(resource=GPU, count="1", **fields):
    """What a server asks."""
    requests = {"cpu": "500m", "memory": "1Gi", **({resource: count} if resource else {})}
    return {"containers": [{"name": "triton", "resources": {"requests": requests, "limits": requests}}], **fields}


def holder(resource=GPU, count="1", phase="Running"):
    return {"spec": pod(resource, count), "status": {"phase": phase}}


def required(*expressions):
    term = {"matchExpressions": list(expressions)}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


H100 = required({"key": PRODUCT, "operator": "In", "values": ["NVIDIA-H100"]})
LARGE = required({"key": MEMORY, "operator": "Gt", "values": ["81919"]})
SINGLE = {STRATEGY: "single", PRODUCT: "NVIDIA-A100-MIG-1g.10gb"}
WORDS = {
    "no GPU at all": (node(), pod(), (), "gpu-a lacks nvidia.com/gpu"),
    "a GPU that the driver lost": (node(gpu=0), pod(), (), "gpu-a lacks nvidia.com/gpu"),
    "slices of another size": (
        node(devices={"nvidia.com/mig-1g.5gb": "7"}),
        pod(SLICE),
        (),
        "gpu-a lacks nvidia.com/mig-1g.10gb (offers nvidia.com/mig-1g.5gb)",
    ),
    "slices where a whole GPU is wanted": (
        node(devices={SLICE: "7"}),
        pod(),
        (),
        "gpu-a lacks nvidia.com/gpu (offers nvidia.com/mig-1g.10gb)",
    ),
    "slices under the name of a GPU": (
        node(gpu=7, labels=SINGLE),
        pod(SLICE),
        (),
        "instead of gpu.mig write gpu.product: NVIDIA-A100-MIG-1g.10gb and gpu.count",
    ),
    "other slices under the name of a GPU": (
        node(gpu=7, labels={**SINGLE, PRODUCT: "NVIDIA-A100-MIG-1g.5gb"}),
        pod(SLICE),
        (),
        "(offers nvidia.com/gpu as NVIDIA-A100-MIG-1g.5gb)",
    ),
    "fewer than are asked for": (
        node(gpu=1),
        pod(count="2"),
        (),
        "gpu-a has 1 nvidia.com/gpu in all, and 2 are asked for",
    ),
    "another product": (
        node(gpu=1, labels={PRODUCT: "NVIDIA-A100"}),
        pod(affinity=H100),
        (),
        "gpu-a has nvidia.com/gpu.product NVIDIA-A100, not NVIDIA-H100",
    ),
    "a product that nobody discovered": (
        node(gpu=1),
        pod(affinity=H100),
        (),
        "gpu-a has no label nvidia.com/gpu.product",
    ),
    "too little memory": (
        node(gpu=1, labels={MEMORY: "40960"}),
        pod(affinity=LARGE),
        (),
        "gpu-a has GPUs of 40960 MiB, and 81920 are asked for",
    ),
    "all taken": (node(gpu=1), pod(), (holder(),), "gpu-a has no free nvidia.com/gpu (1 allocatable, all taken)"),
    "too few free": (
        node(gpu=4),
        pod(count="2"),
        (holder(count="3"),),
        "gpu-a has 1 nvidia.com/gpu free, and 2 are asked for",
    ),
    "a taint": (
        node(gpu=1, taints=[{"key": "dedicated", "value": "research", "effect": "NoSchedule"}]),
        pod(),
        (),
        "gpu-a has the taint dedicated=research:NoSchedule, which is not tolerated",
    ),
    "cordoned": (
        node(gpu=1, cordoned=True, taints=[{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]),
        pod(),
        (),
        "gpu-a is cordoned",
    ),
    "no cpu left": (node(gpu=1, cpu="1"), pod(), (holder("", phase="Pending"),) * 2, "gpu-a has too little cpu free"),
    "never enough cpu": (node(gpu=1, cpu="100m"), pod(), (), "gpu-a has too little cpu in all"),
    "another label": (
        node(gpu=1, labels={"disk": "hdd"}),
        pod(nodeSelector={"disk": "ssd"}),
        (),
        "gpu-a has disk hdd, not ssd",
    ),
    "no such label": (node(gpu=1), pod(nodeSelector={"disk": "ssd"}), (), "gpu-a does not meet disk In ssd"),
    "nothing": (node(gpu=1), pod(), (holder(phase="Succeeded"),), "gpu-a has room; something else keeps the pod"),
}


@pytest.mark.parametrize(("there", "wanted", "pods", "words"), WORDS.values(), ids=WORDS)
def test_a_node_and_why_not_it(there, wanted, pods, words):
    told = placing.considered(placing.Survey((there,), {"gpu-a": pods}), wanted)
    assert told.startswith("gpu-a ")
    assert told.endswith(words)


def test_a_node_says_all_that_it_has_against_the_pod():
    there = node(gpu=1, cordoned=True, labels={PRODUCT: "NVIDIA-A100"})
    told = placing.considered(placing.Survey((there,)), pod(affinity=H100))
    assert told == "gpu-a is cordoned, has nvidia.com/gpu.product NVIDIA-A100, not NVIDIA-H100"


def test_the_nearest_nodes_are_told_and_the_rest_counted():
    without = [node(f"cpu-{number}") for number in range(4)]
    busy, closed = node("gpu-z", gpu=1), node("gpu-a", gpu=1, cordoned=True)
    survey = placing.Survey((*without, closed, busy), {"gpu-z": (holder(),)})
    told = placing.considered(survey, pod()).split("; ")
    assert [one.split()[0] for one in told] == ["gpu-z", "gpu-a", "cpu-0", "cpu-1", "cpu-2", "and"]
    assert told[-1] == "and 1 more node"


def test_a_node_with_slices_is_nearer_than_one_with_whole_gpus_and_that_nearer_than_one_with_none():
    there = (
        node("a"),
        node("b", gpu=1),
        node("c", devices={"nvidia.com/mig-1g.5gb": "7"}),
        node("d", gpu=7, labels=SINGLE),
    )
    told = placing.considered(placing.Survey(there), pod(SLICE)).split("; ")
    assert {one.split()[0] for one in told[:2]} == {"c", "d"}
    assert [one.split()[0] for one in told if one[0] in "ab"] == ["b", "a"]


def test_the_words_do_not_depend_on_the_order_of_the_nodes_and_are_bounded():
    there = [node(f"{'n' * 60}-{number:02}", gpu=1, cordoned=bool(number % 3)) for number in range(40)]
    one, other = (placing.considered(placing.Survey(tuple(found)), pod()) for found in (there, there[::-1]))
    assert one == other
    assert len(one.encode()) < placing.WORDS_LIMIT + 30
    assert one.endswith("and 35 more nodes")


def test_where_there_are_no_nodes_nothing_is_said():
    assert placing.considered(placing.Survey(()), pod()) == ""


@pytest.mark.parametrize(
    ("wanted", "concerned"),
    [
        (pod(), True),
        (pod(None, nodeSelector={"disk": "ssd"}), True),
        (pod(None, affinity=H100), True),
        (pod(None), False),
    ],
)
def test_nodes_are_looked_at_for_pods_that_need_one_of_a_kind(wanted, concerned):
    assert placing.concerned(wanted) is concerned


NEIGHBOURS = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "a"}]}}
SPREAD = [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}]
ROOM = {
    "nodes may not be read": (None, {}, pod(), None),
    "a free GPU": ((node(gpu=2),), {"gpu-a": (holder(),)}, pod(), True),
    "all taken": ((node(gpu=1),), {"gpu-a": (holder(),)}, pod(), False),
    "taken here, free there": ((node(gpu=1), node("b", gpu=1)), {"gpu-a": (holder(),), "b": ()}, pod(), True),
    "no node with a GPU": ((node(),), {}, pod(), False),
    "a node whose pods are not known": ((node(gpu=1),), {}, pod(), None),
    "full here, not known there": ((node(gpu=1), node("b", gpu=1)), {"gpu-a": (holder(),)}, pod(), None),
    "free, and cordoned": ((node(gpu=1, cordoned=True),), {"gpu-a": ()}, pod(), False),
    "free, of another product": ((node(gpu=1),), {"gpu-a": ()}, pod(affinity=H100), False),
    "no slot for a pod": ((node(gpu=2, pods="1"),), {"gpu-a": (holder("", phase="Running"),)}, pod(), False),
    "neighbours have a say": ((node(gpu=1),), {"gpu-a": ()}, pod(affinity=NEIGHBOURS), None),
    "spread over zones": ((node(gpu=1),), {"gpu-a": ()}, pod(topologySpreadConstraints=SPREAD), None),
    "a device by claim": ((node(gpu=1),), {"gpu-a": ()}, pod(resourceClaims=[{"name": "gpu"}]), None),
}


@pytest.mark.parametrize(("there", "pods", "wanted", "expected"), ROOM.values(), ids=ROOM)
def test_whether_one_more_would_find_room(there, pods, wanted, expected):
    survey = None if there is None else placing.Survey(there, pods)
    assert placing.room(survey, wanted) is expected


def unscheduled(*there, **serving):
    """A server on a GPU that no node takes."""
    world = making.world(serving={"gpu": {"count": 1}, **serving})
    making.start_build(world)
    making.build_well(world)
    world.reconcile()
    making.roll(world, ready=0)
    making.server_pod(world, **making.unscheduled())
    world.nodes_there = there or None
    return world


def ready(world):
    return worlds.condition(world.reconcile(), "Ready")


def test_the_condition_has_the_schedulers_words_then_the_nodes_then_the_way_out():
    told = ready(unscheduled(node(), node("gpu-b", gpu=2, cordoned=True)))
    assert told["reason"] == "Unschedulable"
    parts = ["1 Insufficient nvidia.com/gpu", "gpu-b is cordoned", "gpu-a lacks nvidia.com/gpu", "make room on a node"]
    places = [told["message"].index(part) for part in parts]
    assert places == sorted(places)


def test_who_took_the_last_gpu_is_counted_whoever_it_belongs_to():
    world = unscheduled(node(gpu=1))
    taker = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "else"}, **holder()}
    world.put({**taker, "spec": {**taker["spec"], "nodeName": "gpu-a"}})
    assert "gpu-a has no free nvidia.com/gpu (1 allocatable, all taken)" in ready(world)["message"]


def test_where_nodes_may_not_be_read_the_schedulers_words_must_do():
    world = unscheduled()
    assert "Insufficient nvidia.com/gpu.; make room" in ready(world)["message"]
    assert world.decision.requeue_after is None


def test_nodes_are_looked_at_again_because_nobody_tells_of_them():
    world = unscheduled(node())
    ready(world)
    assert world.decision.requeue_after == revisiting.NODES_PATIENCE


def test_a_long_story_keeps_its_end():
    world = unscheduled(*(node(f"{'n' * 60}-{number:02}") for number in range(9)))
    (there,) = [one for one in world.all(kinds.POD) if one["metadata"]["name"] == "digits-0"]
    there["status"]["conditions"][0]["message"] = "0/9 nodes are available: " + "because, " * 200
    message = ready(world)["message"]
    assert message.endswith("and 4 more nodes; make room on a node, add one, or ask for less in spec.serving")


def test_a_pod_that_no_node_takes_is_wanted_all_the_same():
    """A cluster that grows by itself adds a node for it."""
    world = unscheduled(node())
    ready(world)
    assert world.find(kinds.DEPLOYMENT)["spec"]["replicas"] == 1
