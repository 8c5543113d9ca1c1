"""A podTemplate merged into the pods, and what the API server says of them in the words of the podTemplate."""

import copy

import pytest
from pure import making, worlds

from model_operator import errors, fields, kinds, nodes
from model_operator.api import deployment, parsing, placement
from model_operator.deployments import podtemplates

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def affinity(*terms):
    found = [{"matchExpressions": [{"key": key, "operator": "Exists"}]} for key in terms]
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": found}}}


def served(**serving):
    return making.serving(serving=serving)


def template(world):
    return world.find(kinds.DEPLOYMENT)["spec"]["template"]


def allowed(pod, *labels):
    return not nodes.mismatched({"metadata": {"name": "n", "labels": dict.fromkeys(labels, "yes")}}, pod)


def test_it_is_merged_last_over_what_other_fields_say():
    change = {"spec": {"tolerations": [{"key": "b", "operator": "Exists"}], "nodeSelector": {"more": "yes"}}}
    pod = template(
        served(podTemplate=change, tolerations=[{"key": "a", "operator": "Exists"}], nodeSelector={"disk": "ssd"})
    )["spec"]
    assert pod["tolerations"] == [{"key": "b", "operator": "Exists"}]
    assert pod["nodeSelector"] == {"disk": "ssd", "more": "yes"}


def test_a_node_must_fit_our_affinity_and_theirs():
    """Kubernetes would let either do, and a GPU of another product is none."""
    bare = {"metadata": {}, "spec": {"affinity": affinity("ours-a", "ours-b")}}
    change = placement.PodTemplate(spec={"affinity": {**affinity("theirs"), "podAffinity": {"x": 1}}})
    pod = podtemplates.applied(bare, change)["spec"]
    assert allowed(pod, "ours-a", "theirs")
    assert allowed(pod, "ours-b", "theirs")
    assert not allowed(pod, "theirs")
    assert not allowed(pod, "ours-a", "ours-b")
    assert pod["affinity"]["podAffinity"] == {"x": 1}


def test_theirs_alone_is_taken_as_it_is():
    bare = {"metadata": {}, "spec": {}}
    pod = podtemplates.applied(bare, placement.PodTemplate(spec={"affinity": affinity("theirs")}))["spec"]
    assert pod["affinity"] == affinity("theirs")


@pytest.mark.parametrize("strange", ["x", [], {"nodeAffinity": 1}, affinity("a") | {"nodeAffinity": {REQUIRED: []}}])
def test_what_is_no_affinity_is_left_to_the_api_server(strange):
    bare = {"metadata": {}, "spec": {"affinity": affinity("ours")}}
    change = placement.PodTemplate(spec={"affinity": strange})
    made = podtemplates.applied(bare, change)
    assert made["metadata"] == {}
    assert change.spec == {"affinity": strange}


def test_another_podtemplate_is_another_revision_and_none_is_the_one_of_before():
    world = served()
    first = template(world)["metadata"]["labels"]["modelsmith.dev/revision"]
    world.put(making.model_deployment(serving={"podTemplate": {"spec": {"schedulerName": "kai"}}}))
    world.reconcile()
    assert template(world)["metadata"]["labels"]["modelsmith.dev/revision"] != first
    assert template(world)["spec"]["schedulerName"] == "kai"
    world.put(making.model_deployment())
    world.reconcile()
    assert template(world)["metadata"]["labels"]["modelsmith.dev/revision"] == first


def test_a_podtemplate_has_a_size():
    long = {"containers": [{"name": "x", "args": ["y" * placement.TEMPLATE_LIMIT]}]}
    spec = making.spec(serving={"podTemplate": {"spec": long}})
    parsed, problem = parsing.spec(deployment.ModelDeploymentSpec, {"spec": spec})
    assert parsed is None
    assert problem.startswith("spec.serving.podTemplate: ")
    assert "may have 32768" in problem


PODS = {"spec": {"initContainers": [{"name": "compose"}], "containers": [{"name": "triton"}, {"name": "mirror"}]}}
FIELD = "spec.serving.podTemplate"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("spec.template.spec.containers[1].image: Required", f"{FIELD}.spec.containers[mirror].image: Required"),
        ("spec.template.spec.initContainers[0].x", f"{FIELD}.spec.initContainers[compose].x"),
        ('.spec.template.spec.containers[name="mirror"].foo: no', f"{FIELD}.spec.containers[mirror].foo: no"),
        ("spec.template.spec.containers[7].image", f"{FIELD}.spec.containers[7].image"),
        ("spec.template.labels", f"{FIELD}.labels"),
        ("spec.template.spec.volumes[0].name: x", f"{FIELD}.spec.volumes[0].name: x"),
        ("spec.replicas: no", "spec.replicas: no"),
        ("one spec.template.spec.a, two spec.template.spec.b", f"one {FIELD}.spec.a, two {FIELD}.spec.b"),
    ],
)
def test_the_api_servers_paths_become_those_of_the_podtemplate(words, expected):
    assert fields.translated(words, PODS) == expected


MIRROR = {"spec": {"containers": [{"name": "mirror"}]}}
IMAGELESS = errors.ApiError(
    422,
    "Invalid",
    "Deployment.apps is invalid",
    (errors.Cause("FieldValueRequired", "spec.template.spec.containers[1].image", "Required value"),),
)


def refused():
    """It serves, and then is asked for pods that the API server would not take."""
    world = served()
    world.rehearsal = IMAGELESS
    before = copy.deepcopy({key: one for key, one in world.objects.items() if key.kind not in kinds.OWN})
    world.put(making.model_deployment(serving={"podTemplate": MIRROR}))
    return world, before, world.reconcile()


def test_pods_that_the_api_server_would_refuse_are_not_rolled_out():
    world, before, status = refused()
    assert worlds.brief(status)["Ready"] == "False/PodTemplateInvalid"
    assert worlds.brief(status)["Available"] == "True/Available"
    assert f"{FIELD}.spec.containers[mirror].image: Required value" in worlds.condition(status, "Ready")["message"]
    assert {key: one for key, one in world.objects.items() if key.kind not in kinds.OWN} == before


def test_a_mended_podtemplate_is_rolled_out():
    world, _, _ = refused()
    world.rehearsal = None
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "False/RollingOut"
    assert [one["name"] for one in template(world)["spec"]["containers"]] == ["triton", "mirror"]


def test_only_a_new_revision_with_a_podtemplate_is_tried():
    world = served()
    assert world.decision.rehearsed == ()
    world.put(making.model_deployment(serving={"podTemplate": MIRROR}))
    world.rehearsal = IMAGELESS
    world.reconcile()
    assert [one["kind"] for one in world.decision.rehearsed] == ["Deployment"]
    world.rehearsal = None
    world.reconcile()
    world.reconcile()
    assert world.decision.rehearsed == ()


def test_what_a_policy_denies_may_be_taken_later():
    world = served()
    world.rehearsal = errors.ApiError(403, "Forbidden", 'admission webhook "p" denied the request: no mirrors')
    world.put(making.model_deployment(serving={"podTemplate": MIRROR}))
    status = world.reconcile()
    assert worlds.condition(status, "Stalled") is None
    assert "tried again by itself" in worlds.condition(status, "Ready")["message"]
