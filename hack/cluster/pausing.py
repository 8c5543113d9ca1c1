"""Puts the pause image into the local registry: one static program, one layer."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import tarfile
from pathlib import Path

from cluster import errors, layout, pins

_REPOSITORY, _, _TAG = layout.PAUSE_IMAGE.removeprefix(f"{layout.REGISTRY}/").partition(":")
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_NOBODY = "65535:65535"


def push() -> None:
    """Have the image in the registry. Repeating it changes nothing."""
    layer = _layer(pins.binaries(pins.PAUSE) / "pause")
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": ["/pause"], "User": _NOBODY},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    ).encode()
    for blob in (layer, config):
        _put_blob(blob)
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _descriptor("config.v1+json", config),
        "layers": [_descriptor("layer.v1.tar", layer)],
    }
    _request("PUT", f"/v2/{_REPOSITORY}/manifests/{_TAG}", json.dumps(manifest).encode(), _MANIFEST)


def _layer(program: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("pause")  # no times, no owner: the same bytes every time
        entry.size = program.stat().st_size
        entry.mode = 0o755
        with program.open("rb") as content:
            archive.addfile(entry, content)
    return buffer.getvalue()


def _put_blob(blob: bytes) -> None:
    path = f"/v2/{_REPOSITORY}/blobs"
    if _request("HEAD", f"{path}/{_digest(blob)}", accepted=(404,)).status == http.client.OK:
        return
    place = _request("POST", f"{path}/uploads/").getheader("Location", "")
    place = place.removeprefix(f"http://{layout.REGISTRY}")
    _request("PUT", f"{place}&digest={_digest(blob)}", blob, "application/octet-stream")


def _request(
    method: str, path: str, body: bytes = b"", kind: str = "", accepted: tuple[int, ...] = ()
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(layout.LOOPBACK, layout.REGISTRY_PORT, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        answer = response.read().decode(errors="replace")
    finally:
        connection.close()
    if response.status >= http.client.BAD_REQUEST and response.status not in accepted:
        raise errors.ApiError(method, path, response.status, answer)
    return response


def _descriptor(kind: str, blob: bytes) -> dict[str, object]:
    media_type = f"application/vnd.oci.image.{kind}"
    return {"mediaType": media_type, "size": len(blob), "digest": _digest(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"
