"""Specs drawn at random, valid and almost so: whatever is written, every decision is made, and what is made is sound.

Each is looked at where a story may stand: nothing yet, building, built, failed, serving.
"""

import collections
import json
import re

from hypothesis import HealthCheck, Phase, given, settings
from pure import making, restricted

import copies
from model_builder import contract
from model_operator import kinds, names
from model_operator.api import asking, deployment, parsing
from mutation import schemas, stories, strategies

#: Specs, of each of two sorts; what is asked for in all.
VALID, ALMOST, IN_ALL = 2000, 3100, 5000
#: A DNS label.
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
STATUS_LIMIT = 16_000
counted: collections.Counter[str] = collections.Counter()


def many(count):
    """The same specs at each run; shrinking is worth its time only for who debugs."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )


SPECS = strategies.of(schemas.spec())


@many(VALID)
@given(spec=SPECS)
def test_a_spec_that_the_schema_allows(spec):
    play(spec)
    counted["valid"] += 1


@many(ALMOST)
@given(spec=strategies.almost(SPECS))
def test_a_spec_that_is_wrong_somewhere(spec):
    play(spec)
    counted["almost"] += 1


def test_that_they_were_as_many_as_promised(record_property):
    """Counts what the tests above have drawn: this file runs as a whole."""
    record_property("specs drawn", counted.total())
    assert counted.total() >= IN_ALL


def play(spec):
    """Through the points of the story, as far as the spec goes."""
    parsed = understood(spec)
    story = stories.Story(spec if isinstance(spec, dict) else {})
    look(story, "nothing")
    if parsed is None or not story.world.all(kinds.MODEL_BUILD):
        return
    story.reconcile_builds()
    jobs = story.world.all(kinds.JOB)
    if not jobs:
        return
    story.pod(jobs[0], "Pending", making.running("fetch"))
    look(story, "building")
    before = copies.of(story.world.objects)
    story.build_badly(jobs[0])
    look(story, "failed")
    story.world.objects = before
    story.build_well(story.world.all(kinds.JOB)[0])
    look(story, "built")
    for server in story.world.all(kinds.DEPLOYMENT):
        making.roll(story.world, server["metadata"]["name"])
    look(story, "serving")


def understood(spec):
    """Parsed, asked and held against itself: answers, and never an exception."""
    parsed, problem = parsing.spec(deployment.ModelDeploymentSpec, {"spec": spec})
    assert (parsed is None) == bool(problem)
    if parsed is not None:
        request = asking.request(parsed, source_digest=None, recipe=contract.RECIPE_VERSION)
        told = contract.contradiction(request)
        assert told is None or (told.field.startswith("spec.") and told.next_step)
    return parsed


def look(story, point):
    """Every resource decides once more, and what it decided is sound."""
    story.reconcile_builds()
    story.world.reconcile(story.name)
    counted_points[point] += 1
    for key, manifest in story.world.objects.items():
        if key.kind in kinds.OWN:
            sound_status(manifest.get("status", {}))
        if (manifest["metadata"].get("labels") or {}).get(names.MANAGED_BY_LABEL):
            sound(key, manifest)


counted_points: collections.Counter[str] = collections.Counter()


def test_every_point_of_the_story_was_seen():
    assert counted_points.keys() == {"nothing", "building", "failed", "built", "serving"}


def sound_status(status):
    """Short enough for etcd, and printable in every terminal."""
    assert len(json.dumps(status).encode()) < STATUS_LIMIT
    assert all(one["message"].isprintable() for one in status.get("conditions", ()))
    assert all(len(one["message"].encode()) <= 1200 for one in status.get("conditions", ()))


def sound(key, manifest):
    """A name that Kubernetes takes, labels that it takes, and a pod that may run anywhere."""
    if key.kind not in (kinds.PERSISTENT_VOLUME_CLAIM, kinds.POD):
        assert LABEL.fullmatch(key.name), key
    for value in manifest["metadata"]["labels"].values():
        assert len(value) <= 63, (key, value)
    pod = manifest.get("spec", {}).get("template", {}).get("spec")
    assert pod is None or restricted.violations(pod) == []
