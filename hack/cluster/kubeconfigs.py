"""Kubeconfig files, one for each identity."""

from __future__ import annotations

import base64
import json
from pathlib import Path


def write(path: Path, server: str, pki: Path, identity: str) -> Path:
    """Write a kubeconfig that needs no other file, so that it can be copied away.

    It is JSON, which is YAML as well, and only its owner may read it.
    """
    user = {
        "client-certificate-data": _encoded(pki / f"{identity}.crt"),
        "client-key-data": _encoded(pki / f"{identity}.key"),
    }
    return _write(path, _content(server, pki, identity, user))


def write_token(path: Path, server: str, pki: Path, identity: str, token: str) -> Path:
    """Write one for a bearer of a token, in the same way."""
    return _write(path, _content(server, pki, identity, {"token": token}))


def _write(path: Path, content: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content, indent=2))
    fresh.replace(path)
    return path


def _content(server: str, pki: Path, identity: str, user: dict[str, str]) -> dict[str, object]:
    cluster = {"server": server, "certificate-authority-data": _encoded(pki / "ca.crt")}
    context = {"cluster": "modelsmith", "user": identity}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "modelsmith", "cluster": cluster}],
        "users": [{"name": identity, "user": user}],
        "contexts": [{"name": "modelsmith", "context": context}],
        "current-context": "modelsmith",
    }


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
