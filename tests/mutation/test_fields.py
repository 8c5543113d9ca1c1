"""All of the fields are mutated, and each says where it is seen: a newcomer is asked for by name."""

import copies
from mutation import mutations, schemas, sights

#: One has a single value, and the other is good where it names a revision that is there (pure/test_rollbacks.py).
CANNOT = {"spec.build.selection", "spec.serving.rollout.pin"}


def unmutated(root: schemas.Schema) -> set[str]:
    """Fields that no valid mutation changes, or no invalid one."""
    paths = {field.path for field in schemas.fields(root)}
    good = [(one.spec, one.base) for one in mutations.good()]
    changed = {path for path in paths if any(_differ(spec, base, path) for spec, base in good)}
    return (paths - changed) | (paths - {one.path for one in mutations.bad()})


def _differ(one, other, path):
    return schemas.get(one, path) != schemas.get(other, path)


def unplaced(root: schemas.Schema) -> set[str]:
    """Fields that nobody says where to see; and lines about fields that are gone."""
    return set(sights.needed(root)) ^ set(sights.SIGHTS)


def with_a_newcomer() -> schemas.Schema:
    root = copies.of(schemas.spec())
    root["properties"]["serving"]["properties"]["turbo"] = {"type": "boolean"}
    return root


def test_every_field_is_mutated(record_property):
    record_property("mutations", len(mutations.every()))
    assert unmutated(schemas.spec()) - CANNOT == set()


def test_a_field_of_one_value_is_mutated_as_far_as_it_goes():
    assert {one.case.label for one in mutations.good() if one.path == "spec.build.selection"} == {
        "absent",
        "member first",
    }


def test_every_field_says_where_it_is_seen():
    assert unplaced(schemas.spec()) == set()


def test_a_field_without_a_sight_has_a_reason():
    assert {path for path, places in sights.SIGHTS.items() if not places} == set(sights.NOWHERE)


def test_a_newcomer_is_asked_for_by_name():
    assert unplaced(with_a_newcomer()) == {"spec.serving.turbo"}
    assert unmutated(with_a_newcomer()) - CANNOT == {"spec.serving.turbo"}


def test_the_tables_speak_of_mutations_that_there_are():
    known = {one.name for one in mutations.every()}
    assert mutations.RULED | mutations.HOPELESS.keys() | mutations.READY.keys() <= known


def test_the_schema_gives_values_for_a_newcomer_of_any_kind():
    root = with_a_newcomer()
    newcomer = {"type": "object", "properties": {"depth": {"type": "integer", "minimum": 1, "maximum": 4}}}
    root["properties"]["serving"]["properties"]["turbo"] = newcomer
    found = [one for one in mutations.of(root) if one.path == "spec.serving.turbo.depth"]
    assert {(one.case.label, one.case.value) for one in found if one.good} == {
        ("absent", schemas.ABSENT),
        ("least", 1),
        ("most", 4),
        ("between", 2),
    }
    assert all(schemas.get(one.spec, one.path) == one.case.value for one in found)
