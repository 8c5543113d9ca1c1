import io
import json
import subprocess
import sys
import tarfile
import zlib

import pytest

import registries
from model_builder import digests
from model_builder.publishing import oci
from model_serving import __main__, compose
from model_serving.registries import connecting, images
from serving import artifacts_made, processes

PLAN = digests.of_bytes(b"plan")


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with registries.running(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def repository(registry):
    return connecting.Repository(registry.repository(), plain_http=True)


@pytest.fixture
def made(tmp_path):
    """An artifact as optimize leaves it: the store writes the manifest."""
    artifacts_made.make(tmp_path / "made")
    (tmp_path / "made" / digests.MANIFEST).unlink()
    return tmp_path / "made"


@pytest.fixture
def published(registry, made):
    return oci.OciStore(registry.repository(), plain_http=True).publish(made, PLAN)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "artifact"


@pytest.fixture
def fetch(tmp_path, target, monkeypatch):
    """Run the container; its exit code, and its last words."""

    def run(reference, *more):
        log = tmp_path / "termination-log"
        arguments = [f"--reference={reference}", f"--target={target}", f"--termination-log={log}", *more]
        monkeypatch.setattr(sys, "argv", ["model_serving", "fetch", *arguments])
        return __main__.main(), json.loads(log.read_text()) if log.exists() else None

    return run


def layer(*members):
    """A layer with members of a test's own making."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member in members:
            content = b"evil" if member.isreg() else b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def member(name, kind=tarfile.REGTYPE, link=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def pushed(repository, content):
    """A reference to an image with this for its second layer."""
    blobs = [(layer(member("files/model.onnx")), images.LAYER), (content, images.LAYER), (b"{}", images.CONFIG)]
    described = [images.described(*blob) for blob in blobs]
    for descriptor, (blob, _) in zip(described, blobs, strict=True):
        repository.push(descriptor, blob)
    image = images.Image(
        config=described[2], layers=described[:2], annotations=images.Annotations(artifact=PLAN, plan=PLAN)
    )
    repository.put_manifest("evil", image.content())
    return repository.reference(digests.of_bytes(image.content()))


def test_what_is_fetched_is_what_was_published_and_composes(fetch, published, made, target, tmp_path):
    assert fetch(published.reference, "--plain-http") == (0, None)
    names = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert [(target / name).read_bytes() for name in names] == [(made / name).read_bytes() for name in names]
    assert compose.write(target, tmp_path / "repository", artifacts_made.serving(published.artifact))


def test_files_are_readable_by_every_user_and_writable_by_none(fetch, published, target):
    fetch(published.reference, "--plain-http")
    modes = {path.stat().st_mode & 0o777 for path in target.rglob("*") if path.is_file()}
    assert modes == {0o444}


def test_what_an_earlier_try_left_goes(fetch, published, target, tmp_path):
    (target / "files").mkdir(parents=True)
    (target / "files/model.onnx").write_bytes(b"half")
    (target / "files/config.pbtxt").write_text("from elsewhere")
    (target / "link").symlink_to(tmp_path)
    assert fetch(published.reference, "--plain-http") == (0, None)
    assert not (target / "link").is_symlink()
    assert [path.name for path in (target / "files").iterdir()] == ["model.onnx"]


def test_an_artifact_that_is_not_there_is_named(fetch, registry):
    reference = f"{registry.repository()}@{digests.of_bytes(b'nothing')}"
    code, words = fetch(reference, "--plain-http")
    assert (code, words["reason"]) == (1, "ArtifactMissing")
    assert "404 MANIFEST_UNKNOWN" in words["message"]


def test_a_registry_that_is_down_is_named(fetch):
    [port] = processes.free_ports(1)
    code, words = fetch(f"127.0.0.1:{port}/models@{PLAN}", "--plain-http")
    assert (code, words["reason"]) == (1, "RegistryUnreachable")
    assert words["message"].endswith("Connection refused")


def test_a_registry_without_tls_is_named(fetch, published):
    code, words = fetch(published.reference)
    assert (code, words["reason"]) == (1, "RegistryUnreachable")
    assert "does not speak TLS" in words["message"]


def test_a_registry_that_wants_a_password_is_named_and_given_one(fetch, made, tmp_path, monkeypatch):
    with registries.running(tmp_path / "locked", password=True) as locked:
        monkeypatch.setenv("DOCKER_CONFIG", str(registries.docker_config(tmp_path / "docker", locked.host)))
        reference = oci.OciStore(locked.repository(), plain_http=True).publish(made, PLAN).reference
        assert fetch(reference, "--plain-http") == (0, None)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
        code, words = fetch(reference, "--plain-http")
    assert (code, words["reason"]) == (1, "RegistryRefused")


@pytest.mark.parametrize("part", ["files", "details"])
def test_a_layer_with_one_changed_byte_is_never_taken(fetch, made, tmp_path, part):
    with registries.running(tmp_path / "own") as own:
        reference = oci.OciStore(own.repository(), plain_http=True).publish(made, PLAN).reference
        image = images.read(connecting.Repository(own.repository(), plain_http=True).manifest(reference.split("@")[1]))
        flip(own.blob(getattr(image, part).digest))
        code, words = fetch(reference, "--plain-http")
    assert (code, words["reason"]) == (1, "ArtifactInvalid")


def test_a_manifest_with_one_changed_byte_is_never_taken(fetch, made, tmp_path):
    with registries.running(tmp_path / "own") as own:
        reference = oci.OciStore(own.repository(), plain_http=True).publish(made, PLAN).reference
        flip(own.blob(reference.split("@")[1]))
        code, words = fetch(reference, "--plain-http")
    assert (code, words["reason"]) == (1, "ArtifactInvalid")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (member("../escaped"), "leads out of the artifact: ../escaped"),
        (member("files/../../escaped"), "leads out of the artifact"),
        (member("/escaped"), "leads out of the artifact: /escaped"),
        (member("escaped", tarfile.SYMTYPE, "/etc"), "neither a file nor a folder"),
        (member("escaped", tarfile.LNKTYPE, "files/model.onnx"), "neither a file nor a folder"),
        (member("escaped", tarfile.FIFOTYPE), "neither a file nor a folder"),
        (member("escaped", tarfile.CHRTYPE), "neither a file nor a folder"),
        (member("files/model.onnx"), "files/model.onnx, where it holds something else too"),
        (member("files/model.onnx/escaped"), "files/model.onnx/escaped, where it holds something else too"),
        (member("files/model.onnx", tarfile.DIRTYPE), "files/model.onnx, where it holds something else too"),
    ],
    ids=lambda value: value.replace("/", "-") if isinstance(value, str) else value.name.replace("/", "-"),
)
def test_a_layer_that_would_write_elsewhere_is_refused(fetch, repository, target, tmp_path, bad, words):
    code, told = fetch(pushed(repository, layer(bad)), "--plain-http")
    assert (code, told["reason"]) == (1, "ArtifactInvalid")
    assert words in told["message"]
    assert not list(tmp_path.rglob("escaped*"))


@pytest.mark.parametrize(
    "content", [b"no archive", layer(member("a"))[:-30], zlib.compress(b"other")], ids=["text", "cut off", "zlib"]
)
def test_a_layer_that_is_no_archive_is_refused(fetch, repository, content):
    code, words = fetch(pushed(repository, content), "--plain-http")
    assert (code, words["reason"]) == (1, "ArtifactInvalid")


def test_an_image_that_is_no_artifact_is_refused(fetch, repository):
    blob = images.described(b"{}", images.CONFIG)
    repository.push(blob, b"{}")
    theirs = {"mediaType": images.CONFIG, "digest": blob.digest, "size": 2}
    content = json.dumps({"schemaVersion": 2, "mediaType": images.MANIFEST, "config": theirs, "layers": []}).encode()
    repository.put_manifest("theirs", content)
    code, words = fetch(repository.reference(digests.of_bytes(content)), "--plain-http")
    assert (code, words["reason"]) == (1, "ArtifactInvalid")
    assert "is no artifact of Modelsmith" in words["message"]


@pytest.mark.parametrize("verb", ["composing", "sentinel.running"])
def test_the_other_containers_do_not_pay_for_it(verb):
    probe = f"import sys, model_serving.__main__, model_serving.{verb}; print('oras' in sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=environment)
    assert told.stdout.strip() == "False"
