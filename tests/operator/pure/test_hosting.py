"""Under which names a model is reached, and whose a name is."""

import pytest
from pure import making, worlds

from model_operator import claims, kinds

HOST = "models.example.com"
INSIDE = ("http://digits.team.svc:8000", "digits.team.svc:8001")
GATEWAY = {"parentRefs": [{"name": "public"}], "hostnames": [HOST, "other.example.com"]}
#: What is asked for -> URL, target of gRPC.
ADDRESSES = {
    "nothing": ({}, INSIDE),
    "an Ingress": ({"ingress": {"host": HOST}}, (f"http://{HOST}", INSIDE[1])),
    "an Ingress with TLS": ({"ingress": {"host": HOST, "tlsSecretName": "tls"}}, (f"https://{HOST}", INSIDE[1])),
    "a path": ({"ingress": {"host": HOST, "path": "/a/b"}}, (f"http://{HOST}/a/b", INSIDE[1])),
    "a Gateway": ({"gateway": GATEWAY}, (f"https://{HOST}", INSIDE[1])),
    "a Gateway without TLS": (
        {"gateway": {**GATEWAY, "scheme": "http", "grpcHostnames": ["grpc.example.com"]}},
        (f"http://{HOST}", "grpc.example.com:80"),
    ),
    "a Gateway for gRPC": (
        {"gateway": {**GATEWAY, "grpcHostnames": ["grpc.example.com"]}},
        (f"https://{HOST}", "grpc.example.com:443"),
    ),
    "both": (
        {"ingress": {"host": "in.example.com"}, "gateway": {**GATEWAY, "grpcHostnames": ["grpc.example.com"]}},
        ("http://in.example.com", "grpc.example.com:443"),
    ),
}


def resource(name, namespace=worlds.NAMESPACE, **serving):
    made = making.model_deployment(name, serving=serving)
    made["metadata"]["namespace"] = namespace
    return made


def world_of(*resources):
    world = making.world()
    world.drop(world.find(kinds.MODEL_DEPLOYMENT))
    for one in resources:
        world.put(one)
    return world


def at(host=HOST, **more):
    return {"ingress": {"host": host, **more}}


def ready(world, name):
    return worlds.brief(world.reconcile(name))["Ready"]


@pytest.mark.parametrize(("serving", "expected"), ADDRESSES.values(), ids=ADDRESSES)
def test_the_status_shows_how_clients_reach_it(serving, expected):
    shown = making.serving(serving=serving).find(kinds.MODEL_DEPLOYMENT)["status"]["serving"]
    assert (shown["url"], shown["grpcUrl"]) == expected


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (at(), at(), True),
        (at(), at(path="/"), True),
        (at(path="/v2/models/a"), at(path="/v2/models/b"), False),
        (at(), at(path="/v2/models/b"), False),
        (at(), at("other.example.com"), False),
        (at(), {"gateway": GATEWAY}, True),
        ({"gateway": {**GATEWAY, "grpcHostnames": ["g.example.com"]}}, at("g.example.com"), True),
        (at(), {}, False),
    ],
)
def test_of_two_who_claim_a_host_and_path_the_older_has_it(one, other, clash):
    world = world_of(resource("zebra", **one), resource("ant", **other))
    assert ready(world, "zebra") == "False/Building"
    assert ready(world, "ant") == ("False/HostTaken" if clash else "False/Building")
    assert ready(world, "zebra") == "False/Building"


def test_it_does_not_matter_who_is_looked_at_first():
    world = world_of(resource("older", **at()), resource("younger", **at()))
    assert ready(world, "younger") == "False/HostTaken"
    assert ready(world, "older") == "False/Building"


def test_one_may_reach_itself_in_two_ways():
    world = world_of(resource("digits", **at(), gateway=GATEWAY))
    assert ready(world, "digits") == "False/Building"


def test_an_older_one_does_not_take_the_host_of_who_serves_there():
    world = world_of(resource("older"), resource("younger", **at()))
    world.reconcile("older")
    world.reconcile("younger")
    world.put(resource("older", **at()))
    assert ready(world, "older") == "False/HostTaken"
    assert ready(world, "younger") == "False/Building"


def test_a_name_of_the_same_namespace_is_told_and_of_another_is_not():
    near = world_of(resource("winner", **at()), resource("loser", **at()))
    far = world_of(resource("winner", "elsewhere", **at()), resource("loser", **at()))
    for world, told in ((near, True), (far, False)):
        message = worlds.condition(world.reconcile("loser"), "Accepted")["message"]
        assert ("'winner'" in message) == told
        assert ("another namespace" in message) != told
        assert "elsewhere" not in message
        assert message.startswith(f"spec.serving.ingress.host: {HOST}/ ")


def test_the_field_is_that_of_the_way_it_is_claimed():
    world = world_of(resource("winner", **at()), resource("loser", gateway=GATEWAY))
    message = worlds.condition(world.reconcile("loser"), "Accepted")["message"]
    assert message.startswith(f"spec.serving.gateway.hostnames: {HOST}/ ")


def test_when_the_winner_goes_the_loser_has_it():
    world = world_of(resource("winner", **at()), resource("loser", **at()))
    world.reconcile("winner"), world.reconcile("loser")
    world.drop(world.find(kinds.MODEL_DEPLOYMENT, "winner"))
    assert ready(world, "loser") == "False/Building"


def test_when_the_winner_moves_the_loser_has_it():
    world = world_of(resource("winner", **at()), resource("loser", **at()))
    world.reconcile("winner"), world.reconcile("loser")
    world.put(resource("winner", **at("new.example.com")))
    world.reconcile("winner")
    assert ready(world, "loser") == "False/Building"


def test_the_loser_makes_nothing_and_says_that_it_is_stuck():
    world = world_of(resource("winner", **at()), resource("loser", **at()))
    status = world.reconcile("loser")
    assert worlds.condition(status, "Stalled")
    assert world.all(kinds.INGRESS) == []
    assert status["serving"].get("hosts", []) == []


def test_what_serves_goes_on_where_it_was():
    world = making.serving(serving=at("old.example.com"))
    world.put(resource("winner", "elsewhere", **at()))
    world.find(kinds.MODEL_DEPLOYMENT, "winner")["status"] = {"serving": {"hosts": [f"{HOST}/"]}}
    before = world.find(kinds.INGRESS)
    world.put(resource("digits", **at()))
    status = world.reconcile()
    assert worlds.brief(status)["Available"] == "True/Available"
    assert worlds.brief(status)["Ready"] == "False/HostTaken"
    assert world.find(kinds.INGRESS) == before
    assert status["serving"]["url"] == "http://old.example.com"


@pytest.mark.parametrize(
    "serving", [None, 7, [], {"ingress": 7}, {"ingress": {"host": 7}}, {"gateway": {"hostnames": [7, {}]}}]
)
def test_what_was_written_under_another_schema_claims_nothing(serving):
    assert claims.of({"metadata": {"name": "x"}, "spec": {"serving": serving}}) == {}


def test_an_outline_claims_what_its_object_does():
    world = world_of(resource("digits", **at(path="/a"), gateway=GATEWAY))
    world.reconcile("digits")
    whole = world.find(kinds.MODEL_DEPLOYMENT)
    [outline] = world.outlines(kinds.MODEL_DEPLOYMENT, worlds.NAMESPACE)
    assert list(claims.of(outline)) == list(claims.of(whole)) == [f"{HOST}/a", f"{HOST}/", "other.example.com/"]
    assert claims.held(outline) == claims.held(whole) == list(claims.of(whole))
