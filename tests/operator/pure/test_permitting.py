"""What an administrator, and the owner of a Secret, lets ModelDeployments use."""

import dataclasses

import pytest
from pure import making, worlds

from model_operator import kinds, names, policies

#: Patterns, a text, and whether it may be used.
PATTERNS = [
    ((), "anything", True),
    (("registry.example/*",), "registry.example/team/triton:1", True),
    (("registry.example/*",), "registry.example.evil.com/team/triton:1", False),
    (("registry.example/*",), "docker.io/registry.example/x", False),
    (("*@sha256:*",), "reg/triton:1", False),
    (("*@sha256:*",), "reg/triton@sha256:00", True),
    (("a", "b"), "b", True),
    (("a.c",), "abc", False),
    (("[ab]",), "a", False),
    (("*",), "line\nbreak", True),
]
IMAGES = policies.Policy(images=("registry.example/*",))


def under(policy, world):
    world.settings = dataclasses.replace(world.settings, policy=policy)
    return world


def refused(world):
    """Reason and message of Accepted."""
    found = worlds.condition(world.reconcile(), "Accepted")
    return found["reason"], found["message"]


@pytest.mark.parametrize(("patterns", "text", "allowed"), PATTERNS)
def test_a_pattern_matches_all_of_a_text(patterns, text, allowed):
    assert policies.allows(patterns, text) == allowed


@pytest.mark.parametrize("section", ["build", "serving"])
def test_an_image_that_is_not_listed_is_refused_by_name(section):
    world = under(IMAGES, making.world(**{section: {"image": "docker.io/x:1"}}))
    reason, message = refused(world)
    assert reason == "ImageNotAllowed"
    assert message.startswith(f"spec.{section}.image: 'docker.io/x:1' ")
    assert "administrator (policy.images" in message
    assert "registry.example/*" in message
    assert world.all(kinds.MODEL_BUILD) == []


@pytest.mark.parametrize("section", ["build", "serving"])
def test_an_image_that_is_listed_is_used(section):
    world = under(IMAGES, making.world(**{section: {"image": "registry.example/x:1"}}))
    assert refused(world)[0] == "Accepted"


def test_the_operators_own_images_need_not_be_listed():
    assert refused(under(IMAGES, making.world()))[0] == "Accepted"


def test_what_serves_an_image_that_is_listed_no_more_goes_on():
    world = under(IMAGES, making.serving(serving={"image": "docker.io/x:1"}))
    before = world.find(kinds.DEPLOYMENT)
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "False/ImageNotAllowed"
    assert worlds.brief(status)["Available"] == "True/Available"
    assert world.find(kinds.DEPLOYMENT) == before


@pytest.mark.parametrize(("sources", "reason"), [(("configMap",), "Accepted"), (("pvc",), "SourceNotAllowed")])
def test_sources_are_listed_by_kind(sources, reason):
    found, message = refused(under(policies.Policy(sources=sources), making.world()))
    assert found == reason
    assert (reason == "Accepted") != message.startswith("spec.model.source.configMap: 'configMap' ")


@pytest.mark.parametrize(
    ("registries", "reason"), [(("registry.example:5000/team/*",), "Accepted"), (("ghcr.io/*",), "RegistryNotAllowed")]
)
def test_registries_are_listed_by_repository(registries, reason):
    policy = policies.Policy(registries=registries)
    found, message = refused(under(policy, making.world(artifact=making.REGISTRY)))
    assert found == reason
    assert (reason == "Accepted") != message.startswith("spec.artifact.oci.repository: ")


def test_a_claim_needs_no_registry():
    assert refused(under(policies.Policy(registries=("ghcr.io/*",)), making.world()))[0] == "Accepted"


SECRETS = policies.Policy(secret_label=True)
OFFERED = {names.USE_LABEL: "true"}


def secret(world, name, labels=None):
    world.objects[kinds.Key(kinds.SECRET, worlds.NAMESPACE, name)] = {"metadata": {"labels": labels or {}}}


def with_secrets(policy, **labels):
    """A ModelDeployment that names push and pull; those of which labels are told are there."""
    world = under(policy, making.world(artifact=making.REGISTRY))
    for name, said in labels.items():
        secret(world, name, said)
    return world


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"push": OFFERED, "pull": OFFERED}, None),
        ({"push": {}, "pull": OFFERED}, "spec.artifact.oci.pushSecretName: Secret 'push' is not offered"),
        ({"push": OFFERED, "pull": {names.USE_LABEL: "no"}}, "pullSecretName: Secret 'pull' is not offered"),
        ({"push": OFFERED}, "pullSecretName: Secret 'pull' does not exist"),
    ],
)
def test_a_secret_is_used_when_it_is_offered(labels, words):
    reason, message = refused(with_secrets(SECRETS, **labels))
    assert (reason == "Accepted") == (words is None)
    assert words is None or (reason == "SecretNotOffered" and words in message)


def test_an_ingress_shows_no_secret_that_is_not_offered():
    world = under(SECRETS, making.world(serving={"ingress": {"host": "a.example.com", "tlsSecretName": "tls"}}))
    secret(world, "tls")
    reason, message = refused(world)
    assert reason == "SecretNotOffered"
    assert "spec.serving.ingress.tlsSecretName: Secret 'tls' is not offered" in message
    assert f"kubectl label secret tls {names.USE_LABEL}=true" in message


def test_it_waits_and_goes_on_as_soon_as_the_secret_is_offered():
    world = with_secrets(SECRETS, push={}, pull=OFFERED)
    status = world.reconcile()
    assert worlds.condition(status, "Reconciling")
    assert world.decision.requeue_after
    secret(world, "push", OFFERED)
    assert refused(world)[0] == "Accepted"


class Blind(worlds.World):
    """May not look at Secrets."""

    async def labels(self, key):
        raise AssertionError(key)


def test_without_the_policy_nobody_looks_at_a_secret():
    world = Blind()
    world.config_map()
    world.put(making.model_deployment(artifact=making.REGISTRY))
    assert refused(world)[0] == "Accepted"


def test_without_a_secret_nobody_looks_either():
    world = under(SECRETS, Blind())
    world.config_map()
    world.put(making.model_deployment())
    assert refused(world)[0] == "Accepted"
