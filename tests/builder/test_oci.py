import gzip
import hashlib
import json
import os
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import registries
import tokens
from builder import making
from model_builder import contract, digests, errors
from model_builder.publishing import oci, pvc, stores
from model_serving.registries import connecting, images
from serving import processes

PLAN = digests.of_bytes(b"plan")
OTHER_PLAN = digests.of_bytes(b"another plan")
REASONS = contract.FailureReason


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Registry]:
    with registries.running(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Registry]:
    with registries.running(tmp_path_factory.mktemp("locked"), password=True) as running:
        yield running


@pytest.fixture
def repository(registry: registries.Registry, tmp_path: Path) -> str:
    """One of the test's own."""
    return registry.repository(f"tests/{tmp_path.name.replace('[', '-').replace(']', '').lower().strip('-_')}")


@pytest.fixture
def store(repository: str) -> oci.OciStore:
    return oci.OciStore(repository, plain_http=True)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return made(tmp_path / "made")


def made(folder: Path, size: int = 1000) -> Path:
    """What optimize leaves, in small."""
    (folder / "files").mkdir(parents=True)
    (folder / "files/model.onnx").write_bytes(bytes(range(250)) * (size // 250))
    report = {
        "planDigest": PLAN,
        "target": {"cpu": "portable"},
        "floatSize": size,
        "batchable": True,
        "chosen": "none",
        "candidates": [],
        "versions": {"modelsmith": "1", "libraries": {}},
    }
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "golden.npz").write_bytes(b"golden")
    return folder


def pushed(repository: str, found: stores.Found) -> images.Image:
    """The image as the registry has it."""
    return images.read(connecting.Repository(repository, plain_http=True).manifest(found.reference.split("@")[1]))


def refusal(store: oci.OciStore, error: type[errors.BuildError]) -> contract.Failure:
    with pytest.raises(error) as caught:
        store.find(PLAN)
    return caught.value.failure


def test_a_published_artifact_is_found_under_its_plan(store: oci.OciStore, files: Path) -> None:
    assert store.find(PLAN) is None
    found = store.publish(files, PLAN)
    assert store.find(PLAN) == found
    assert store.find(OTHER_PLAN) is None


def test_the_artifact_is_the_one_that_a_claim_would_hold(store: oci.OciStore, files: Path, tmp_path: Path) -> None:
    assert store.publish(files, PLAN).artifact == pvc.publish(tmp_path / "claim", files, PLAN)


def test_the_reference_names_the_image_by_the_digest_of_its_manifest(
    store: oci.OciStore, files: Path, repository: str
) -> None:
    found = store.publish(files, PLAN)
    content = connecting.Repository(repository, plain_http=True).manifest(oci.tag("plan", PLAN))
    assert found.reference == f"{repository}@{digests.of_bytes(content)}"


def test_both_tags_lead_to_the_image(store: oci.OciStore, files: Path, repository: str) -> None:
    found = store.publish(files, PLAN)
    asked = connecting.Repository(repository, plain_http=True)
    named = {asked.resolve(oci.tag("plan", PLAN)), asked.resolve(oci.tag("artifact", found.artifact))}
    assert named == {found.reference.split("@")[1]}


def test_a_node_can_check_the_layers_against_the_image_config(
    store: oci.OciStore, files: Path, repository: str, registry: registries.Registry
) -> None:
    image = pushed(repository, store.publish(files, PLAN))
    config = json.loads(registry.blob(image.config.digest).read_bytes())
    plain = [gzip.decompress(registry.blob(layer.digest).read_bytes()) for layer in image.layers]
    assert config["rootfs"] == {
        "type": "layers",
        "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in plain],
    }
    assert (config["architecture"], config["os"]) == ("amd64", "linux")


def test_equal_content_gives_an_equal_image_whenever_and_by_whomever_it_is_made(
    store: oci.OciStore, files: Path, tmp_path: Path
) -> None:
    first = store.publish(files, PLAN)
    other = made(tmp_path / "other")
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    assert store.publish(other, PLAN) == first


def test_what_the_registry_has_is_not_sent_again(
    store: oci.OciStore, files: Path, registry: registries.Registry
) -> None:
    store.publish(files, PLAN)
    since = registry.now()
    store.publish(files, PLAN)
    assert {method for method, *_ in registry.asked(since)} == {"HEAD"}


def test_the_report_is_read_without_the_weights(
    store: oci.OciStore, tmp_path: Path, registry: registries.Registry, repository: str
) -> None:
    found = store.publish(made(tmp_path / "large", size=1_000_000), PLAN)
    since = registry.now()
    assert store.report(found).plan_digest == PLAN
    blobs = [path.rsplit("/", 1)[1] for method, path, *_ in registry.asked(since) if "/blobs/" in path]
    assert blobs == [pushed(repository, found).details.digest]


def test_a_report_other_than_the_one_that_was_built_is_refused(store: oci.OciStore, files: Path) -> None:
    found = store.publish(files, PLAN)
    forged = stores.Found(OTHER_PLAN, found.reference)
    with pytest.raises(errors.RejectedError) as caught:
        store.report(forged)
    assert caught.value.failure.reason == REASONS.STORE_REFUSED
    assert f"says that it is {OTHER_PLAN}" in caught.value.failure.message


def test_a_repository_that_does_not_exist_yet_has_nothing_and_is_made_by_pushing(
    registry: registries.Registry, files: Path
) -> None:
    fresh = oci.OciStore(registry.repository("never/heard/of"), plain_http=True)
    assert fresh.find(PLAN) is None
    assert fresh.publish(files, PLAN) == fresh.find(PLAN)


@pytest.mark.parametrize("change", [{"annotations": {}}, {"annotations": None}, {"layers": []}])
def test_somebody_elses_image_under_our_tag_counts_as_absent(
    store: oci.OciStore, files: Path, repository: str, change: dict[str, object]
) -> None:
    ours = json.loads(pushed(repository, store.publish(files, PLAN)).content())
    theirs = json.dumps({name: value for name, value in (ours | change).items() if value is not None}).encode()
    connecting.Repository(repository, plain_http=True).put_manifest(oci.tag("plan", PLAN), theirs)
    assert store.find(PLAN) is None


def test_an_image_of_another_plan_under_our_tag_counts_as_absent(
    store: oci.OciStore, files: Path, repository: str
) -> None:
    content = pushed(repository, store.publish(files, OTHER_PLAN)).content()
    connecting.Repository(repository, plain_http=True).put_manifest(oci.tag("plan", PLAN), content)
    assert store.find(PLAN) is None


def test_an_image_that_lost_a_layer_counts_as_absent_and_is_pushed_again(
    tmp_path: Path, registry: registries.Registry, repository: str, store: oci.OciStore
) -> None:
    files = made(tmp_path / "own", size=2000)
    found = store.publish(files, PLAN)
    digest = pushed(repository, found).files.digest
    asked = connecting.Repository(repository, plain_http=True)
    asked._ask("DELETE", asked._at.get_blob_url(digest))
    assert store.find(PLAN) is None
    assert store.publish(files, PLAN) == found == store.find(PLAN)


def test_pushing_and_reading_need_no_more_memory_than_a_few_chunks(store: oci.OciStore, tmp_path: Path) -> None:
    size = 40_000_000
    files = made(tmp_path / "large", size=10_000)
    (files / "files/model.onnx").write_bytes(os.urandom(size))
    store.find(PLAN)  # what is imported and connected once does not count
    tracemalloc.start()
    store.publish(files, PLAN)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 4


def test_a_password_of_the_docker_config_opens_the_registry(
    locked: registries.Registry, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(registries.docker_config(tmp_path / "docker", locked.host)))
    opened = oci.OciStore(locked.repository("right"), plain_http=True)
    since = locked.now()
    assert opened.publish(files, PLAN) == opened.find(PLAN)
    refused = [status for *_, status, _ in locked.asked(since) if status == 401]
    assert len(refused) == 1, "credentials go with the first byte once they are known to be asked for"


@pytest.mark.parametrize(
    "entry", [("http://{}", "auth"), ("https://{}/v2/", "auth"), ("{}", "username"), ("http://{}/v1/", "username")]
)
def test_credentials_are_found_however_kubernetes_lets_them_be_written(
    locked: registries.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: tuple[str, str]
) -> None:
    name, kind = entry
    folder = registries.docker_config(tmp_path / "docker", locked.host)
    [auth] = json.loads((folder / "config.json").read_text())["auths"].values()
    if kind == "username":
        auth = {"username": registries.USER, "password": registries.PASSWORD}
    (folder / "config.json").write_text(json.dumps({"auths": {name.format(locked.host): auth}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    assert oci.OciStore(locked.repository("empty"), plain_http=True).find(PLAN) is None


@pytest.mark.parametrize("password", [None, "wrong password"])
def test_without_the_right_password_the_build_is_refused_and_told_which_secret_to_mend(
    locked: registries.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    folder = registries.docker_config(tmp_path / "docker", locked.host, password) if password else tmp_path / "none"
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    failure = refusal(oci.OciStore(locked.repository(), plain_http=True), errors.RejectedError)
    assert (failure.reason, failure.field) == (REASONS.STORE_REFUSED, "spec.artifact.oci")
    assert "401 UNAUTHORIZED: authentication required" in failure.message
    assert "spec.artifact.oci.pushSecretName" in failure.next_step


@pytest.mark.parametrize("content", ["{", "[]", '{"auths": ["host"]}', '{"auths": {"host": 1}}'])
def test_a_secret_that_is_no_docker_config_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (tmp_path / "config.json").write_text(content)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(errors.RejectedError) as caught:
        oci.OciStore("127.0.0.1:1/models")
    assert "the credentials in DOCKER_CONFIG cannot be read" in caught.value.failure.message


def test_a_registry_that_asks_for_tokens_gets_one_for_reading_and_one_for_writing(
    registry: registries.Registry, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tokens.guarding(registry.host) as guard:
        monkeypatch.setenv("DOCKER_CONFIG", str(registries.docker_config(tmp_path / "docker", guard.host)))
        guarded = oci.OciStore(f"{guard.host}/tokens/models", plain_http=True)
        assert guarded.find(PLAN) is None
        assert guarded.publish(files, PLAN) == guarded.find(PLAN)
        assert guard.granted == ["pull", "pull,push"]


def test_a_registry_that_is_down_is_worth_another_try_and_found_out_soon(tmp_path: Path) -> None:
    [port] = processes.free_ports(1)
    began = time.monotonic()
    failure = refusal(oci.OciStore(f"127.0.0.1:{port}/models", plain_http=True), errors.TransientError)
    assert failure.reason == REASONS.STORE_UNREACHABLE
    assert failure.message.endswith("Connection refused")
    assert time.monotonic() - began < 5


def test_a_registry_that_restarts_costs_no_build(tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oci, "WAITS", (0.5,) * 60)
    [port] = processes.free_ports(1)
    late = oci.OciStore(f"127.0.0.1:{port}/models", plain_http=True)
    found: list[stores.Found] = []
    publishing = threading.Thread(target=lambda: found.append(late.publish(files, PLAN)))
    publishing.start()
    time.sleep(0.3)
    with registries.running(tmp_path / "registry", port=port):
        publishing.join(60)
        assert found == [late.find(PLAN)]


def test_plain_http_where_tls_is_expected_is_named(registry: registries.Registry) -> None:
    failure = refusal(oci.OciStore(registry.repository()), errors.RejectedError)
    assert "does not speak TLS" in failure.message
    assert "Set spec.artifact.oci.plainHttp" in failure.next_step


def test_tls_where_plain_http_is_asked_for_is_named(tmp_path: Path) -> None:
    with registries.running(tmp_path / "registry", tls=True) as registry:
        failure = refusal(oci.OciStore(registry.repository(), plain_http=True), errors.RejectedError)
    assert "the registry speaks TLS" in failure.message
    assert "Set spec.artifact.oci.plainHttp" in failure.next_step


def test_a_certificate_that_nobody_here_trusts_is_named(tmp_path: Path) -> None:
    with registries.running(tmp_path / "registry", tls=True) as registry:
        failure = refusal(oci.OciStore(registry.repository()), errors.RejectedError)
    assert "certificate is not trusted here" in failure.message


def test_a_trusted_certificate_is_all_that_tls_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    with registries.running(tmp_path / "registry", tls=True) as registry:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(registry.directory / "pki/ca.crt"))
        safe = oci.OciStore(registry.repository())
        assert safe.publish(files, PLAN) == safe.find(PLAN)


@pytest.fixture
def remote(again: making.Workspace, repository: str) -> making.Workspace:
    """The finished build, now with a registry for a store."""
    return making.Workspace(again.root, repository=f"oci://{repository}")


def test_a_build_says_where_the_registry_has_its_artifact(remote: making.Workspace, repository: str) -> None:
    remote.run("fetch")
    code, report = remote.run("publish")
    assert report
    assert (code, report.cache_hit) == (contract.ExitCode.DONE, False)
    assert report.reference.startswith(f"{repository}@sha256:")


def test_the_same_plan_is_answered_from_the_registry_without_the_weights(
    remote: making.Workspace, registry: registries.Registry, repository: str
) -> None:
    remote.run("fetch")
    _, first = remote.run("publish")
    since = registry.now()
    code, second = remote.run_until("publish")
    assert first
    assert (code, second) == (contract.ExitCode.DONE, first.model_copy(update={"cache_hit": True}))
    image = pushed(repository, stores.Found("", first.reference))
    pulled = {path.rsplit("/", 1)[1] for method, path, *_ in registry.asked(since) if method == "GET"}
    assert image.details.digest in pulled
    assert image.files.digest not in pulled


def test_a_registry_says_no_other_than_a_claim(built: making.Workspace, remote: making.Workspace) -> None:
    on_claim = contract.Report.model_validate_json(built.places.termination_log.read_bytes())
    remote.run("fetch")
    _, in_registry = remote.run("publish")
    assert in_registry
    assert in_registry.model_copy(update={"reference": ""}) == on_claim
