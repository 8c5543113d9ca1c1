"""Who we are to a registry: the Docker config of a Secret of type dockerconfigjson, in the folder DOCKER_CONFIG.

oras has a client choose between basic and token authentication beforehand. Which one it is, is the registry's matter,
and it says so in its challenge (RFC 9110, 11.6.1): here it is followed.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib import parse

import oras.auth.token
import oras.auth.utils
import oras.container
import requests

from model_serving.registries import errors

VARIABLE = "DOCKER_CONFIG"
#: Docker Hub answers under a name that neither its images nor its login use.
HUB = "registry-1.docker.io"
HUB_ALIASES = ("docker.io", "index.docker.io")


class Credentials(oras.auth.token.TokenAuth):  # type: ignore[misc]  # oras publishes no types
    """Answers challenges of one registry, and remembers the answer, so that no large body is sent in vain."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._basic_auth = ""
        self.granted: dict[str, str] = {}

    def load(self, container: oras.container.Container) -> None:
        """Look the registry up in the config. Raises RefusedError when that cannot be read."""
        try:
            self._auth_config = oras.auth.utils.load_configs(config_files())
            self._auth_config["auths"] = by_host(self._auth_config["auths"])
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise errors.RefusedError(f"the credentials in {VARIABLE} cannot be read: {error!r}") from error
        self.load_configs(container)

    def authenticate_request(
        self, original: requests.Response, headers: Mapping[str, str]
    ) -> tuple[dict[str, str], bool]:
        """The headers with what the challenge asks for, and whether there is anything to answer it with."""
        challenge = original.headers.get("Www-Authenticate", "")
        self.granted = self._basic() if challenge.lower().startswith("basic") else self._token(original, challenge)
        return {**headers, **self.granted}, bool(self.granted)

    def _basic(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self._basic_auth}"} if self._basic_auth else {}

    def _token(self, original: requests.Response, challenge: str) -> dict[str, str]:
        """A new token for what this challenge names: one that allows to read does not allow to write."""
        if "realm=" not in challenge:
            return {}
        found, known = super().authenticate_request(original, {}, refresh=True)
        return dict(found) if known else {}


def config_files() -> list[str]:
    """The config, when there is one; oras itself adds the one in the home folder."""
    folder = os.environ.get(VARIABLE)
    path = Path(folder) / "config.json" if folder else None
    return [str(path)] if path and path.exists() else []


def by_host(auths: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Entries as oras looks them up, by host and with `auth`; Kubernetes also takes URLs, and user with password."""
    return {host(name): {"auth": encoded(entry)} for name, entry in auths.items()}


def host(name: str) -> str:
    """The registry that a key of the config names: `https://registry.example.com/v2/` and the like."""
    found = parse.urlsplit(name if "//" in name else f"//{name}").netloc
    return HUB if found in HUB_ALIASES else found


def encoded(entry: Mapping[str, Any]) -> str:
    """User and password as the header has them; empty when a credential helper is to be asked."""
    if entry.get("auth"):
        return str(entry["auth"])
    if "username" in entry:
        return str(oras.auth.utils.get_basic_auth(entry["username"], entry["password"]))
    return ""
