"""The containers of a server's pod that compose, watch and serve."""

from typing import Any

from model_operator import containers, names
from model_operator.api import quantities, runtime, types
from model_serving import flags, places, settings

REQUESTS = {"cpu": types.CPU_REQUEST, "memory": "1Gi"}
LIMITS = {"memory": "2Gi"}
#: Of the default memory limit so much is shared memory.
SHM = "256Mi"
#: compose and the sentinel: golden samples and their answers are the only large thing they hold.
SMALL_REQUESTS = {"cpu": "50m", "memory": "64Mi"}
SMALL_LIMITS = {"memory": "512Mi"}
#: Endpoints forget the pod meanwhile; Triton refuses new connections from SIGTERM on.
PRE_STOP_SECONDS = 5
#: A large model, read from a slow disk.
STARTUP_SECONDS = 600
TMP = "/tmp"
#: Fails when the sentinel says that the server is dead, and on nothing else. Bash speaks TCP, and is in every image
#: that Triton comes in; a client of its own would cost more than the question.
LIVE = (
    f"exec 3<>/dev/tcp/127.0.0.1/{settings.SENTINEL_PORT} || exit 0;"
    r" printf 'GET /livez HTTP/1.0\r\n\r\n' >&3; read -r -t 4 line <&3; [[ $line != *' 503 '* ]]"
)
#: The volume of the server's certificate.
CERTIFICATE = "certificate"
#: The volume of sampled requests. What does not fit is not sampled; the server notices nothing.
SAMPLES, SAMPLES_SIZE = "samples", "64Mi"


def compose(
    configuration: settings.ServingSettings, images: types.Images, artifact: containers.Mount
) -> dict[str, Any]:
    """Verifies the artifact, and writes Triton's repository."""
    return containers.container(
        names.COMPOSE,
        images.serving,
        ["python3", "-m", "model_serving", "compose"],
        env=[*_settings(configuration), *_threads(configuration)],
        resources=_small(),
        mounts=[artifact, containers.mount("repository", places.REPOSITORY), _tmp(names.COMPOSE)],
    )


def sentinel(
    configuration: settings.ServingSettings, images: types.Images, artifact: containers.Mount
) -> dict[str, Any]:
    """Tells the kubelet the truth about Triton: a native sidecar, up before it and gone after it."""
    return containers.container(
        names.SENTINEL,
        images.serving,
        ["python3", "-m", "model_serving", "sentinel"],
        restartPolicy="Always",
        env=_settings(configuration),
        resources=_small(),
        ports=[_port("sentinel", settings.SENTINEL_PORT)],
        mounts=[artifact, _tmp(names.SENTINEL), *_samples(configuration)],
    )


def triton(
    configuration: settings.ServingSettings, images: types.Images, serving: runtime.Serving, artifact: containers.Mount
) -> dict[str, Any]:
    """The server. Its last log lines are its last words: Triton writes no termination message."""
    gpus = {serving.gpu.resource: str(serving.gpu.count)} if serving.gpu else {}
    resources = containers.resources(serving.resources, REQUESTS, limits(serving))
    return {
        **containers.container(
            names.TRITON,
            images.triton,
            ["tritonserver"],
            args=flags.server(configuration),
            # The key that opens Triton's administration: known to who may read this pod, see flags.POD_KEY.
            env=[
                {"name": "MODELSMITH_POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
                *containers.environment({"HOME": TMP}),
            ],
            resources={"requests": {**resources["requests"], **gpus}, "limits": {**resources["limits"], **gpus}},
            ports=[
                *([] if serving.tls else [_port("http", settings.HTTP_PORT)]),
                _port("grpc", settings.GRPC_PORT),
                _port("metrics", settings.METRICS_PORT),
            ],
            lifecycle={"preStop": {"sleep": {"seconds": PRE_STOP_SECONDS}}},
            **probes(),
            mounts=[
                artifact,
                containers.mount("repository", places.REPOSITORY, read_only=True),
                containers.mount("shm", "/dev/shm"),
                _tmp(names.TRITON),
                *([containers.mount(CERTIFICATE, places.TLS, read_only=True)] if serving.tls else []),
                *_samples(configuration),
            ],
        ),
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def limits(serving: runtime.Serving) -> dict[str, str]:
    """Limits of the server unless a person says otherwise: /dev/shm and samples count as its memory."""
    shared, usual, limit = map(quantities.value, (serving.shm_size, SHM, LIMITS["memory"]))
    samples = quantities.value(SAMPLES_SIZE) if serving.drift else 0
    return {**LIMITS, "memory": quantities.whole(max(limit, limit + shared - usual) + samples)}


def certificate(tls: runtime.Tls) -> dict[str, Any]:
    """The volume of the server's certificate. Its files are named: the kubelet then tells which of them is missing."""
    files = ["tls.crt", "tls.key", *(["ca.crt"] if tls.client_ca else [])]
    items = [{"key": file, "path": file} for file in files]
    return {"name": CERTIFICATE, "secret": {"secretName": tls.secret_name, "items": items, "defaultMode": 0o440}}


def probes() -> dict[str, Any]:
    """All of them ask the sentinel, which takes its time itself before it says no.

    Its restart takes two or three seconds, for which a server stays in rotation. A sentinel that is down for longer
    (its restarts are backed off) must not restart the server: liveness tells a no from no answer, as no httpGet can.
    """
    return {
        "startupProbe": _probe("/startupz", period=2, failures=STARTUP_SECONDS // 2),
        "readinessProbe": _probe("/readyz", period=2, failures=3),
        "livenessProbe": {
            "exec": {"command": ["bash", "-c", LIVE]},
            "periodSeconds": 5,
            "timeoutSeconds": 10,
            "failureThreshold": 2,
            # It serves nobody: nothing in flight is waited for.
            "terminationGracePeriodSeconds": PRE_STOP_SECONDS + 1,
        },
    }


def _settings(configuration: settings.ServingSettings) -> list[dict[str, Any]]:
    # An image of an earlier version refuses what it does not know: so what is not set is not said.
    text = configuration.model_dump_json(by_alias=True, exclude_none=True, exclude={"threads"})
    # The kubelet puts variables in the place of $(NAME), and makes $ of $$.
    return containers.environment({places.SETTINGS_VARIABLE: text.replace("$", "$$"), "HOME": TMP})


def _threads(configuration: settings.ServingSettings) -> list[dict[str, Any]]:
    return containers.environment(
        {places.THREADS_VARIABLE: str(configuration.threads)} if configuration.threads else {}
    )


def _samples(configuration: settings.ServingSettings) -> list[containers.Mount]:
    """Triton writes there, and the sentinel removes what it has counted."""
    return [containers.mount(SAMPLES, places.SAMPLES)] if configuration.sample_every else []


def _small() -> dict[str, Any]:
    return containers.resources(types.Resources(), SMALL_REQUESTS, SMALL_LIMITS)


def _tmp(container: str) -> containers.Mount:
    return containers.mount(f"tmp-{container}", TMP)


def _port(name: str, number: int) -> dict[str, Any]:
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": settings.SENTINEL_PORT, "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }
