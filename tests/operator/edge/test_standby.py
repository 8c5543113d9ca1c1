"""Two replicas against a real API server: how long nobody writes when the leader goes, and that it never writes again.

All stories run at the same time, each in its namespace; the tests look at how they ended.
"""

import concurrent.futures
import datetime as dt
import logging
import signal

import pytest
from edge import clusters, proxying, successions

from cluster import controlplane
from model_operator import electing

logger = logging.getLogger(__name__)

TERMS = electing.Terms()
STORIES = {
    "killed": successions.killed,
    "asked to end": successions.asked_to_end,
    "stopped": successions.stopped_for_a_while,
}


def black_holed(plane: controlplane.ControlPlane, story: successions.Story) -> successions.Story:
    """The API server is there, and nothing of it comes through to the leader."""
    with proxying.Proxy(story.namespace.cluster, plane.directory / "pki") as proxy:

        def strike(story: successions.Story) -> None:
            proxy.turn(proxying.Mode.SILENT)
            story.code = story.first.wait()

        return successions.play(story, strike, proxy.kubeconfig(story.first.kubeconfig))


@pytest.fixture(scope="module")
def stories(
    plane: controlplane.ControlPlane, cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, successions.Story]:
    """How each ended."""

    made = {
        name: successions.begin(cluster.namespace(), tmp_path_factory.mktemp("replicas"))
        for name in (*STORIES, "black-holed")
    }
    # A replica ends with the thread that started it: when its story does.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        futures = {name: pool.submit(successions.play, made[name], strike) for name, strike in STORIES.items()}
        futures["black-holed"] = pool.submit(black_holed, plane, made["black-holed"])
    for story in made.values():
        story.first.kill()
        story.second.kill()
    return {name: future.result() for name, future in futures.items()}


def test_a_standby_is_ready_and_writes_nothing_while_its_leader_lives(stories):
    for story in stories.values():
        assert [line for when, line in story.second.written() if when < story.struck] == []


def test_of_a_leader_that_is_killed_the_work_goes_on_within_20_seconds(stories):
    story = stories["killed"]
    logger.info("killed: %.1f s", story.silence)
    assert story.code == -signal.SIGKILL
    assert TERMS.renew < story.silence <= 20


def test_a_leader_that_is_told_to_end_hands_over_before_its_lease_runs_out(stories):
    story = stories["asked to end"]
    logger.info("told to end: %.2f s", story.silence)
    assert story.code == 0
    assert story.silence < TERMS.renew, "the 2 s of docs/operations.md are measured in tests/soak/test_handing_over.py"
    assert story.after["leaseTransitions"] == story.before["leaseTransitions"] + 1


def test_a_leader_that_was_stopped_and_continued_never_writes_again_and_ends(stories):
    story = stories["stopped"]
    assert story.first.wrote_after(story.struck + dt.timedelta(seconds=1)) == []
    assert story.silence <= 20
    assert story.code == 1
    assert "nothing more is written" in story.first.log.read_text()


def test_a_leader_that_hears_nothing_of_the_api_server_writes_nothing_after_its_deadline_and_ends(stories):
    story = stories["black-holed"]
    assert story.first.wrote_after(story.struck + dt.timedelta(seconds=TERMS.renew)) == []
    assert story.silence <= 20
    assert story.code == 1


def test_the_lease_says_who_leads_since_when_in_utc(stories):
    story = stories["killed"]
    assert story.before["holderIdentity"] != story.after["holderIdentity"]
    assert story.after["leaseTransitions"] == story.before["leaseTransitions"] + 1
    acquired = dt.datetime.fromisoformat(story.before["acquireTime"])
    assert abs((acquired - story.struck).total_seconds()) < 120
    assert acquired < dt.datetime.fromisoformat(story.before["renewTime"]) or story.before["leaseTransitions"] == 0
