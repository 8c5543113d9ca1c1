"""Nodes, looked at for one server: closely at few, and never at thousands."""

import pytest

from model_operator.deployments import surveying

GPU = "nvidia.com/gpu"
POD = {"containers": [{"resources": {"limits": {GPU: "1"}}}]}


def node(name, gpus="1"):
    return {"metadata": {"name": name}, "status": {"allocatable": {"pods": "9", **({GPU: gpus} if gpus else {})}}}


class Reader:
    """Nodes, and who holds their GPUs; None where they may not be read."""

    def __init__(self, nodes, full=(), hidden=()):
        self.there, self.full, self.hidden, self.counted = nodes, full, hidden, []

    async def nodes(self):
        return self.there

    async def pods_on(self, node):
        self.counted.append(node)
        if node in self.hidden:
            return None
        return ({"spec": POD, "status": {"phase": "Running"}},) if node in self.full else ()


def many(count, gpus="1"):
    return tuple(node(f"gpu-{number:03}", gpus) for number in range(count))


async def test_pods_are_counted_on_the_first_few_that_may_have_room():
    reader = Reader((*many(9), node("cpu", "")))
    found = await surveying.survey(reader, POD)
    assert len(found.nodes) == 10
    assert list(found.pods) == reader.counted == [f"gpu-00{number}" for number in range(surveying.COUNTED)]


async def test_where_nodes_may_not_be_read_there_is_no_survey():
    assert await surveying.survey(Reader(None), POD) is None
    assert await surveying.room(Reader(None), POD) is None


async def test_a_node_whose_pods_may_not_be_read_is_told_by_what_it_offers():
    found = await surveying.survey(Reader(many(2), hidden=("gpu-000",)), POD)
    assert list(found.pods) == ["gpu-001"]


@pytest.mark.parametrize(
    ("count", "full", "expected"),
    [
        (3, 2, True),
        (3, 3, False),
        (surveying.SEARCHED, surveying.SEARCHED - 1, True),
        (surveying.SEARCHED + 1, 0, None),
    ],
)
async def test_room_is_looked_for_on_all_of_some_and_on_none_of_very_many(count, full, expected):
    reader = Reader(many(count), full=[f"gpu-{number:03}" for number in range(full)])
    assert await surveying.room(reader, POD) is expected
    assert len(reader.counted) == (count if expected is not None else 0)


async def test_nodes_without_the_device_do_not_count_among_the_very_many():
    assert await surveying.room(Reader((*many(200, ""), *many(1))), POD) is True
