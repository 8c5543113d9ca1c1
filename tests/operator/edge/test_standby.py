"""Two replicas against a real API server: how long nobody writes when the leader goes, and that it never writes again.

All stories run at the same time, each in its namespace; the tests look at how they ended.
"""

import concurrent.futures
import contextlib
import dataclasses
import datetime as dt
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from edge import candidates, clusters, proxying, resources

from cluster import controlplane
from model_operator import electing, kinds

logger = logging.getLogger(__name__)

TERMS = electing.Terms()
#: Seconds for which a leader is stopped.
STOPPED = 30.0
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclasses.dataclass
class Story:
    """One namespace with two replicas, and a user who never rests."""

    namespace: clusters.Namespace
    first: candidates.Candidate
    second: candidates.Candidate
    #: When the leader was struck, and how it ended.
    struck: dt.datetime = NEVER
    code: int | None = None
    #: Seconds from the stroke until the other wrote.
    silence: float = float("inf")
    before: clusters.Manifest = dataclasses.field(default_factory=dict)
    after: clusters.Manifest = dataclasses.field(default_factory=dict)

    def lease(self) -> clusters.Manifest:
        """What it says now."""
        return (self.namespace.find(kinds.LEASE, candidates.LEASE) or {"spec": {}})["spec"]


def killed(story: Story) -> None:
    """It has time for nothing."""
    story.first.send(signal.SIGKILL)
    story.code = story.first.wait()


def asked_to_end(story: Story) -> None:
    """As the kubelet does."""
    story.first.send(signal.SIGTERM)
    story.code = story.first.wait()


def stopped_for_a_while(story: Story) -> None:
    """Its clock goes on, and it does not see it."""
    story.first.send(signal.SIGSTOP)
    time.sleep(STOPPED)
    story.first.send(signal.SIGCONT)
    story.code = story.first.wait()


STORIES = {"killed": killed, "asked to end": asked_to_end, "stopped": stopped_for_a_while}


def play(story: Story, strike: Callable[[Story], None], through: Path | None = None) -> Story:
    """Start both, strike the leader while a user changes a resource without end, and see who writes."""
    story.first.join(through)
    clusters.until(lambda: story.first.leads, "the first leads")
    story.second.join()
    with restless(story.namespace):
        clusters.until(lambda: len(story.first.written()) >= 3, "the leader writes")
        story.before, story.struck = story.lease(), dt.datetime.now(dt.UTC)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            striking = pool.submit(strike, story)
            story.silence = story.second.first_write_after(story.struck, patience=40)
            story.after = story.lease()
            striking.result()
        time.sleep(2)
    return story


@contextlib.contextmanager
def restless(namespace: clusters.Namespace) -> Iterator[None]:
    """A user who changes a resource four times a second: each change wants a status."""
    resources.deploy(namespace, "digits")
    done = threading.Event()

    def change() -> None:
        count = 1
        while not done.wait(0.25):
            count = count % 9 + 1
            namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": {"replicas": count}}})

    with concurrent.futures.ThreadPoolExecutor() as pool:
        changing = pool.submit(change)
        try:
            yield
        finally:
            done.set()
        changing.result()


def black_holed(plane: controlplane.ControlPlane, story: Story) -> Story:
    """The API server is there, and nothing of it comes through to the leader."""
    with proxying.Proxy(story.namespace.cluster, plane.directory / "pki") as proxy:

        def strike(story: Story) -> None:
            proxy.turn(proxying.Mode.SILENT)
            story.code = story.first.wait()

        return play(story, strike, proxy.kubeconfig(story.first.kubeconfig))


@pytest.fixture(scope="module")
def stories(
    plane: controlplane.ControlPlane, cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Story]:
    """How each ended."""

    def begun() -> Story:
        namespace, directory = cluster.namespace(), tmp_path_factory.mktemp("replicas")
        one, two = (candidates.Candidate(namespace, name, directory / name) for name in ("one", "two"))
        return Story(namespace, one, two)

    made = {name: begun() for name in (*STORIES, "black-holed")}
    # A replica ends with the thread that started it: when its story does.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        futures = {name: pool.submit(play, made[name], strike) for name, strike in STORIES.items()}
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


def test_a_leader_that_is_told_to_end_hands_over_within_2_seconds(stories):
    story = stories["asked to end"]
    logger.info("told to end: %.2f s", story.silence)
    assert story.code == 0
    assert story.silence <= 2
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
