"""Wishes that only real servers can refuse: each is told in their words, and what served goes on."""

import ssl
import subprocess

import pytest

from e2e import failing, kube, manifests, predicting, waiting

SOURCE = manifests.from_config_map("small")
#: The API server takes it, compose takes it, and the model's backend reads no number in it.
ODD = {"intra_op_thread_count": {"string_value": "nobody-knows"}}


@pytest.fixture
def tuned(workshop, served):
    """`tuned(field=value)` applies a change of spec.serving of a model that serves."""
    return lambda **serving: workshop.patch("mdep", served, {"spec": {"serving": serving}})


def test_an_overlay_that_only_triton_refuses_is_rolled_back_with_its_words(workshop, served, tuned):
    before = revision(workshop, served)
    tuned(modelConfig={"parameters": ODD})
    found = waiting.condition(workshop, served, "Ready", "False", "RolledBack", seconds=90)
    message = waiting.current(found)["Ready"]["message"]
    assert "(ModelNotLoaded: " in message
    assert "nobody-knows" in message
    waiting.until("the judgement is carried out", lambda: revision(workshop, served) == before, 30, workshop)
    assert predicting.mark(workshop, served) == 1
    tuned(modelConfig=None)
    waiting.ready(workshop, served)


def revision(namespace, name: str) -> str:
    """The one that serves, or is being rolled out."""
    return namespace.get("mdep", name)["status"]["rollout"]["revision"]


def test_a_certificate_that_is_not_there_is_named_and_waited_for(workshop, served, tuned, tmp_path):
    tuned(tls={"secretName": "absent-tls"})
    failing.told(workshop, served, "VolumeNotMounted", "absent-tls", seconds=180)
    assert predicting.mark(workshop, served) == 1
    certificate, key = selfsigned(tmp_path, f"{served}.{workshop.name}.svc")
    workshop.kubectl("create", "secret", "tls", "absent-tls", f"--cert={certificate}", f"--key={key}")
    found = waiting.ready(workshop, served)
    assert found["status"]["serving"]["url"] == ""
    waiting.until("HTTP is shut", lambda: predicting.mark(workshop, served) is None, 30, workshop)
    assert encrypted(predicting.address(workshop, served, 8001), certificate)
    workshop.delete("secret", "absent-tls")


def selfsigned(folder, name: str):
    """A certificate and its key."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}"]
    subprocess.run([*words, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
    return certificate, key


def encrypted(address: str, certificate) -> bool:
    """A handshake succeeds, with that certificate."""
    host, _, port = address.partition(":")
    shown = ssl.get_server_certificate((host, int(port)), timeout=10)
    return shown.split() == certificate.read_text().split()


def test_a_canary_of_a_first_revision_is_rolled_out_at_once(workshop):
    rollout = {"strategy": "canary", "canary": {"steps": [{"weight": 50, "duration": "1h"}]}}
    workshop.apply(manifests.model_deployment("first", SOURCE, serving={"rollout": rollout}))
    try:
        found = waiting.ready(workshop, "first")
        assert found["status"]["rollout"]["strategy"] == "rolling"
        assert "spec.serving.rollout.strategy is canary" in found["status"]["rollout"]["message"]
        assert workshop.find("deployment", "first-canary") is None
    finally:
        workshop.delete("mdep", "first")


def test_a_pin_to_nothing_and_a_pod_template_that_takes_our_container_say_where(workshop, served, tuned):
    tuned(rollout={"pin": f"{served}-0123456789"})
    found = waiting.condition(workshop, served, "Ready", "False", "PinNotFound", seconds=60)
    assert "spec.serving.rollout.pin" in waiting.current(found)["Ready"]["message"]
    tuned(rollout=None, podTemplate={"spec": {"containers": [{"name": "triton", "image": "other"}]}})
    found = waiting.condition(workshop, served, "Ready", "False", "PodTemplateProtected", seconds=60)
    assert "spec.serving.podTemplate.spec.containers[triton].image" in waiting.current(found)["Ready"]["message"]
    assert predicting.mark(workshop, served) == 1
    tuned(podTemplate=None)
    waiting.ready(workshop, served)


@pytest.mark.parametrize("serving", [{"modelConfig": {"dynamic_batching": {"preferred_batchsize": [4]}}}])
def test_an_overlay_that_is_misspelt_is_refused_by_name(workshop, serving):
    with pytest.raises(kube.KubectlError, match="preferred_batchsize"):
        workshop.apply(manifests.model_deployment("misspelt", SOURCE, serving=serving))
