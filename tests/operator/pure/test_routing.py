"""How clients come to the servers: an Ingress, routes of the Gateway API, and who may connect."""

import pytest
from pure import making, worlds

from model_operator import containers, errors, kinds, names
from model_operator.api import deployment, parsing
from model_operator.deployments.manifests import routes

INGRESS = {
    "host": "models.example.com",
    "className": "nginx",
    "path": "/v2/models/digits",
    "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "64m"},
    "tlsSecretName": "models-tls",
}
GATEWAY = {
    "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
    "hostnames": ["digits.example.com"],
    "grpcHostnames": ["digits-grpc.example.com"],
}
PEERS = [
    {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "client"}}},
    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
]
#: Field -> a value, and the objects that it brings.
FIELDS = {
    "ingress": (INGRESS, {"Ingress digits"}),
    "gateway": (GATEWAY, {"HTTPRoute digits", "GRPCRoute digits", "Service digits-stable", "Service digits-canary"}),
    "networkPolicy": ({}, {"NetworkPolicy digits"}),
}
every_field = pytest.mark.parametrize(("field", "value", "brought"), [(f, *v) for f, v in FIELDS.items()], ids=FIELDS)


class Watched(worlds.World):
    """Notes what is read by name."""

    asked: tuple[kinds.Key, ...] = ()

    async def read(self, key):
        self.asked = (*self.asked, key)
        return await super().read(key)


def served(**serving):
    return making.serving(serving=serving)


def change(world, **serving):
    world.put(making.model_deployment(serving=serving))
    return world.reconcile()


def objects(world):
    return {f"{key.kind.kind} {key.name}" for key in world.objects}


def watched(world):
    made = Watched()
    made.objects, made.applied = world.objects, world.applied
    return made


@every_field
def test_a_field_brings_its_objects_and_nothing_else(field, value, brought):
    assert objects(served(**{field: value})) - objects(served()) == brought


@every_field
def test_dropped_it_takes_them_along(field, value, brought):
    world = served(**{field: value})
    change(world)
    assert objects(world) == objects(served())
    assert world.decision.garbage == ()


@every_field
def test_it_comes_and_goes_without_a_rollout(field, value, brought):
    world = served()
    before = world.find(kinds.DEPLOYMENT)["spec"]
    status = change(world, **{field: value})
    assert world.find(kinds.DEPLOYMENT)["spec"] == before
    assert worlds.brief(status)["Ready"] == "True/Serving"


@every_field
def test_the_objects_do_not_wait_for_an_artifact(field, value, brought):
    world = making.world(serving={field: value})
    world.reconcile()
    assert brought <= objects(world)


@every_field
def test_what_is_somebody_elses_is_named_and_left_alone(field, value, brought):
    for what in sorted(brought):
        kind = next(one for one in (*kinds.EVERY, *kinds.ROUTES) if one.kind == what.split()[0])
        world = making.world(serving={field: value})
        theirs = world.put(
            {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": what.split()[1]}, "spec": {}}
        )
        status = world.reconcile()
        assert worlds.brief(status)["Ready"] == "False/NameTaken"
        assert what.split()[1] in worlds.condition(status, "Ready")["message"]
        assert world.objects[kinds.key_of(theirs, kind)] == theirs


@every_field
def test_somebody_elses_of_that_name_is_nobodys_business_when_it_is_not_asked_for(field, value, brought):
    world = served()
    kind = kinds.INGRESS if field == "ingress" else kinds.HTTP_ROUTE
    theirs = world.put({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "digits"}})
    assert worlds.brief(world.reconcile())["Ready"] == "True/Serving"
    assert world.objects[kinds.key_of(theirs, kind)] == theirs


def test_an_ingress_says_what_the_spec_says():
    made = served(ingress=INGRESS).find(kinds.INGRESS)
    assert made["metadata"]["annotations"] == INGRESS["annotations"]
    assert made["spec"]["ingressClassName"] == "nginx"
    assert made["spec"]["tls"] == [{"hosts": ["models.example.com"], "secretName": "models-tls"}]
    [rule] = made["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert (rule["host"], path["path"], path["pathType"]) == ("models.example.com", "/v2/models/digits", "Prefix")
    assert path["backend"] == {"service": {"name": "digits", "port": {"name": "http"}}}


def test_an_ingress_of_a_host_alone_leaves_the_rest_to_the_cluster():
    made = served(ingress={"host": "models.example.com"}).find(kinds.INGRESS)
    assert made["spec"].keys() == {"rules"}
    assert "annotations" not in made["metadata"]


def test_routes_go_to_the_service_of_all_tracks():
    world = served(gateway=GATEWAY)
    for kind, port, hosts in ((kinds.HTTP_ROUTE, 8000, "hostnames"), (kinds.GRPC_ROUTE, 8001, "grpcHostnames")):
        spec = world.find(kind)["spec"]
        assert spec["parentRefs"] == GATEWAY["parentRefs"]
        assert spec["hostnames"] == GATEWAY[hosts]
        assert [rule["backendRefs"] for rule in spec["rules"]] == [[{"name": "digits", "port": port, "weight": 1}]]


def test_routes_share_requests_between_the_tracks_by_weight():
    spec, _ = parsing.spec(deployment.ModelDeploymentSpec, making.model_deployment(serving={"gateway": GATEWAY}))
    resource = served().find(kinds.MODEL_DEPLOYMENT)
    shared = [(names.track_service("digits", names.STABLE), 90), (names.track_service("digits", names.CANARY), 10)]
    for route in (routes.http_route, routes.grpc_route):
        [rule] = route(resource, spec.serving.gateway, shared)["spec"]["rules"]
        assert [(one["name"], one["weight"]) for one in rule["backendRefs"]] == shared


def test_the_services_of_the_tracks_select_them():
    world = served(gateway=GATEWAY)
    for track in (names.STABLE, names.CANARY):
        selector = world.find(kinds.SERVICE, f"digits-{track}")["spec"]["selector"]
        assert selector == {names.DEPLOYMENT_LABEL: "digits", names.TRACK_LABEL: track}


def test_without_names_for_grpc_there_is_no_route_for_it():
    world = served(gateway={**GATEWAY, "grpcHostnames": []})
    assert world.all(kinds.HTTP_ROUTE)
    assert world.all(kinds.GRPC_ROUTE) == []


def test_dropping_the_names_for_grpc_drops_its_route_alone():
    world = served(gateway=GATEWAY)
    status = change(world, gateway={**GATEWAY, "grpcHostnames": []})
    assert (len(world.all(kinds.HTTP_ROUTE)), len(world.all(kinds.GRPC_ROUTE))) == (1, 0)
    assert status["serving"]["routes"] == ["HTTPRoute"]


def test_nobody_asks_for_routes_that_are_not_wanted_and_were_not_made():
    world = watched(served())
    world.reconcile()
    assert [key for key in world.asked if key.kind in kinds.ROUTES] == []


def test_routes_that_were_made_are_asked_for_until_they_are_gone():
    world = watched(served(gateway=GATEWAY))
    change(world)
    assert {key.kind for key in world.asked} >= set(kinds.ROUTES)
    world.asked = ()
    world.reconcile()
    assert [key for key in world.asked if key.kind in kinds.ROUTES] == []


def without_gateway_api(world):
    for kind in kinds.ROUTES:
        key = kinds.Key(kind, worlds.NAMESPACE, "digits")
        world.refuse[kind] = errors.GatewayApiMissing(key, "", f"the cluster does not serve {kind.plural}")
    return world


def test_a_cluster_without_the_gateway_api_serves_on_inside():
    world = without_gateway_api(making.serving())
    status = change(world, gateway=GATEWAY)
    assert worlds.brief(status)["Ready"] == "False/GatewayApiMissing"
    assert worlds.brief(status)["Available"] == "True/Available"
    assert worlds.condition(status, "Reconciling")
    assert status["serving"]["url"] == "http://digits.team.svc:8000"


def test_a_new_revision_is_rolled_out_though_the_gateway_api_is_missing():
    world = without_gateway_api(making.serving())
    before = world.find(kinds.DEPLOYMENT)["spec"]["template"]
    change(world, gateway=GATEWAY, instances={"count": 3})
    assert world.find(kinds.DEPLOYMENT)["spec"]["template"] != before


def test_when_the_gateway_api_comes_the_routes_are_made():
    world = without_gateway_api(making.serving())
    change(world, gateway=GATEWAY)
    world.refuse.clear()
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "True/Serving"
    assert status["serving"]["url"] == "https://digits.example.com"


def test_peers_are_written_as_they_were():
    [rule, _] = served(networkPolicy={"from": PEERS}).find(kinds.NETWORK_POLICY)["spec"]["ingress"]
    assert rule["from"] == PEERS


def test_without_peers_the_namespace_may_connect():
    [rule, _] = served(networkPolicy={}).find(kinds.NETWORK_POLICY)["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {}}]
    assert {port["port"] for port in rule["ports"]} == {8000, 8001}


def test_whoever_probes_or_scrapes_may_come_from_anywhere():
    [_, rule] = served(networkPolicy={"from": PEERS}).find(kinds.NETWORK_POLICY)["spec"]["ingress"]
    assert rule == {"ports": [{"protocol": "TCP", "port": 8002}, {"protocol": "TCP", "port": 9000}]}


def test_the_policy_is_for_the_servers_of_every_track():
    world = served(networkPolicy={})
    selector = world.find(kinds.NETWORK_POLICY)["spec"]["podSelector"]["matchLabels"]
    labels = world.find(kinds.DEPLOYMENT)["spec"]["template"]["metadata"]["labels"]
    assert selector == {names.DEPLOYMENT_LABEL: "digits"}
    assert selector.items() <= labels.items()


@pytest.mark.parametrize(
    ("artifact", "version", "closed"),
    [({}, (1, 36), True), (making.REGISTRY, (1, 36), True), (making.REGISTRY, (1, 34), False)],
    ids=["on a claim", "an image volume", "an init container pulls"],
)
def test_servers_reach_nobody_unless_they_pull(artifact, version, closed):
    world = making.world(serving={"networkPolicy": {}}, artifact=artifact, version=version)
    world.reconcile()
    assert ("Egress" in world.find(kinds.NETWORK_POLICY)["spec"]["policyTypes"]) == closed


def test_a_revision_that_pulled_may_come_back_and_pull_again():
    world = making.world(serving={"networkPolicy": {}}, artifact=making.REGISTRY, version=(1, 34))
    making.start_build(world)
    making.build_well(world)
    world.reconcile()
    world.settings = worlds.World().settings
    world.reconcile()
    assert world.find(kinds.NETWORK_POLICY)["spec"]["policyTypes"] == ["Ingress"]


def test_every_object_is_ours_and_its_owners():
    world = served(ingress=INGRESS, gateway=GATEWAY, networkPolicy={})
    owner = containers.owner(world.find(kinds.MODEL_DEPLOYMENT))
    for kind in (kinds.INGRESS, kinds.NETWORK_POLICY, *kinds.ROUTES):
        metadata = world.find(kind)["metadata"]
        assert metadata["labels"][names.MANAGED_BY_LABEL] == names.MANAGED_BY
        assert metadata["ownerReferences"] == [owner]
