"""Artifacts in a registry: who meets credentials, what a build and a server are told, and which way a server takes."""

import copy
import dataclasses

import pytest
from pure import making, test_pods, worlds

from model_operator import kinds, names, settings

BUILD = test_pods.PODS["build: in a registry"]
MOUNTED = test_pods.PODS["server: in a registry"]
FETCHED = test_pods.PODS["server: in a registry without image volumes"]
REGISTRY = "/modelsmith/registry"


def volume(pod, name):
    return next((one for one in pod["volumes"] if one["name"] == name), None)


def environment(container):
    return {one["name"]: one.get("value") for one in container.get("env", [])}


def test_fetch_and_publish_are_told_the_repository_and_nobody_else():
    told = {name: one["command"][4:] for name, one in test_pods.containers(BUILD).items() if name in making.STEPS}
    store = [f"--store=oci://{making.REPOSITORY}"]
    assert told == {"fetch": store, "convert": [], "optimize": [], "publish": store}


def test_a_registry_without_tls_is_said_so():
    pod = test_pods.PODS["build: in a registry without image volumes"]
    assert test_pods.containers(pod)["publish"]["command"][-1] == "--plain-http"


@pytest.mark.parametrize(
    ("pod", "allowed"),
    [(BUILD, ["fetch", "publish"]), (FETCHED, ["fetch"]), (MOUNTED, [])],
    ids=["build", "fetched", "mounted"],
)
def test_credentials_are_met_by_who_speaks_to_the_registry_alone(pod, allowed):
    assert test_pods.readers(pod, "registry") == allowed
    assert test_pods.writers(pod, "registry") == []
    told = [name for name, one in test_pods.containers(pod).items() if "DOCKER_CONFIG" in environment(one)]
    assert told == allowed


def test_the_secret_is_the_file_that_registry_clients_read():
    assert volume(BUILD, "registry")["secret"] == {
        "secretName": "push",
        "items": [{"key": ".dockerconfigjson", "path": "config.json"}],
    }
    assert environment(test_pods.containers(BUILD)["publish"])["DOCKER_CONFIG"] == REGISTRY
    assert volume(FETCHED, "registry")["secret"]["secretName"] == "pull"


def test_without_a_secret_nothing_is_mounted():
    world = making.world(artifact={"store": "oci", "oci": {"repository": making.REPOSITORY}})
    making.start_build(world)
    pod = world.find(kinds.JOB)["spec"]["template"]["spec"]
    assert volume(pod, "registry") is None
    assert volume(pod, "store") is None


def test_no_claim_is_made_or_waited_for():
    world = making.world(artifact=making.REGISTRY)
    making.start_build(world)
    claims = [one["metadata"]["name"] for one in world.all(kinds.PERSISTENT_VOLUME_CLAIM)]
    assert claims == ["models"]
    assert world.find(kinds.JOB)


def test_who_keeps_artifacts_in_a_registry_owns_no_claim():
    world = making.world(name="alpha")
    defaulted = {**making.REGISTRY, "claimName": names.ARTIFACT_CLAIM}
    world.put(making.model_deployment("beta", artifact=defaulted))
    world.reconcile("beta")
    world.reconcile("alpha")
    claim = world.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)
    assert [owner["name"] for owner in claim["metadata"]["ownerReferences"]] == ["alpha"]


def test_the_uri_names_the_image_by_digest():
    status = making.serving(artifact=making.REGISTRY).reconcile()
    assert status["artifact"]["uri"] == f"oci://{making.REFERENCE}"


def test_a_server_mounts_the_image_whole_and_by_digest():
    assert volume(MOUNTED, "artifacts")["image"] == {"reference": making.REFERENCE, "pullPolicy": "IfNotPresent"}
    assert MOUNTED["imagePullSecrets"] == [{"name": "pull"}]
    for one in test_pods.containers(MOUNTED).values():
        [mount] = [mount for mount in one["volumeMounts"] if mount["name"] == "artifacts"]
        assert mount == {"name": "artifacts", "mountPath": "/modelsmith/artifact", "readOnly": True}


def test_without_image_volumes_an_init_container_fetches_first():
    assert [one["name"] for one in FETCHED["initContainers"]] == ["fetch", "compose", "sentinel"]
    words = ["--reference", making.REFERENCE, "--target", "/modelsmith/artifact", "--plain-http"]
    assert test_pods.containers(FETCHED)["fetch"]["command"] == ["python3", "-m", "model_serving", "fetch", *words]
    assert test_pods.writers(FETCHED, "artifacts") == ["fetch"]
    assert "imagePullSecrets" not in FETCHED


@pytest.mark.parametrize(
    ("asked", "version", "mounts"),
    [
        ("auto", (1, 34), False),
        ("auto", (1, 35), True),
        ("auto", (2, 0), True),
        ("auto", (0, 0), False),
        ("always", (1, 31), True),
        ("never", (1, 40), False),
    ],
)
def test_the_way_follows_the_api_servers_version_unless_told(asked, version, mounts):
    chosen = settings.Settings(images=worlds.IMAGES, image_volumes=asked, server_version=version)
    assert chosen.mounts_images is mounts


def test_another_way_restarts_nobody():
    world = making.serving(artifact=making.REGISTRY)
    before = copy.deepcopy({key: one for key, one in world.objects.items() if key.kind not in kinds.OWN})
    world.settings = dataclasses.replace(world.settings, image_volumes="never")
    assert worlds.brief(world.reconcile())["Ready"] == "True/Serving"
    assert {key: one for key, one in world.objects.items() if key.kind not in kinds.OWN} == before


def test_a_revision_that_is_deleted_by_hand_takes_the_present_way():
    world = making.serving(artifact=making.REGISTRY)
    name = world.reconcile()["rollout"]["revision"]
    world.settings = dataclasses.replace(world.settings, image_volumes="never")
    world.drop(world.find(kinds.CONTROLLER_REVISION))
    assert world.reconcile()["rollout"]["revision"] == name
    pod = world.find(kinds.DEPLOYMENT)["spec"]["template"]["spec"]
    assert pod["initContainers"][0]["name"] == "fetch"


def changed(**oci):
    return {"store": "oci", "oci": {**making.REGISTRY["oci"], **oci}}


def test_another_pull_secret_is_another_revision_and_no_other_build():
    world = making.serving(artifact=making.REGISTRY)
    before, build = world.reconcile(), world.find(kinds.MODEL_BUILD)["metadata"]["name"]
    world.put(making.model_deployment(artifact=changed(pullSecretName="other")))
    status = world.reconcile()
    assert world.find(kinds.MODEL_BUILD)["metadata"]["name"] == build
    assert status["rollout"]["revision"] != before["rollout"]["revision"]


def test_another_repository_is_another_build():
    world = making.world(artifact=making.REGISTRY)
    first = world.reconcile()["build"]["name"]
    world.put(making.model_deployment(artifact=changed(repository="registry.example/other")))
    assert world.reconcile()["build"]["name"] != first


def test_moving_from_a_claim_to_a_registry_serves_on_until_the_image_is_there():
    world = making.serving()
    served = copy.deepcopy(world.find(kinds.DEPLOYMENT)["spec"])
    world.put(making.model_deployment(artifact=making.REGISTRY))
    making.start_build(world)
    assert world.find(kinds.DEPLOYMENT)["spec"] == served
    making.build_well(world)
    world.reconcile()
    assert volume(world.find(kinds.DEPLOYMENT)["spec"]["template"]["spec"], "artifacts")["image"]
