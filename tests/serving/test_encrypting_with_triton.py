"""gRPC with TLS against the real server, with certificates made here."""

import json
import re
import ssl
import subprocess

import numpy as np
import pytest
import tritonclient.grpc as triton

from model_serving import settings
from serving import artifacts_made, processes

IMAGE = np.arange(4, dtype=np.float32).reshape(1, 4)


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def certify(folder, name, authority, extension):
    """<name>.key and <name>.crt, signed by ca.key of the authority."""
    key, request = folder / f"{name}.key", folder / f"{name}.csr"
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    (folder / "extension").write_text(extension)
    signed = ("-CA", authority / "ca.crt", "-CAkey", authority / "ca.key", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", request, *signed, "-extfile", folder / "extension", "-out", folder / f"{name}.crt")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """As the Secret is mounted: tls.crt, tls.key, ca.crt; and a client's own."""
    folder = tmp_path_factory.mktemp("certificates")
    paths = ("-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *paths, "-days", "2", "-subj", "/CN=test")
    certify(folder, "tls", folder, "subjectAltName=IP:127.0.0.1,DNS:localhost")
    certify(folder, "client", folder, "extendedKeyUsage=clientAuth")
    return folder


def infer(server, **credentials):
    """Scores, asked over gRPC."""
    tensor = triton.InferInput("image", list(IMAGE.shape), "FP32")
    tensor.set_data_from_numpy(IMAGE)
    with triton.InferenceServerClient(server.grpc, **credentials) as client:
        return client.infer("tiny", [tensor], client_timeout=20).as_numpy("scores")


@pytest.fixture(scope="module")
def ca(certificates):
    return {"ssl": True, "root_certificates": str(certificates / "ca.crt")}


def test_grpc_is_encrypted_and_cleartext_is_not_answered(served, certificates, ca):
    with served(tls=settings.Tls(), certificates=certificates) as server:
        np.testing.assert_allclose(infer(server, **ca), artifacts_made.right(IMAGE)[0], rtol=1e-6)
        with pytest.raises(triton.InferenceServerException):
            infer(server)


def test_clients_show_a_certificate_where_that_is_asked(served, certificates, ca):
    with served(tls=settings.Tls(client_ca=True), certificates=certificates) as server:
        mine = {"private_key": str(certificates / "client.key"), "certificate_chain": str(certificates / "client.crt")}
        np.testing.assert_allclose(infer(server, **ca, **mine), artifacts_made.right(IMAGE)[0], rtol=1e-6)
        with pytest.raises(triton.InferenceServerException):
            infer(server, **ca)


@pytest.mark.parametrize("client_ca", [False, True], ids=["to anybody", "to whom it knows"])
def test_the_sentinel_tells_when_the_certificate_ends_that_is_shown(served, certificates, tmp_path, client_ca):
    how = settings.Tls(client_ca=client_ca)
    told = json.dumps({"modelName": "tiny", "tls": how.model_dump(by_alias=True)})
    with served(tls=how, certificates=certificates) as server:
        port = int(server.grpc.rpartition(":")[2])
        where = {"settings": told, "grpc": port}
        with processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log", **where) as sentinel:
            pattern = re.compile(r"^modelsmith_sentinel_certificate_expiry_timestamp_seconds (\d+)$", re.MULTILINE)
            found = processes.until(lambda: pattern.search(sentinel.probe("metrics")[1]))
            silent = {"modelsmith_sentinel_traffic_mean_seconds"}  # nobody asks for anything, and nothing is sampled
            silent |= {f"modelsmith_sentinel_output_{name}" for name in ("psi", "samples")}
            processes.until(lambda: told_by(sentinel) == documented() - silent)
    [validity] = [line for line in ended(certificates / "tls.crt") if line.startswith("notAfter=")]
    assert int(found[1]) == ssl.cert_time_to_seconds(validity.removeprefix("notAfter="))


def told_by(sentinel):
    return set(re.findall(r"^# TYPE (\w+) ", sentinel.probe("metrics")[1], re.MULTILINE))


def documented():
    """The sentinel's rows of docs/metrics.md."""
    text = (processes.ROOT / "docs/metrics.md").read_text()
    return set(re.findall(r"^\| `(modelsmith_sentinel_\w+)", text, re.MULTILINE))


def ended(certificate):
    """What openssl says of its end."""
    argv = ["openssl", "x509", "-in", str(certificate), "-noout", "-enddate"]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()


def test_without_tls_no_certificate_is_asked_for(shared, tmp_path):
    with processes.sentinel(shared.artifact, shared.url, tmp_path / "log") as sentinel:
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        assert "certificate" not in sentinel.probe("metrics")[1]


def reached(url):
    """Whether somebody listens there."""
    try:
        return processes.get(url)[0] == 200
    except OSError:
        return False


def test_http_is_for_the_pods_own_containers_and_metrics_for_all(served, certificates, tmp_path):
    with served(tls=settings.Tls(), certificates=certificates, address="0.0.0.0") as server:  # noqa: S104 - as in a pod
        elsewhere = server.url.replace("127.0.0.1", "127.0.0.2")
        assert not reached(f"{elsewhere}/v2/health/live")
        assert reached(f"{server.url}/v2/health/live")
        assert reached(server.metrics.replace("127.0.0.1", "127.0.0.2"))
        with processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log") as sentinel:
            processes.until(lambda: sentinel.probe("readyz")[0] == 200)


def test_without_tls_http_is_for_all(served):
    with served(address="0.0.0.0") as server:  # noqa: S104 - as in a pod
        assert reached(f"{server.url.replace('127.0.0.1', '127.0.0.2')}/v2/health/live")
