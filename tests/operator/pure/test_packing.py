"""Objects come out as they went in, and what is alike takes next to nothing."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from model_operator import packing

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
MANIFESTS = st.dictionaries(st.text(), VALUES)


@given(st.lists(MANIFESTS, max_size=8))
def test_what_is_unpacked_is_what_was_packed_whatever_was_packed_since(manifests):
    packer = packing.Packer()
    packed = [packer.pack(each) for each in manifests]
    assert [packing.unpack(each) for each in packed] == manifests


def pod(number: int, role: str) -> dict:
    digests = [hashlib.sha256(f"{role}-{each}".encode()).hexdigest() for each in range(20)]
    containers = [{"name": f"{role}-{each}", "image": f"registry.test/{each}"} for each in digests]
    return {"metadata": {"name": f"{role}-{number}"}, "spec": {"containers": containers}}


def test_near_copies_take_a_few_bytes_also_of_several_models():
    packer = packing.Packer()
    for role in ("server", "builder", "collector"):
        packed = [packer.pack(pod(number, role)) for number in range(5)]
        assert all(len(each.content) < len(json.dumps(pod(0, role))) / 10 for each in packed[1:])


def test_what_nothing_foretells_teaches_only_so_often():
    packer = packing.Packer()
    dictionaries = {packer.pack({"data": f"{number**99:x}"}).dictionary for number in range(200)}
    assert len(dictionaries) <= packing._LESSONS + 1
    assert max(map(len, dictionaries)) <= packing._WINDOW
