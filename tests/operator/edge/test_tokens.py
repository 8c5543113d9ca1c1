"""When the token of our service account ends."""

import base64
import json

import pytest

from model_operator import tokens


def token(**claims):
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".s"


@pytest.mark.parametrize("padding", ["", "a", "ab", "abc"])
def test_its_end_is_read_at_any_length(padding):
    assert tokens.expiry(token(exp=1_800_000_000, sub=padding)) == 1_800_000_000


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.!!!.c", token(), token(exp="soon"), token(exp=None)])
def test_what_promises_no_end_has_none(text):
    assert tokens.expiry(text) is None


def test_it_is_read_once_a_minute_at_most_and_may_be_renewed_or_go(tmp_path):
    now, path = [0.0], tmp_path / "token"
    held = tokens.Token(path, lambda: now[0])
    assert held.expiry() is None
    path.write_text(token(exp=100))
    assert held.expiry() is None
    now[0] = tokens.BELIEVED
    assert held.expiry() == 100
    path.write_text(token(exp=200))
    assert held.expiry() == 100
    now[0] += tokens.BELIEVED
    assert held.expiry() == 200
    path.unlink()
    now[0] += tokens.BELIEVED
    assert held.expiry() is None
