import re
import subprocess

import pytest

from model_serving import development, flags, settings

SERVING = settings.ServingSettings(model_name="digits", artifact=f"sha256:{'a' * 64}")

ALL = SERVING.model_copy(
    update={"sample_every": 100, "response_cache_bytes": 2**20, "tls": settings.Tls(client_ca=True)}
)


@pytest.fixture(scope="module")
def known(triton_python, tmp_path_factory):
    """Every flag of the development server."""
    argv, env = development.command(triton_python, tmp_path_factory.mktemp("scratch"), ["--help"])
    answer = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=60)
    return set(re.findall(r"^\s+(--[a-z0-9-]+)", answer.stdout + answer.stderr, re.MULTILINE))


@pytest.mark.parametrize("arguments", [flags.server(ALL), flags.check("/check")], ids=["server", "check"])
def test_the_server_knows_every_flag(known, arguments):
    assert {argument.split("=")[0] for argument in arguments} <= known


def test_the_builders_server_is_seen_by_its_pod_alone():
    arguments = flags.check("/check")
    assert "--http-address=127.0.0.1" in arguments
    assert "--grpc-address=127.0.0.1" in arguments
    assert "--allow-metrics=false" in arguments


def test_serving_never_loads_or_unloads_on_request():
    assert "--model-control-mode=none" in flags.server(SERVING)


def test_requests_are_sampled_where_it_is_asked_for():
    assert [one for one in flags.server(SERVING) if "trace-config" in one] == []
    arguments = flags.server(SERVING.model_copy(update={"sample_every": 100}))
    assert {"--trace-config=rate=100", "--trace-config=triton,file=/modelsmith/samples/request"} <= {*arguments}


def test_gpu_metrics_are_for_servers_with_gpus():
    assert "--allow-gpu-metrics=false" in flags.server(SERVING)
    assert "--allow-gpu-metrics=true" in flags.server(SERVING.model_copy(update={"gpus": 1}))
