import io
import json
import tarfile

import pytest
import requests

from model_serving.registries import answers, archives, connecting, credentials, errors


def answer(status, body=""):
    made = requests.Response()
    made.status_code, made._content, made.reason = status, body.encode(), "Reason"
    return made


def said(code, message, **more):
    return json.dumps({"errors": [{"code": code, "message": message, **more}]})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, said("UNAUTHORIZED", "authentication required"), errors.RefusedError),
        (403, said("DENIED", "requested access to the resource is denied"), errors.RefusedError),
        (400, said("NAME_INVALID", "invalid repository name"), errors.RefusedError),
        (404, said("NAME_UNKNOWN", "repository name not known to registry"), errors.MissingError),
        (413, "<html>413 Request Entity Too Large</html>", errors.FullError),
        (507, "", errors.FullError),
        (403, said("DENIED", "adding 12.0 MiB exceeds the project's quota"), errors.FullError),
        (500, said("UNKNOWN", "unknown error", detail={"Err": "write: no space left on device"}), errors.FullError),
        (429, said("TOOMANYREQUESTS", "You have reached your pull rate limit."), errors.UnreachableError),
        (502, "bad gateway", errors.UnreachableError),
        (400, "Client sent an HTTP request to an HTTPS server.", errors.ProtocolError),
        (400, "<center>The plain HTTP request was sent to HTTPS port</center>", errors.ProtocolError),
    ],
)
def test_an_answer_is_told_by_what_helps(status, body, kind):
    assert type(answers.failed(answer(status, body), "GET it")) is kind


def test_an_error_is_told_in_the_registrys_own_words():
    body = said("DENIED", "no", detail=[{"Action": "push"}])
    assert str(answers.failed(answer(403, body), "PUT it")) == 'PUT it: 403 DENIED: no ([{"Action": "push"}])'


def test_an_error_without_words_is_told_by_its_status():
    assert str(answers.failed(answer(403), "HEAD it")) == "HEAD it: 403 Reason"


@pytest.mark.parametrize("body", ["[]", '{"errors": null}', '{"errors": [1]}', "plain text", "\x00"])
def test_a_body_of_any_shape_is_quoted_and_no_reason_to_fail(body):
    assert answers.words(answer(500, body))


@pytest.mark.parametrize(
    ("name", "host", "path"),
    [
        ("registry.example.com/team/models", "registry.example.com", "team/models"),
        ("registry/models", "registry", "models"),
        ("localhost:5000/a.b/c", "localhost:5000", "a.b/c"),
        ("docker.io/team/models", "registry-1.docker.io", "team/models"),
    ],
)
def test_a_repository_is_asked_for_where_its_name_says(name, host, path):
    at = connecting.container(name)
    assert at.manifest_url("tag") == f"{host}/v2/{path}/manifests/tag"


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("registry.example.com", "registry.example.com"),
        ("registry.example.com:5000", "registry.example.com:5000"),
        ("https://registry.example.com:5000/v2/", "registry.example.com:5000"),
        ("registry.example.com/team", "registry.example.com"),
        ("https://index.docker.io/v1/", "registry-1.docker.io"),
    ],
)
def test_a_key_of_the_docker_config_names_a_host(key, host):
    assert credentials.host(key) == host


@pytest.mark.parametrize("level", [archives.WEIGHTS, archives.TEXTS])
def test_an_archive_is_what_it_says_of_itself_each_time_it_is_read(tmp_path, level):
    (tmp_path / "weights").write_bytes(bytes(3_000_000))
    archive = archives.Archive({"files/weights": tmp_path / "weights", "b": b"bytes"}, level)
    first, second = b"".join(archive), b"".join(archive)
    assert (first, len(archive)) == (second, len(first))


def test_an_archive_names_no_user_and_no_time(tmp_path):
    (tmp_path / "weights").write_bytes(b"1")
    packed = b"".join(archives.Archive({"files/weights": tmp_path / "weights", "b": b""}, archives.TEXTS))
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        found = [(one.name, one.mode, one.uid, one.gid, one.uname, one.mtime) for one in archive]
    assert found == [("files", 0o755, 0, 0, "", 0), ("b", 0o444, 0, 0, "", 0), ("files/weights", 0o444, 0, 0, "", 0)]
    assert packed[4:8] == bytes(4), "gzip's own time"


def test_long_paths_are_kept(tmp_path):
    name = "files/" + "deep/" * 60 + "weights"
    packed = b"".join(archives.Archive({name: b"content"}, archives.TEXTS))
    archives.unpack(io.BytesIO(packed), tmp_path)
    assert (tmp_path / name).read_bytes() == b"content"
