"""One repository of a registry, by the distribution specification: manifests and blobs, in and out.

oras does the talking. What is different here, and why:

- it waits 131 s in all before it says that nothing listens, and for ever when nothing answers: here a request has a
  timeout, and is tried again by those who know whether that is worth it;
- it reads a blob into memory to send it: here blobs are iterables;
- it sends credentials only when asked again, after the whole body: here with the first byte.
"""

import contextlib
import hashlib
import http
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, cast
from urllib import parse

import oras.container
import oras.provider
import oras.utils
import requests.adapters

from model_builder import contract, digests
from model_serving.registries import answers, credentials, errors, images

#: Seconds to connect, and between two pieces of an answer: a registry may take its time to file a large blob away.
TIMEOUT = (10.0, 120.0)
CHUNK = 1 << 20
#: A token may be good for too little, which some registries answer with the second.
CHALLENGES = frozenset({http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN})


class Repository:
    """`host[:port]/path`. Every method raises RegistryError."""

    def __init__(self, name: str, *, plain_http: bool = False) -> None:
        """Nothing is asked yet. Raises RefusedError when the credentials cannot be read."""
        self.name = name
        self._at = container(name)
        self._client = _Client(self._at, plain_http=plain_http)

    def reference(self, digest: contract.Digest) -> str:
        """How nodes name an image of it."""
        return f"{self.name}@{digest}"

    def manifest(self, reference: str) -> bytes:
        """A manifest by tag or digest; by digest, it is that content and no other. Raises MissingError."""
        answer = self._ask("GET", self._at.manifest_url(reference), headers={"Accept": images.MANIFEST})
        if reference.startswith(digests.PREFIX) and digests.of_bytes(answer.content) != reference:
            raise errors.CorruptError(f"{self.name} gives {digests.of_bytes(answer.content)} for {reference}")
        return answer.content

    def resolve(self, reference: str) -> contract.Digest | None:
        """The digest of the manifest that a tag or digest names now; None when there is none, empty when not told."""
        try:
            answer = self._ask("HEAD", self._at.manifest_url(reference), headers={"Accept": images.MANIFEST})
        except errors.MissingError:
            return None
        return answer.headers.get("Docker-Content-Digest", "")

    def put_manifest(self, reference: str, content: bytes) -> None:
        """Have a manifest under a tag or its digest; one that is there already is not written again."""
        if self.resolve(reference) != digests.of_bytes(content):
            headers = {"Content-Type": images.MANIFEST}
            self._ask("PUT", self._at.manifest_url(reference), headers=headers, data=content)

    def delete_manifest(self, digest: contract.Digest) -> None:
        """Delete a manifest, and the tags that lead to it. RefusedError: this registry deletes nothing."""
        self._ask("DELETE", self._at.manifest_url(digest))

    def has(self, blob: images.Descriptor) -> bool:
        """Is the blob there?"""
        try:
            self._ask("HEAD", self._at.get_blob_url(blob.digest))
        except errors.MissingError:
            return False
        return True

    def push(self, blob: images.Descriptor, content: Iterable[bytes] | bytes) -> None:
        """Have a blob there. The registry refuses content that is not of the digest."""
        if self.has(blob):
            return
        started = self._ask("POST", self._at.upload_blob_url())
        url = oras.utils.append_url_params(self._client.location(started, self._at), {"digest": blob.digest})
        self._ask("PUT", url, headers={"Content-Type": "application/octet-stream"}, data=content)

    @contextlib.contextmanager
    def pull(self, blob: images.Descriptor) -> Iterator[IO[bytes]]:
        """A blob to read. Whatever is left unread at the end is read then, and all of it held against the digest."""
        with self._ask("GET", self._at.get_blob_url(blob.digest), stream=True) as answer:
            arriving = _Arriving(answer, f"{self.name}@{blob.digest}")
            yield cast("IO[bytes]", arriving)
            if arriving.finish() != blob.digest:
                raise errors.CorruptError(f"{self.name} holds other content than its name says under {blob.digest}")

    def _ask(self, method: str, url: str, **how: Any) -> requests.Response:
        """One request that must succeed."""
        url = url if "://" in url else f"{self._client.prefix}://{url}"
        asked = f"{method} {parse.urlsplit(url)._replace(query='').geturl()}"
        try:
            answer = self._client.do_request(url, method, **how)
        except requests.exceptions.RequestException as error:
            raise answers.unanswered(error, asked) from error
        if answer.status_code >= http.HTTPStatus.BAD_REQUEST:
            with answer:
                raise answers.failed(answer, asked)
        return answer


class _Arriving:
    """The body of an answer as a file, of which tarfile needs no more than `read`."""

    def __init__(self, answer: requests.Response, name: str) -> None:
        self._pieces = answer.iter_content(CHUNK)
        self._name = name
        self._left = b""
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._left:
            self._left = self._next()
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def finish(self) -> str:
        """The digest of all that came."""
        while self._next():
            pass
        return digests.PREFIX + self._digest.hexdigest()

    def _next(self) -> bytes:
        try:
            piece = next(self._pieces, b"")
        except requests.exceptions.RequestException as error:
            raise answers.unanswered(error, f"GET {self._name}") from error
        self._digest.update(piece)
        return piece


class _Client(oras.provider.Registry):  # type: ignore[misc]  # oras publishes no types
    """oras' client of one registry."""

    def __init__(self, at: oras.container.Container, *, plain_http: bool) -> None:
        super().__init__(hostname=at.registry, insecure=plain_http)
        self._host = parse.urlsplit(f"//{at.registry}").netloc
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, _Patient())
        self.auth = credentials.Credentials()
        self.auth.session, self.auth.prefix, self.auth._tls_verify = self.session, self.prefix, True  # noqa: SLF001 - as oras' own constructor does
        self.auth.load(at)

    def do_request(
        self,
        url: str,
        method: str = "GET",
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        stream: bool = False,
    ) -> requests.Response:
        """One request, and once more with credentials when it is challenged. Other hosts get no credentials of ours."""
        ours = parse.urlsplit(url).netloc == self._host
        session = cast("requests.Session", self.session)
        first = {**(headers or {}), **(self.auth.granted if ours else {})}
        answer = session.request(method, url, data=data, headers=first, stream=stream)
        if not ours or answer.status_code not in CHALLENGES:
            return answer
        second, known = self.auth.authenticate_request(answer, headers or {})
        if not known:
            return answer
        answer.close()
        return session.request(method, url, data=data, headers=second, stream=stream)

    def location(self, answer: requests.Response, at: oras.container.Container) -> str:
        """Where the upload that was begun goes on; registries may leave the host out."""
        found = self._get_location(answer, at)
        if not found:
            raise errors.UnreachableError(f"{at.registry} begins an upload without saying where it goes on")
        return str(found)


class _Patient(requests.adapters.HTTPAdapter):
    """Gives up, in time, on one who does not answer."""

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:  # type: ignore[override]
        return super().send(request, **{**how, "timeout": how.get("timeout") or TIMEOUT})


def container(name: str) -> oras.container.Container:
    """The repository as oras has it, whose parser takes a host without dot or port for a folder of Docker Hub."""
    host, _, path = name.partition("/")
    made = oras.container.Container(f"{host}/{path}")
    made.registry = credentials.host(host)
    made.namespace, made.repository = "", path
    return made
