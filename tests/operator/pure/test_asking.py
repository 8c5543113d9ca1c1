"""What a spec means for the server."""

import pytest
from pure import making, revising, worlds

from model_operator import kinds
from model_operator.api import asking, deployment
from model_serving import settings

DIGEST = making.ARTIFACT


def status(world):
    return world.find(kinds.MODEL_DEPLOYMENT)["status"]


def asked(**serving):
    spec = deployment.ModelDeploymentSpec.model_validate(making.spec(serving=serving))
    return asking.serving("digits", DIGEST, spec)


@pytest.mark.parametrize(
    ("serving", "threads"),
    [
        ({}, 1),
        ({"resources": {"limits": {"cpu": "4"}}}, 4),
        ({"resources": {"limits": {"cpu": "4"}, "requests": {"cpu": "1"}}}, 4),
        ({"resources": {"requests": {"cpu": "2500m"}}}, 3),
        ({"resources": {"limits": {"cpu": 4}}, "instances": {"count": 2}}, 2),
        ({"resources": {"limits": {"cpu": "5"}}, "instances": {"count": 2}}, 2),
        ({"resources": {"limits": {"cpu": "2"}}, "instances": {"count": 4}}, 1),
        ({"resources": {"limits": {"cpu": "8"}}, "modelConfig": {"instance_group": [{"count": 3}, {}]}}, 2),
        ({"resources": {"limits": {"cpu": "0"}}}, 1),
    ],
)
def test_threads_keep_within_the_cpus_of_the_container(serving, threads):
    assert asked(**serving).threads == threads


@pytest.mark.parametrize(("size", "expected"), [("64Mi", 64 * 2**20), ("1.5Gi", 1536 * 2**20), (2**21, 2**21)])
def test_the_cache_is_in_bytes(size, expected):
    assert asked(responseCache={"size": size}).response_cache_bytes == expected


def test_what_is_not_asked_is_not_said():
    found = asked()
    assert (found.overlay, found.response_cache_bytes, found.tls) == (None, None, None)


def test_the_server_learns_of_tls_and_not_of_the_secret():
    assert asked(tls={"secretName": "mine"}).tls == settings.Tls()


@pytest.mark.parametrize(
    ("serving", "words"),
    [
        (
            {"batching": {"maxBatchSize": 4}, "modelConfig": {"dynamic_batching": {"preferred_batch_size": [8]}}},
            "exceed",
        ),
        ({"modelConfig": {"instance_group": [{"kind": "KIND_GPU"}]}}, "set gpu"),
        ({"modelConfig": {"instance_group": [{"gpus": [0]}]}}, "set gpu"),
        ({"responseCache": {"size": "1Ki"}}, "at least 1Mi"),
        ({"responseCache": {"size": "2Gi"}, "resources": {"limits": {"memory": "1Gi"}}}, "must be less than"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(serving, words):
    world = making.world(serving=serving)
    world.reconcile()
    accepted = worlds.condition(status(world), "Accepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "SpecInvalid")
    assert "spec.serving" in accepted["message"]
    assert words in accepted["message"]


def test_the_url_of_encrypted_servers_is_grpc():
    world = making.serving(serving=making.TUNED)
    assert status(world)["serving"]["url"] == ""
    assert status(world)["serving"]["grpcUrl"] == f"digits.{worlds.NAMESPACE}.svc:8001"
    ports = {
        one["metadata"]["name"]: [port["name"] for port in one["spec"]["ports"]] for one in world.all(kinds.SERVICE)
    }
    assert ports == {"digits": ["grpc"], "digits-headless": ["grpc", "metrics"]}


def test_a_field_that_is_not_used_names_no_other_revision():
    plain, said = making.serving(), making.serving(serving={"replicas": 1})
    assert status(plain)["rollout"]["revision"] == status(said)["rollout"]["revision"]
    tuned = making.serving(serving={"modelConfig": {"model_warmup": []}})
    assert status(tuned)["rollout"]["revision"] != status(plain)["rollout"]["revision"]


def test_http_is_shut_when_the_last_server_that_speaks_it_has_gone():
    world = making.serving()
    old = revising.pod(world, ready=True)
    revising.serve(world, tls={"secretName": "certificate"})

    def ports():
        return [port["name"] for port in world.find(kinds.SERVICE, "digits")["spec"]["ports"]]

    assert ports() == ["http", "grpc"]
    assert status(world)["serving"]["url"]
    world.drop(old)
    revising.pod(world, number=1, ready=True)
    world.reconcile()
    assert ports() == ["grpc"]
    assert status(world)["serving"]["url"] == ""
