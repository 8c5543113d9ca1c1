"""The environment, read once, into a frozen value."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from model_operator import policies

#: From here on image volumes are on by default (KEP-4639).
IMAGE_VOLUMES_SINCE = (1, 35)
#: The namespace of the pod that this process runs in.
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
Number = TypeVar("Number", int, float)


@dataclasses.dataclass(frozen=True)
class Images:
    """Which image runs which room, unless a resource names its own."""

    builder: str
    serving: str
    triton: str


@dataclasses.dataclass(frozen=True)
class Settings:
    """How this operator was installed."""

    images: Images
    #: How artifacts come from a registry: `always` as image volumes, `never`, or as the API server's version allows.
    image_volumes: str = "auto"
    #: Major and minor of the API server, asked at the start where that decides.
    server_version: tuple[int, int] = (0, 0)
    #: Namespaces to watch; empty is all.
    namespaces: tuple[str, ...] = ()
    #: Of several replicas the holder of a Lease writes. Without an election this process does: it must be the only one.
    election: bool = True
    #: Namespace and name of that Lease.
    namespace: str = ""
    lease: str = "modelsmith-operator"
    #: URL of the Prometheus that KEDA asks for the load of servers; empty where engine keda is not to be used.
    prometheus_url: str = ""
    #: What ModelDeployments may use.
    policy: policies.Policy = policies.NONE
    #: Where /healthz, /readyz and /metrics are served.
    probe_port: int = 8080
    #: Seconds between two authoritative LISTs of each kind.
    resync_seconds: float = 600.0
    #: Resources handled at the same time. Each waits for the API server nearly all of its time.
    workers: int = 16
    #: `text` for people, `json` for machines.
    log_format: str = "text"
    #: Lowest level that is logged.
    log_level: str = "INFO"

    @property
    def mounts_images(self) -> bool:
        """The kubelet brings artifacts from a registry. Whether a node's container runtime can, no API tells."""
        if self.image_volumes == "auto":
            return self.server_version >= IMAGE_VOLUMES_SINCE
        return self.image_volumes == "always"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read MODELSMITH_*; KeyError names the variable that is missing, ValueError the one that makes no sense.

    A process outside of a cluster has no namespace of its own: with an election it must be told one.
    """
    return Settings(
        images=Images(
            builder=environment["MODELSMITH_BUILDER_IMAGE"],
            serving=environment["MODELSMITH_SERVING_IMAGE"],
            triton=environment["MODELSMITH_TRITON_IMAGE"],
        ),
        image_volumes=_choice(
            environment, "MODELSMITH_IMAGE_VOLUMES", Settings.image_volumes, ("auto", "always", "never")
        ),
        namespaces=_list(environment, "MODELSMITH_NAMESPACES"),
        election=_choice(environment, "MODELSMITH_ELECTION", "on", ("on", "off")) == "on",
        namespace=environment.get("MODELSMITH_NAMESPACE") or _own_namespace(),
        lease=environment.get("MODELSMITH_LEASE") or Settings.lease,
        policy=policies.Policy(
            images=_list(environment, "MODELSMITH_ALLOWED_IMAGES"),
            sources=_list(environment, "MODELSMITH_ALLOWED_SOURCES"),
            registries=_list(environment, "MODELSMITH_ALLOWED_REGISTRIES"),
            secret_label=_choice(environment, "MODELSMITH_USE_LABEL", "off", ("on", "off")) == "on",
        ),
        prometheus_url=environment.get("MODELSMITH_PROMETHEUS_URL", ""),
        probe_port=_number(environment, "MODELSMITH_PROBE_PORT", Settings.probe_port),
        resync_seconds=_number(environment, "MODELSMITH_RESYNC_SECONDS", Settings.resync_seconds),
        workers=_number(environment, "MODELSMITH_WORKERS", Settings.workers),
        log_format=_choice(environment, "MODELSMITH_LOG_FORMAT", Settings.log_format, ("text", "json")),
        log_level=_choice(
            environment, "MODELSMITH_LOG_LEVEL", Settings.log_level, ("DEBUG", "INFO", "WARNING", "ERROR")
        ),
    )


def _own_namespace() -> str:
    """Of the service account; empty outside of a cluster."""
    try:
        return POD_NAMESPACE.read_text().strip()
    except OSError:
        return ""


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(filter(None, map(str.strip, environment.get(name, "").split(","))))


def _number(environment: Mapping[str, str], name: str, default: Number) -> Number:
    """A positive number of the default's type."""
    text = environment.get(name) or str(default)
    try:
        number = type(default)(text)
    except ValueError:
        number = type(default)(0)
    if number <= 0:
        message = f"{name}={text} is not a positive number"
        raise ValueError(message)
    return number


def _choice(environment: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of a few words."""
    text = environment.get(name) or default
    if text not in choices:
        message = f"{name}={text} is none of {', '.join(choices)}"
        raise ValueError(message)
    return text
