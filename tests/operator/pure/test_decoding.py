"""Answers are read as they are, and pages of LISTs without managedFields, whatever stands in them."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model_operator import decoding

KEYS = st.text() | st.sampled_from(['k:{"name":"}]"}', "v:[{}]", "}]", '"managedFields":[', '}],"name":"other', "\\"])
FIELDS = st.recursive(st.just({}), lambda inner: st.dictionaries(KEYS, inner), max_leaves=6)
ENTRIES = st.fixed_dictionaries({"manager": st.text(), "fieldsV1": FIELDS}, optional={"subresource": st.text()})
METADATA = st.fixed_dictionaries(
    {}, optional={"annotations": st.dictionaries(KEYS, KEYS), "managedFields": st.lists(ENTRIES), "name": KEYS}
)


def written(items: list) -> bytes:
    """As the API server does: no spaces."""
    return json.dumps({"kind": "PodList", "items": items}, separators=(",", ":"), ensure_ascii=False).encode()


def slim(metadata: dict) -> dict:
    return {name: value for name, value in metadata.items() if name != "managedFields"}


@given(st.lists(METADATA, max_size=4))
@example([{"managedFields": [{"fieldsV1": {"}]": {}}}], "name": "a"}])
@example([{"annotations": {"a": json.dumps({"managedFields": [{}]}, separators=(",", ":"))}}])
def test_a_page_is_what_it_was_but_for_managed_fields(listed):
    found = decoding.page(written([{"metadata": one, "spec": {"x": [{}]}} for one in listed]))
    assert [slim(one["metadata"]) for one in found["items"]] == list(map(slim, listed))
    assert all(one["spec"] == {"x": [{}]} for one in found["items"])


def test_managed_fields_are_gone_from_a_page_and_stay_in_an_answer():
    content = written([{"metadata": {"name": "a", "managedFields": [{"fieldsV1": {"f:spec": {}}}], "uid": "u"}}])
    assert decoding.page(content)["items"] == [{"metadata": {"name": "a", "managedFields": [], "uid": "u"}}]
    assert decoding.answer(content)["items"][0]["metadata"]["managedFields"] == [{"fieldsV1": {"f:spec": {}}}]


@pytest.mark.parametrize("read", [decoding.answer, decoding.page])
@pytest.mark.parametrize("content", [b"<html>Bad Gateway</html>", b"", b'{"items":[{"managedFields":['])
def test_what_is_no_json_is_text(read, content):
    assert read(content) == content.decode()
