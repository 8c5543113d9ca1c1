"""The arguments of tritonserver: pure, so that operator, builder, tests and local mode start the same server.

Every flag here exists in 2.51 (the development server) and in current releases. Not here, because 2.51 lacks it:
`--allow-client-shm`; current releases default it to false, and `ADMINISTRATION` below shuts it in older ones.
"""

import dataclasses

from model_serving import places, settings

#: How long in-flight requests may take after SIGTERM. Idle keep-alive connections use up all of it, always:
#: a pod's grace period is its preStop sleep + this + a margin.
EXIT_TIMEOUT_SECONDS = 20
#: A gRPC channel sticks to one pod for its life; this bound lets new replicas get their share (a GOAWAY, not a cut).
GRPC_CONNECTION_AGE_MILLISECONDS = 300_000
#: APIs that a client of a model never needs: writing log and trace files, mapping the server's shared memory.
ADMINISTRATION = "shared-memory,trace,logging"
#: Header that opens them, with the key as its value.
ADMINISTRATION_HEADER = "modelsmith-key"
#: The kubelet puts the pod's uid here when the container has it as MODELSMITH_POD_UID: known to who may read the pod.
POD_KEY = "$(MODELSMITH_POD_UID)"


@dataclasses.dataclass(frozen=True)
class Listening:
    """Where a server listens."""

    address: str = "0.0.0.0"  # noqa: S104 - a pod is reached on its own address
    http: int = places.HTTP_PORT
    grpc: int = places.GRPC_PORT
    metrics: int = places.METRICS_PORT


#: Reached on the pod's own address.
EVERYWHERE = Listening()
#: Reached by the pod's other containers alone.
LOCAL = Listening(address="127.0.0.1")


def server(
    serving: settings.ServingSettings,
    *,
    repository: str = places.REPOSITORY,
    listening: Listening = EVERYWHERE,
    key: str = POD_KEY,
    certificates: str = places.TLS,
    samples: str = places.SAMPLES,
) -> list[str]:
    """Arguments of the server that serves: an immutable repository, all of it loaded at start.

    With TLS, HTTP listens on the pod's own 127.0.0.1 alone: Triton cannot encrypt it, and the sentinel needs it.

    `--exit-on-error=false`: a server that cannot load its model stays up, not ready, and tells why in
    /v2/repository/index, where the sentinel reads it. With `true` it exits and the reason is lost in a restarted log.
    """
    return [
        *_common(repository, listening, http=LOCAL.address if serving.tls else listening.address),
        "--model-control-mode=none",
        f"--exit-timeout-secs={EXIT_TIMEOUT_SECONDS}",
        f"--grpc-max-connection-age={GRPC_CONNECTION_AGE_MILLISECONDS}",
        "--allow-metrics=true",
        f"--allow-gpu-metrics={'true' if serving.gpus else 'false'}",
        # Its default is the address of HTTP.
        f"--metrics-address={listening.address}",
        f"--metrics-port={listening.metrics}",
        f"--http-restricted-api={ADMINISTRATION}:{ADMINISTRATION_HEADER}={key}",
        f"--grpc-restricted-protocol={ADMINISTRATION}:{ADMINISTRATION_HEADER}={key}",
        *_encryption(serving.tls, certificates),
        *([f"--cache-config=local,size={serving.response_cache_bytes}"] if serving.response_cache_bytes else []),
        *_sampling(serving.sample_every, samples),
        *(["--rate-limit=execution_count"] if serving.overlay and serving.overlay.limits_rate else []),
    ]


def check(repository: str, *, listening: Listening = LOCAL) -> list[str]:
    """Arguments of the server beside a build: empty at start, loads what the build asks for, unseen from outside.

    The repository must exist when the server starts (other folders in it do no harm): where it is missing, the server
    stays "not ready" for ever and loads nothing.
    """
    return [
        *_common(repository, listening, http=listening.address),
        "--model-control-mode=explicit",
        "--exit-timeout-secs=5",
        "--allow-metrics=false",
    ]


def _encryption(tls: settings.Tls | None, certificates: str) -> list[str]:
    """Of gRPC. The files are read once, at the start."""
    if tls is None:
        return []
    return [
        "--grpc-use-ssl=true",
        f"--grpc-server-cert={certificates}/tls.crt",
        f"--grpc-server-key={certificates}/tls.key",
        *(["--grpc-use-ssl-mutual=true", f"--grpc-root-cert={certificates}/ca.crt"] if tls.client_ca else []),
    ]


def _sampling(every: int | None, folder: str) -> list[str]:
    """A file of each sampled request. TENSORS alone would not name the request, and the sentinel must know its own."""
    if every is None:
        return []
    return [
        f"--trace-config=triton,file={folder}/request",
        "--trace-config=triton,log-frequency=1",
        "--trace-config=level=TIMESTAMPS",
        "--trace-config=level=TENSORS",
        f"--trace-config=rate={every}",
    ]


def _common(repository: str, listening: Listening, *, http: str) -> list[str]:
    """What both have: a complete configuration is taken as it is, and readiness means that every model loaded."""
    return [
        f"--model-repository={repository}",
        "--exit-on-error=false",
        "--strict-readiness=true",
        "--disable-auto-complete-config",
        "--log-format=ISO8601",
        f"--http-address={http}",
        f"--http-port={listening.http}",
        f"--grpc-address={listening.address}",
        f"--grpc-port={listening.grpc}",
    ]
