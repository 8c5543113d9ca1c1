"""Images and Secrets are found wherever a pod may name them."""

from hypothesis import given
from hypothesis import strategies as st
from pure import making

from model_operator import mentions, policies

SIDE = {
    "name": "side",
    "image": "reg/side:1",
    "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}}, {"name": "B", "value": "b"}],
    "envFrom": [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "none"}}],
}
POD = {
    "imagePullSecrets": [{"name": "pull"}],
    "initContainers": [{"name": "first", "image": "reg/first:1"}],
    "containers": [SIDE],
    "volumes": [
        {"name": "mounted", "secret": {"secretName": "mounted"}},
        {"name": "both", "projected": {"sources": [{"secret": {"name": "projected"}}, {"downwardAPI": {}}]}},
        {"name": "driver", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "driven"}}},
        {"name": "data", "image": {"reference": "reg/data:1"}},
    ],
}


def test_every_image_is_found_with_its_field():
    assert {field: image for field, image in mentions.images(POD, "spec") if image} == {
        "spec.initContainers[first].image": "reg/first:1",
        "spec.containers[side].image": "reg/side:1",
        "spec.volumes[data].image.reference": "reg/data:1",
    }


def test_every_secret_is_found_with_its_field():
    assert {field: name for field, name in mentions.secrets(POD, "spec") if name} == {
        "spec.imagePullSecrets[pull].name": "pull",
        "spec.volumes[mounted].secret.secretName": "mounted",
        "spec.volumes[both].projected.sources[0].secret.name": "projected",
        "spec.volumes[driver].csi.nodePublishSecretRef.name": "driven",
        "spec.containers[side].envFrom[0].secretRef.name": "all",
        "spec.containers[side].env[A].valueFrom.secretKeyRef.name": "key",
    }


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "image", "secret", "volumes", "containers", "env"]), inner, max_size=4
        )
    ),
)


@given(pod=st.dictionaries(st.sampled_from(["containers", "volumes", "imagePullSecrets"]), anything))
def test_no_shape_is_too_strange(pod):
    found = [*mentions.images(pod, ""), *mentions.secrets(pod, "")]
    assert all(isinstance(text, str) for pair in found for text in pair)


def test_policies_look_into_a_pod_template_and_at_the_certificate():
    world = making.world(serving={"podTemplate": {"spec": POD}, "tls": {"secretName": "certificate"}})
    spec = world.observe("digits").spec
    assert "reg/side:1" in policies.images_named(spec).values()
    secrets = policies.secrets_named(spec)
    assert secrets["spec.serving.tls.secretName"] == "certificate"
    assert secrets["spec.serving.podTemplate.spec.imagePullSecrets[pull].name"] == "pull"
