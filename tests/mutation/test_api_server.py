"""A real API server against the same mutations: its schema and rules, our types, and what we render must agree.

it accepts     our types take it, or Accepted is False and names the field; its children are accepted, too
it refuses     exactly what the tables of `mutations` say
"""

import copy
import json

import pytest
from edge import clusters
from hypothesis import HealthCheck, given, settings
from pure import making, worlds

from model_operator import comparing, connecting, kinds, names
from model_operator.api import deployment, parsing
from mutation import bases, mutations, schemas, stories, strategies

EVERY = mutations.every()
#: What our types take more strictly than the API server, which then says nothing.
NULLS = [schemas.put(one.base, one.path, None) for one in EVERY if one.case.label == "absent"]


def stored(namespace, spec):
    """The spec as the API server would keep it, or None and its words."""
    manifest = {**making.model_deployment(), "spec": spec}
    manifest["metadata"]["namespace"] = namespace.name
    path = f"{namespace.path(kinds.MODEL_DEPLOYMENT)}?dryRun=All&fieldValidation=Strict"
    try:
        return namespace.cluster.call("POST", path, manifest)["spec"], ""
    except clusters.Refused as refused:
        return None, str(refused)


def understood_or_told(spec):
    """What was let in is carried out, or refused by name: never an exception."""
    parsed, problem = parsing.spec(deployment.ModelDeploymentSpec, {"spec": spec})
    story = stories.Story(spec)
    story.settle()
    accepted = worlds.condition(story.status, "Accepted")
    if parsed is None:
        assert (accepted["status"], accepted["reason"]) == ("False", "SpecInvalid")
        assert "spec." in problem
    return parsed is not None


@pytest.mark.parametrize("section", sorted({".".join(one.path.split(".")[:2]) for one in EVERY}))
def test_the_api_server_accepts_and_refuses_what_the_tables_say(namespace, section):
    wrong = []
    for one in EVERY:
        if (one.path + ".").startswith(section + "."):
            spec, words = stored(namespace, one.spec)
            if (spec is not None) != one.valid:
                wrong.append(f"{one.name}: {words or 'accepted'}")
            elif spec is not None and not understood_or_told(spec):
                wrong.append(f"{one.name}: our types refuse it")
    assert wrong == []


def test_a_null_is_refused_dropped_or_told(namespace):
    kept = [spec for spec, _ in (stored(namespace, null) for null in NULLS) if spec is not None]
    assert kept
    assert all(understood_or_told(spec) for spec in kept)


@settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(spec=strategies.almost(strategies.of(schemas.spec())) | strategies.of(schemas.spec()))
def test_what_the_api_server_lets_in_is_understood_or_refused_by_name(namespace, spec):
    kept, _ = stored(namespace, spec)
    if kept is not None:
        understood_or_told(kept)


#: What our children may not say, though the ModelDeployment may, and why the schema lets it pass.
REFUSED: dict[str, str] = {}


def test_the_api_server_takes_every_child_and_keeps_it_as_it_was_sent(cluster):
    """So nothing is written again when nothing changed: what it keeps is what we want."""
    cluster.call("POST", connecting.path(clusters.NAMESPACE), {"metadata": {"name": worlds.NAMESPACE}})
    wrong, seen = [], set()
    for mutation in mutations.good():
        story = stories.served(mutation.spec)
        for key, desired in story.world.applied.items():
            content = json.dumps(desired, sort_keys=True)
            if (key.kind, nameless(content, story)) in seen:
                continue
            seen.add((key.kind, nameless(content, story)))
            wrong += [f"{mutation.name}: {key.kind.kind}: {words}" for words in strange(cluster, key, desired)]
    assert wrong == []


def nameless(content, story):
    """Without the names that are digests: two that differ in nothing else are tried once."""
    for key in story.world.objects:
        if key.kind in (kinds.MODEL_BUILD, kinds.CONTROLLER_REVISION, kinds.JOB):
            content = content.replace(key.name, "")
    return content


def strange(cluster, key, desired):
    """What the API server has against an object, or makes of it."""
    manifest = comparing.stamped(desired)
    path = f"{connecting.path(key.kind, key.namespace, key.name)}?fieldManager={names.FIELD_MANAGER}&dryRun=All"
    try:
        live = cluster.call("PATCH", path, manifest, "application/apply-patch+yaml")
    except clusters.Refused as refused:
        yield str(refused)[:300]
        return
    if comparing.differs(copy.deepcopy(desired), live):
        yield "is kept otherwise than it was sent"


def test_bases_are_what_the_api_server_takes(namespace):
    assert [words for _, words in (stored(namespace, base) for base in bases.ALL.values())] == [""] * len(bases.ALL)
