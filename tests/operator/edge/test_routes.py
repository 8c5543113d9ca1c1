"""From outside to the servers on a real API server: Ingresses, NetworkPolicies, and routes whose kinds come and go."""

import pytest
from edge import clusters, resources
from pure import test_routing

from model_operator import kinds, names

pytestmark = pytest.mark.usefixtures("operator")
#: A name for each test: hosts are claimed across namespaces.
HOST = "{}.example.com"


def gateway(namespace, **more):
    host = HOST.format(namespace.name)
    return {"parentRefs": [{"name": "public", "namespace": "gateways"}], "hostnames": [host], **more}


def for_grpc(namespace):
    return gateway(namespace, grpcHostnames=[HOST.format(f"grpc.{namespace.name}")])


def ingress(namespace):
    return {"host": HOST.format(namespace.name), "annotations": {"example.com/a": "b"}}


@pytest.fixture
def without_gateway_api(cluster):
    cluster.remove_gateway_api()
    yield
    if not cluster._served(kinds.HTTP_ROUTE):
        cluster.install_gateway_api()


def change(namespace, **serving):
    """`kubectl patch`; null takes a field away."""
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": serving}})


def until_there(namespace, kind, name="digits"):
    return clusters.until(lambda: namespace.find(kind, name), f"{kind.kind} {name} is there")


def until_gone(namespace, kind, name="digits"):
    clusters.until(lambda: namespace.find(kind, name) is None, f"{kind.kind} {name} is gone")


def until_url(namespace, start):
    def look():
        found = namespace.find(kinds.MODEL_DEPLOYMENT, "digits")
        return found["status"]["serving"]["url"].startswith(start) and found

    return clusters.until(look, f"the URL is {start}...")


@pytest.mark.parametrize("kind", [kinds.INGRESS, kinds.NETWORK_POLICY], ids=lambda kind: kind.kind)
def test_what_is_watched_comes_goes_and_comes_back(served, kind):
    field = {kinds.INGRESS: "ingress", kinds.NETWORK_POLICY: "networkPolicy"}[kind]
    change(served, **{field: ingress(served) if kind == kinds.INGRESS else {"from": test_routing.PEERS}})
    uid = until_there(served, kind)["metadata"]["uid"]
    served.delete(kind, "digits")
    clusters.until(
        lambda: (served.find(kind, "digits") or {"metadata": {"uid": uid}})["metadata"]["uid"] != uid, "anew"
    )
    resources.until_reason(served, "digits", "Serving")
    change(served, **{field: None})
    until_gone(served, kind)
    resources.until_reason(served, "digits", "Serving")


def test_an_ingress_is_where_clients_come_in_and_restarts_nobody(served):
    before = served.find(kinds.DEPLOYMENT, "digits")["spec"]
    change(served, ingress={**ingress(served), "tlsSecretName": "tls"})
    found = until_url(served, f"https://{HOST.format(served.name)}")
    assert found["status"]["serving"]["hosts"] == [f"{HOST.format(served.name)}/"]
    assert until_there(served, kinds.INGRESS)["spec"]["tls"]
    assert served.find(kinds.DEPLOYMENT, "digits")["spec"] == before


def test_routes_and_the_services_of_tracks_come_and_go(served):
    change(served, gateway=for_grpc(served))
    for kind, name in ROUTED:
        until_there(served, kind, name)
    found = until_url(served, f"https://{HOST.format(served.name)}")
    assert found["status"]["serving"]["grpcUrl"] == f"{HOST.format(f'grpc.{served.name}')}:443"
    change(served, gateway=None)
    for kind, name in ROUTED:
        until_gone(served, kind, name)
    until_url(served, "http://digits.")


ROUTED = (
    (kinds.HTTP_ROUTE, "digits"),
    (kinds.GRPC_ROUTE, "digits"),
    (kinds.SERVICE, "digits-stable"),
    (kinds.SERVICE, "digits-canary"),
)


def test_routes_that_are_as_wanted_are_not_written_again(served, operator):
    change(served, gateway=for_grpc(served))
    until_there(served, kinds.GRPC_ROUTE)
    operator.rest(served)
    before = [served.find(kind, "digits")["metadata"]["resourceVersion"] for kind in kinds.ROUTES]
    operator.restart()
    operator.rest(served)
    assert [served.find(kind, "digits")["metadata"]["resourceVersion"] for kind in kinds.ROUTES] == before


def test_a_route_that_drifted_is_mended_at_the_next_look(served):
    change(served, gateway=gateway(served))
    until_there(served, kinds.HTTP_ROUTE)
    served.patch(kinds.HTTP_ROUTE, "digits", {"spec": {"hostnames": ["elsewhere.example.com"]}})
    change(served, instances={"count": 2})
    clusters.until(
        lambda: served.find(kinds.HTTP_ROUTE, "digits")["spec"]["hostnames"] == [HOST.format(served.name)], "as it was"
    )


def test_somebody_elses_route_is_left_alone_and_named(served):
    theirs = served.create(
        kinds.HTTP_ROUTE, {"metadata": {"name": "digits"}, "spec": {"hostnames": ["theirs.example.com"]}}
    )
    change(served, gateway=gateway(served))
    found = resources.until_reason(served, "digits", "NameTaken")
    assert "HTTPRoute 'digits' exists and is not ours" in resources.condition(found, "Ready")["message"]
    assert served.find(kinds.HTTP_ROUTE, "digits")["spec"] == theirs["spec"]
    change(served, gateway=None)
    resources.until_reason(served, "digits", "Serving")
    assert served.find(kinds.HTTP_ROUTE, "digits")["spec"] == theirs["spec"]


@pytest.mark.usefixtures("without_gateway_api")
def test_a_cluster_without_the_gateway_api_is_told_and_served_on(served, cluster):
    change(served, gateway=for_grpc(served))
    found = resources.until_reason(served, "digits", "GatewayApiMissing")
    message = resources.condition(found, "Ready")["message"]
    assert "spec.serving.gateway" in message
    assert "standard channel" in message
    assert resources.condition(found, "Available")["status"] == "True"
    assert found["status"]["serving"]["url"].startswith("http://digits.")
    cluster.install_gateway_api()
    change(served, instances={"count": 2})  # sooner than the next try
    for kind in kinds.ROUTES:
        until_there(served, kind)


@pytest.mark.usefixtures("without_gateway_api")
def test_without_the_gateway_api_an_operator_starts_and_nobody_misses_it(operator, namespace):
    operator.restart()
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits", resources.spec(ingress=ingress(namespace)))
    resources.until_reason(namespace, "digits", "Building")
    until_there(namespace, kinds.INGRESS)


def test_deleting_it_leaves_no_route(served):
    change(served, gateway=for_grpc(served), ingress=ingress(served), networkPolicy={})
    for kind in (kinds.INGRESS, kinds.NETWORK_POLICY, *kinds.ROUTES):
        until_there(served, kind)
    served.delete(kinds.MODEL_DEPLOYMENT, "digits")
    for kind in (kinds.INGRESS, kinds.NETWORK_POLICY, *kinds.ROUTES):
        until_gone(served, kind)


def test_a_host_belongs_to_the_older_in_whatever_namespace_and_to_the_younger_when_that_is_gone(cluster, namespace):
    other, host = cluster.namespace(), HOST.format(namespace.name)
    for one in (namespace, other):
        resources.provide_source(one)
    resources.deploy(namespace, "digits", resources.spec(ingress={"host": host}))
    resources.until_reason(namespace, "digits", "Building")
    resources.deploy(other, "digits", resources.spec(ingress={"host": host}))
    found = resources.until_reason(other, "digits", "HostTaken", "Accepted")
    message = resources.condition(found, "Accepted")["message"]
    assert message.startswith("spec.serving.ingress.host: ")
    assert "another namespace" in message
    assert namespace.name not in message.removeprefix(f"spec.serving.ingress.host: {host}")
    assert other.find(kinds.INGRESS, "digits") is None

    change(namespace, ingress={"host": HOST.format(f"new.{namespace.name}")})
    resources.until_reason(other, "digits", "Building")
    until_there(other, kinds.INGRESS)


def test_the_loser_of_a_host_has_it_when_the_winner_is_deleted(namespace):
    resources.provide_source(namespace)
    host = HOST.format(namespace.name)
    for name in ("winner", "loser"):
        resources.deploy(namespace, name, resources.spec(ingress={"host": host}))
        resources.until_reason(namespace, name, "Building" if name == "winner" else "HostTaken")
    namespace.delete(kinds.MODEL_DEPLOYMENT, "winner")
    resources.until_reason(namespace, "loser", "Building")
    until_there(namespace, kinds.INGRESS, "loser")


def test_the_policy_selects_the_servers(served):
    change(served, networkPolicy={})
    policy = until_there(served, kinds.NETWORK_POLICY)
    selector = policy["spec"]["podSelector"]["matchLabels"]
    assert selector == {names.DEPLOYMENT_LABEL: "digits"}
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
