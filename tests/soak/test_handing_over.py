"""How long nobody writes when a leader is told to end, on a machine with nothing else to do."""

import pytest
from edge import clusters, successions

from soak import reporting

#: Hand-overs, one after another.
COUNT = 10
#: Seconds that docs/operations.md promises.
PROMISED = 2.0


def test_the_standby_writes_within_two_seconds(cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory):
    silences = []
    for _ in range(COUNT):
        story = successions.begin(cluster.namespace(), tmp_path_factory.mktemp("replicas"))
        try:
            successions.play(story, successions.asked_to_end)
        finally:
            story.first.kill()
            story.second.kill()
        silences.append(story.silence)
    told = ", ".join(f"{one:.2f}" for one in sorted(silences))
    reporting.say(f"a leader told to end: seconds until the other writes, {COUNT} times: {told}")
    assert max(silences) <= PROMISED
