"""When the certificate ends that a server shows: whoever asks, and whatever it asks for."""

import contextlib
import datetime as dt
import socket
import ssl
import subprocess
import threading

import pytest

from model_serving.sentinel import certificates, endpoints


def made(folder, *more):
    """A certificate and its key, as `openssl` makes them."""
    paths = ("-keyout", folder / "tls.key", "-out", folder / "tls.crt")
    arguments = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", *paths, "-subj", "/CN=test", *more)
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    return folder / "tls.crt"


def expected(certificate):
    """In the words of `openssl`."""
    told = subprocess.run(
        ["openssl", "x509", "-in", str(certificate), "-noout", "-enddate"], check=True, capture_output=True, text=True
    )
    return float(ssl.cert_time_to_seconds(told.stdout.strip().removeprefix("notAfter=")))


def der(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


KINDS = {
    "soon": ("-days", "2"),
    "after 2050, when the year has four digits": ("-days", "20000"),
    "with names and purposes": ("-days", "2", "-addext", "subjectAltName=DNS:a.example.com,IP:127.0.0.1"),
    "of an elliptic curve": ("-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
    "with a long name": ("-days", "2", "-subj", f"/O={'x' * 60}/OU={'y' * 60}/CN={'z' * 60}"),
}


@pytest.mark.parametrize("how", KINDS.values(), ids=KINDS)
def test_its_end_is_read(tmp_path, how):
    certificate = made(tmp_path, *how)
    assert certificates.expiry(der(certificate)) == expected(certificate)


def test_a_time_of_two_digits_is_of_this_century_or_the_last():
    assert certificates._time(0x17, b"490101000000Z") == dt.datetime(2049, 1, 1, tzinfo=dt.UTC).timestamp()
    assert certificates._time(0x17, b"500101000000Z") == dt.datetime(1950, 1, 1, tzinfo=dt.UTC).timestamp()


def test_what_is_no_certificate_is_refused_and_nothing_else_happens(tmp_path):
    whole = der(made(tmp_path, "-days", "2"))
    for content in (b"", b"\x30", b"text", b"\x30\x82", *(whole[:length] for length in range(0, 200, 7))):
        with pytest.raises(ValueError):  # noqa: PT011 - each in its own words
            certificates.expiry(content)


@contextlib.contextmanager
def server(certificate, *, clients=False):
    """Ends TLS on a free port; with `clients`, who has no certificate is turned away."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("tls.key"))
    context.set_alpn_protocols(["h2"])
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                        secured.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("clients", [False, True], ids=["to anybody", "and asks for the client's"])
def test_a_server_shows_it(tmp_path, clients):
    certificate = made(tmp_path, "-days", "2")
    with server(certificate, clients=clients) as port:
        for _ in range(2):
            assert certificates.shown("127.0.0.1", port) == expected(certificate)


def test_a_server_that_is_not_there_or_speaks_no_tls_shows_none(tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(OSError, match="timed out"):
            certificates.shown("127.0.0.1", port)
    with pytest.raises(OSError, match="refused"):
        certificates.shown("127.0.0.1", port)


async def test_it_is_looked_at_until_it_is_seen_and_then_again(tmp_path, monkeypatch):
    slept, told, answers = [], [], [OSError("refused"), ValueError("odd"), 7.0, 8.0]

    async def sleep(seconds):
        slept.append(seconds)
        if not answers:
            raise InterruptedError

    def shown(*_):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(certificates.asyncio, "sleep", sleep)
    monkeypatch.setattr(certificates, "shown", shown)
    with pytest.raises(InterruptedError):
        await certificates.watch("127.0.0.1", 1, told.append)
    assert told == [7.0, 8.0]
    assert slept == [certificates.SOON, certificates.SOON, certificates.EVERY, certificates.EVERY]


def test_its_end_is_told_to_the_second():
    board = endpoints.Board(expiry=1_796_000_123.0)
    assert "modelsmith_sentinel_certificate_expiry_timestamp_seconds 1796000123\n" in endpoints.metrics(board)
    assert "certificate" not in endpoints.metrics(endpoints.Board())
