"""What the cache believes when news come in any order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from model_operator import caching, kinds, names, outlines

KEY = kinds.Key(kinds.JOB, "demo", "web")


def job(version: int, name: str = "web", namespace: str = "demo", **metadata) -> kinds.Manifest:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "uid": name, "resourceVersion": str(version), **metadata},
    }


def replace(
    caches: caching.Caches, namespace: str | None, jobs: list[kinds.Manifest], version: str
) -> list[caching.Change]:
    """A LIST, as the lister takes it in."""
    changes = [change for one in jobs if (change := caches.note(kinds.JOB, one))]
    return changes + caches.settle(kinds.JOB, namespace, {kinds.key_of(one, kinds.JOB) for one in jobs}, version)


def version(caches: caching.Caches) -> str | None:
    held = caches.get(KEY)
    return held["metadata"]["resourceVersion"] if held else None


def test_a_newer_object_replaces_an_older_one_and_the_change_tells_both():
    caches = caching.Caches()
    first = caches.note(kinds.JOB, job(1))
    second = caches.note(kinds.JOB, job(2))
    assert (first.old, first.new) == (None, job(1))
    assert (second.old, second.new) == (job(1), job(2))


def test_an_older_event_never_overwrites_a_newer_object():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(9))
    assert caches.note(kinds.JOB, job(7)) is None
    assert version(caches) == "9"


def test_versions_are_compared_as_numbers():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(9))
    assert caches.note(kinds.JOB, job(10)) is not None


def test_the_event_of_our_own_write_tells_nothing_new():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(5))
    assert caches.note(kinds.JOB, job(5)) is None


def test_an_event_from_before_the_deletion_does_not_raise_the_dead():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(5))
    assert caches.drop(kinds.JOB, job(8)).old == job(5)
    assert caches.note(kinds.JOB, job(7)) is None
    assert caches.note(kinds.JOB, job(9)) is not None


def test_a_late_deletion_does_not_remove_the_successor():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(9))
    assert caches.drop(kinds.JOB, job(8)) is None
    assert version(caches) == "9"


def test_a_list_drops_what_vanished_and_tells_it():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(5))
    [change] = replace(caches, None, [], "6")
    assert (change.key, change.old, change.new) == (KEY, job(5), None)
    assert caches.get(KEY) is None


def test_a_list_that_changes_nothing_tells_nothing():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(5))
    assert replace(caches, None, [job(5)], "6") == []


def test_a_list_keeps_what_is_newer_than_itself():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(7))
    assert replace(caches, None, [], "6") == []
    assert version(caches) == "7"


def test_an_event_older_than_the_list_that_lacked_its_object_is_ignored():
    caches = caching.Caches()
    replace(caches, None, [], "6")
    assert caches.note(kinds.JOB, job(5)) is None


def test_a_list_of_one_namespace_says_nothing_about_another():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(5, namespace="other"))
    replace(caches, "demo", [], "9")
    assert caches.get(kinds.Key(kinds.JOB, "other", "web")) is not None
    assert caches.note(kinds.JOB, job(6, namespace="other")) is not None


def test_a_list_makes_older_tombstones_superfluous():
    caches = caching.Caches()
    caches.drop(kinds.JOB, job(5))
    replace(caches, None, [], "6")
    assert caches._tombstones == {}
    assert caches.note(kinds.JOB, job(4)) is None


def test_select_finds_by_namespace_and_labels_in_order_of_names():
    caches = caching.Caches()
    for name, labels in (("c", {"x": "1"}), ("a", {"x": "1", "y": "2"}), ("b", {"x": "2"})):
        caches.note(kinds.JOB, job(1, name, labels=labels))
    found = caches.select(kinds.JOB, "demo", {"x": "1"})
    assert [each["metadata"]["name"] for each in found] == ["a", "c"]
    assert caches.select(kinds.JOB, "other", {}) == []


def test_managed_fields_are_not_kept():
    caches = caching.Caches()
    caches.note(kinds.JOB, job(1, managedFields=[{"manager": "x"}]))
    assert "managedFields" not in caches.get(KEY)["metadata"]


#: A history of one name: each step is alive (True) or deleted (False) at versions 1, 2, 3, ...
HISTORIES = st.lists(st.booleans(), min_size=1, max_size=6)


@given(HISTORIES, st.randoms(use_true_random=False), st.integers(0, 6), st.sampled_from([0, 1, 9]))
def test_whatever_the_order_of_events_answers_and_lists_the_end_is_the_truth(history, random, listed_at, recent):
    steps = list(enumerate(history, start=1))
    news = [("note" if alive else "drop", number) for number, alive in steps]
    news += [("note", number) for number, alive in steps if alive]
    at = min(listed_at, len(steps))
    news.append(("list", at))
    random.shuffle(news)
    caches = caching.Caches(recent)
    for what, number in news:
        if what == "list":
            alive = number and history[number - 1]
            replace(caches, None, [job(number)] if alive else [], str(number))
        else:
            getattr(caches, what)(kinds.JOB, job(number))
    assert version(caches) == (str(len(steps)) if history[-1] else None)


def test_every_order_of_a_short_life_ends_with_it_gone():
    for order in itertools.permutations((("note", 1), ("note", 2), ("drop", 3))):
        caches = caching.Caches()
        for what, number in order:
            getattr(caches, what)(kinds.JOB, job(number))
        assert caches.get(KEY) is None, order


labels = st.dictionaries(st.sampled_from([names.DEPLOYMENT_LABEL, names.BUILD_LABEL, "other"]), st.sampled_from("ab"))


#: Few are kept unpacked, or none.
CACHES = st.builds(caching.Caches, st.sampled_from([0, 1, 9]))
STORY = st.lists(st.tuples(st.sampled_from(["web", "api"]), st.none() | labels))


@given(CACHES, STORY, labels)
def test_what_is_selected_by_label_is_what_carries_it_now(caches, story, wanted):
    """Indexed or not, labelled anew or gone, packed or not: as if all were looked through."""
    present = {}
    for number, (name, carried) in enumerate(story, start=1):
        if carried is None:
            caches.drop(kinds.JOB, job(number, name))
            present.pop(name, None)
        else:
            present[name] = job(number, name, labels=carried)
            caches.note(kinds.JOB, present[name])
    found = caches.select(kinds.JOB, "demo", wanted)
    carrying = [one for _, one in sorted(present.items()) if wanted.items() <= one["metadata"]["labels"].items()]
    assert found == carrying
    assert caches.outlines(kinds.JOB, "demo") == [outlines.of(kinds.JOB, one) for _, one in sorted(present.items())]


owners = st.lists(st.sampled_from(["u1", "u2"]), unique=True)


@given(CACHES, st.lists(st.tuples(st.sampled_from(["b", "a"]), st.none() | owners)))
def test_what_an_owner_owns_is_what_names_it_now(caches, story):
    present = {}
    for number, (name, uids) in enumerate(story, start=1):
        if uids is None:
            caches.drop(kinds.MODEL_BUILD, job(number, name))
            present.pop(name, None)
        else:
            present[name] = job(number, name, ownerReferences=[{"uid": uid} for uid in uids])
            caches.note(kinds.MODEL_BUILD, present[name])
    owned = [one for _, one in sorted(present.items()) if {"uid": "u1"} in one["metadata"]["ownerReferences"]]
    assert caches.owned(kinds.MODEL_BUILD, "demo", "u1") == owned


def claiming(version: int, name: str, host: str, namespace: str = "demo") -> kinds.Manifest:
    serving = {"ingress": {"host": host}} if host else {}
    return {**job(version, name, namespace), "kind": "ModelDeployment", "spec": {"serving": serving}}


def claimants(caches: caching.Caches, claim: str) -> list[str]:
    return sorted(one["metadata"]["name"] for one in caches.claimants(claim))


def test_who_claims_a_host_is_found_in_every_namespace():
    caches = caching.Caches()
    caches.note(kinds.MODEL_DEPLOYMENT, claiming(1, "a", "x"))
    caches.note(kinds.MODEL_DEPLOYMENT, claiming(2, "b", "x", "elsewhere"))
    caches.note(kinds.MODEL_DEPLOYMENT, claiming(3, "c", "y"))
    assert claimants(caches, "x/") == ["a", "b"]
    assert claimants(caches, "z/") == []


def test_who_lets_a_host_go_is_found_by_it_no_more():
    caches = caching.Caches()
    for at, name in enumerate("ab"):
        caches.note(kinds.MODEL_DEPLOYMENT, claiming(at, name, "x"))
    caches.note(kinds.MODEL_DEPLOYMENT, claiming(5, "a", "y"))
    caches.drop(kinds.MODEL_DEPLOYMENT, claiming(6, "b", "x"))
    assert (claimants(caches, "x/"), claimants(caches, "y/")) == ([], ["a"])


def test_those_without_a_host_take_no_room_among_the_claims():
    caches = caching.Caches()
    for at in range(5000):
        caches.note(kinds.MODEL_DEPLOYMENT, claiming(at, f"m-{at}", ""))
    assert caches._index._claimants == {}
