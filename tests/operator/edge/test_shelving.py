"""Few objects are kept as they are, and all can be read."""

from model_operator import kinds, shelving


def pod(number: int) -> kinds.Manifest:
    return {"metadata": {"name": f"pod-{number}"}, "spec": {"containers": [{"name": "c"}]}}


def test_only_those_used_last_are_kept_as_they_are():
    shelf = shelving.Shelf(2)
    first, second, third = (shelf.put(kinds.POD, pod(number), number) for number in range(3))
    assert [one.manifest is None for one in (first, second, third)] == [True, False, False]
    assert shelf.read(first) == pod(0)
    assert [one.manifest is None for one in (first, second, third)] == [False, True, False]


def test_what_is_read_again_and_again_is_unpacked_once():
    shelf = shelving.Shelf(1)
    held = shelf.put(kinds.POD, pod(0), 0)
    shelf.put(kinds.POD, pod(1), 1)
    assert shelf.read(held) is shelf.read(held)


def test_what_was_removed_takes_nobodys_place():
    shelf = shelving.Shelf(1)
    kept, removed = shelf.put(kinds.POD, pod(0), 0), None
    removed = shelf.put(kinds.POD, pod(1), 1)
    shelf.remove(removed)
    assert shelf.read(kept) == pod(0)
    assert list(shelf._recent) == [kept]
