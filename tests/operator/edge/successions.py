"""What befalls a leader while a user never rests: two replicas in a namespace, and how long nobody writes."""

import concurrent.futures
import contextlib
import dataclasses
import datetime as dt
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from edge import candidates, clusters, resources

from model_operator import kinds

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


def begin(namespace: clusters.Namespace, directory: Path) -> Story:
    """Two replicas that have not started."""
    one, two = (candidates.Candidate(namespace, name, directory / name) for name in ("one", "two"))
    return Story(namespace, one, two)


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
