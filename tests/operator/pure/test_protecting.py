"""What a podTemplate may say, what it may not, and that nothing of ours is lost to any that is let through."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pure import making, worlds

from model_operator import comparing, kinds, locations
from model_operator.api import deployment, placement, types
from model_operator.deployments import podtemplates, protecting
from model_operator.deployments.manifests import server

FIELD = "spec.serving.podTemplate"
SPEC = deployment.ModelDeploymentSpec.model_validate(making.spec())
IMAGES = types.Images(builder="b", serving="s", triton="t")
WHERE = locations.anywhere(SPEC.artifact)


def told(template, **parts):
    """What Ready says of it."""
    world = making.world(serving={"podTemplate": template}, **parts)
    return worlds.condition(world.reconcile(), "Ready")


def of_triton(**fields):
    return {"spec": {"containers": [{"name": "triton", **fields}]}}


def beside(**fields):
    return {"spec": {"containers": [{"name": "mirror", "image": "reg/mirror:1", **fields}]}}


def volume(**fields):
    return {"spec": {"volumes": [{"name": "extra", **fields}]}}


#: Template, the field that is told, words of the way out.
PROTECTED = {
    "the image of triton": (of_triton(image="x"), "spec.containers[triton].image", "set spec.serving.image"),
    "its command": (of_triton(command=["sh"]), "spec.containers[triton].command", "drop it"),
    "its flags": (of_triton(args=["--x"]), "spec.containers[triton].args", "follow from spec.serving"),
    "its probes": (
        of_triton(livenessProbe={"httpGet": {"port": 1}}),
        "spec.containers[triton].livenessProbe",
        "sentinel",
    ),
    "its lifecycle": (of_triton(lifecycle={}), "spec.containers[triton].lifecycle", "drop it"),
    "its privileges": (of_triton(securityContext={}), "spec.containers[triton].securityContext", "drop it"),
    "its ports": (of_triton(ports=[]), "spec.containers[triton].ports", "drop it"),
    "its limits": (
        of_triton(resources={"limits": {"memory": "1Gi"}}),
        "spec.containers[triton].resources.limits",
        "set spec.serving.resources",
    ),
    "a variable of ours": (
        of_triton(env=[{"name": "HOME", "value": "/root"}]),
        "spec.containers[triton].env[HOME]",
        "another name",
    ),
    "a mount over our repository": (
        of_triton(volumeMounts=[{"name": "extra", "mountPath": "/modelsmith/repository/"}]),
        "spec.containers[triton].volumeMounts[/modelsmith/repository/]",
        "elsewhere",
    ),
    "a mount inside of it": (
        of_triton(volumeMounts=[{"name": "extra", "mountPath": "/modelsmith/repository/more"}]),
        "spec.containers[triton].volumeMounts[/modelsmith/repository/more]",
        "elsewhere",
    ),
    "a mount over all": (
        of_triton(volumeMounts=[{"name": "extra", "mountPath": "/"}]),
        "spec.containers[triton].volumeMounts[/]",
        "elsewhere",
    ),
    "the sentinel's image": (
        {"spec": {"initContainers": [{"name": "sentinel", "image": "x"}]}},
        "spec.initContainers[sentinel].image",
        "drop it",
    ),
    "a name of ours in the other list": (
        {"spec": {"containers": [{"name": "compose", "image": "x"}]}},
        "spec.containers[compose]",
        "choose another",
    ),
    "a name that we take elsewhere": (
        {"spec": {"containers": [{"name": "fetch", "image": "x"}]}},
        "spec.containers[fetch]",
        "choose another",
    ),
    "our repository, to be written": (
        beside(volumeMounts=[{"name": "repository", "mountPath": "/r"}]),
        "spec.containers[mirror].volumeMounts[/r]",
        "mount it readOnly",
    ),
    "our volume": ({"spec": {"volumes": [{"name": "shm", "emptyDir": {}}]}}, "spec.volumes[shm]", "choose another"),
    "a folder of the node": (volume(hostPath={"path": "/"}), "spec.volumes[extra].hostPath", "use a claim"),
    "a token": (
        volume(projected={"sources": [{"configMap": {}}, {"serviceAccountToken": {"path": "t"}}]}),
        "spec.volumes[extra].projected.sources[1].serviceAccountToken",
        "no API token",
    ),
    "another account": ({"spec": {"serviceAccountName": "admin"}}, "spec.serviceAccountName", "drop it"),
    "its old name": ({"spec": {"serviceAccount": "admin"}}, "spec.serviceAccount", "drop it"),
    "its token": ({"spec": {"automountServiceAccountToken": True}}, "spec.automountServiceAccountToken", "drop it"),
    "the node's network": ({"spec": {"hostNetwork": True}}, "spec.hostNetwork", "drop it"),
    "the node's processes": ({"spec": {"hostPID": True}}, "spec.hostPID", "drop it"),
    "the node's memory": ({"spec": {"hostIPC": "yes"}}, "spec.hostIPC", "drop it"),
    "the node's users": ({"spec": {"hostUsers": True}}, "spec.hostUsers", "drop it"),
    "one another's processes": ({"spec": {"shareProcessNamespace": True}}, "spec.shareProcessNamespace", "drop it"),
    "a node": ({"spec": {"nodeName": "n"}}, "spec.nodeName", "spec.serving.nodeSelector"),
    "another end": ({"spec": {"restartPolicy": "Never"}}, "spec.restartPolicy", "drop it"),
    "a debugger": ({"spec": {"ephemeralContainers": []}}, "spec.ephemeralContainers", "kubectl debug"),
    "less time to end": (
        {"spec": {"terminationGracePeriodSeconds": 5}},
        "spec.terminationGracePeriodSeconds",
        "need 35 seconds",
    ),
    "no number of seconds": (
        {"spec": {"terminationGracePeriodSeconds": "long"}},
        "spec.terminationGracePeriodSeconds",
        "need 35 seconds",
    ),
    "root": ({"spec": {"securityContext": {"runAsUser": 0}}}, "spec.securityContext.runAsUser", "without privilege"),
    "maybe root": (
        {"spec": {"securityContext": {"runAsNonRoot": False}}},
        "spec.securityContext.runAsNonRoot",
        "without privilege",
    ),
    "any system call": (
        {"spec": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}},
        "spec.securityContext.seccompProfile.type",
        "without privilege",
    ),
    "privilege": (
        beside(securityContext={"privileged": True}),
        "spec.containers[mirror].securityContext.privileged",
        "without privilege",
    ),
    "escalation": (
        beside(securityContext={"allowPrivilegeEscalation": True}),
        "spec.containers[mirror].securityContext.allowPrivilegeEscalation",
        "without privilege",
    ),
    "a capability": (
        beside(securityContext={"capabilities": {"add": ["NET_ADMIN"]}}),
        "spec.containers[mirror].securityContext.capabilities.add",
        "without privilege",
    ),
    "root beside": (
        {"spec": {"initContainers": [{"name": "a", "securityContext": {"runAsUser": 0}}]}},
        "spec.initContainers[a].securityContext.runAsUser",
        "without privilege",
    ),
    "all of /proc": (
        beside(securityContext={"procMount": "Unmasked"}),
        "spec.containers[mirror].securityContext.procMount",
        "without privilege",
    ),
    "no AppArmor": (
        beside(securityContext={"appArmorProfile": {"type": "Unconfined"}}),
        "spec.containers[mirror].securityContext.appArmorProfile.type",
        "without privilege",
    ),
    "a Windows host": (
        beside(securityContext={"windowsOptions": {"hostProcess": True}}),
        "spec.containers[mirror].securityContext.windowsOptions.hostProcess",
        "without privilege",
    ),
    "a port of the node": (
        beside(ports=[{"containerPort": 80, "hostPort": 80}]),
        "spec.containers[mirror].ports[80].hostPort",
        "Service",
    ),
    "our label": (
        {"metadata": {"labels": {"modelsmith.dev/track": "canary"}}},
        "metadata.labels[modelsmith.dev/track]",
        "another key",
    ),
    "a label that may become ours": (
        {"metadata": {"labels": {"modelsmith.dev/x": "y"}}},
        "metadata.labels[modelsmith.dev/x]",
        "another key",
    ),
    "whose it is": (
        {"metadata": {"labels": {"app.kubernetes.io/managed-by": "me"}}},
        "metadata.labels[app.kubernetes.io/managed-by]",
        "another key",
    ),
    "our annotation": (
        {"metadata": {"annotations": {"modelsmith.dev/applied": "x"}}},
        "metadata.annotations[modelsmith.dev/applied]",
        "another key",
    ),
}
INVALID = {
    "null": (
        {"spec": {"containers": [{"name": "triton", "env": None}]}},
        "spec.containers[triton].env",
        "drop the field",
    ),
    "a directive": (
        {"spec": {"containers": [{"name": "triton", "$patch": "delete"}]}},
        "spec.containers[triton].$patch",
        "not carried out",
    ),
    "the order of a list": ({"spec": {"$setElementOrder/containers": []}}, "spec.$setElementOrder/containers", "not"),
    "containers that are none": ({"spec": {"containers": "all"}}, "spec.containers", "each with a name"),
    "a container without a name": ({"spec": {"initContainers": [{}]}}, "spec.initContainers", "each with a name"),
    "no amount": (
        of_triton(resources={"limits": {"memory": "much"}}),
        "spec.containers[triton].resources.limits.memory",
        "no quantity",
    ),
    "a volume that is a word": ({"spec": {"volumes": ["data"]}}, "spec.volumes", "each with a name"),
}


@pytest.mark.parametrize(("template", "field", "words"), PROTECTED.values(), ids=PROTECTED)
def test_what_is_protected_is_told_with_its_field_and_the_way_out(template, field, words):
    said = told(template)
    assert said["reason"] == "PodTemplateProtected"
    assert said["message"].startswith(f"{FIELD}.{field}: ")
    assert words in said["message"]


@pytest.mark.parametrize(("template", "field", "words"), INVALID.values(), ids=INVALID)
def test_what_cannot_be_merged_is_told_with_its_field(template, field, words):
    said = told(template)
    assert said["reason"] == "PodTemplateInvalid"
    assert said["message"].startswith(f"{FIELD}.{field}: ")
    assert words in said["message"]


ALLOWED = {
    "nothing": {},
    "a container beside": beside(),
    "a sidecar": {"spec": {"initContainers": [{"name": "proxy", "image": "p", "restartPolicy": "Always"}]}},
    "a variable of its own": of_triton(env=[{"name": "LD_BIND_NOW", "value": "1"}]),
    "the same as ours": of_triton(
        env=[{"name": "HOME", "value": "/tmp"}], terminationMessagePolicy="FallbackToLogsOnError"
    ),
    "variables of a ConfigMap": of_triton(envFrom=[{"configMapRef": {"name": "x"}}]),
    "a mount elsewhere": {
        "spec": {
            "containers": [{"name": "triton", "volumeMounts": [{"name": "extra", "mountPath": "/data"}]}],
            "volumes": [{"name": "extra", "persistentVolumeClaim": {"claimName": "x"}}],
        }
    },
    "our repository, to be read": beside(volumeMounts=[{"name": "repository", "mountPath": "/r", "readOnly": True}]),
    "more memory for the sentinel": {
        "spec": {"initContainers": [{"name": "sentinel", "resources": {"limits": {"memory": "1Gi"}}}]}
    },
    "a device by claim": {
        "spec": {
            "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one"}],
            "containers": [{"name": "triton", "resources": {"claims": [{"name": "gpu"}]}}],
        }
    },
    "more time to end": {"spec": {"terminationGracePeriodSeconds": 600}},
    "no host, said aloud": {"spec": {"hostNetwork": False, "hostUsers": False, "automountServiceAccountToken": False}},
    "another user": {"spec": {"securityContext": {"runAsUser": 1000, "supplementalGroups": [5]}}},
    "labels of a person": {"metadata": {"labels": {"team": "a"}, "annotations": {"a.example/b": "c"}}},
    "a selector called env": {"spec": {"nodeSelector": {"env": "prod"}, "schedulerName": "kai-scheduler"}},
}


@pytest.mark.parametrize("template", ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_reaches_the_pods(template):
    world = making.serving(serving={"podTemplate": template})
    assert worlds.brief(world.reconcile())["Ready"] == "True/Serving"
    made = world.find(kinds.DEPLOYMENT)["spec"]["template"]
    assert comparing.found(template, made)


def bare():
    return server.bare("digits", "", WHERE, SPEC, IMAGES, image_volumes=True)


#: Parts of podTemplates, right and wrong, to be put together.
NAMES = st.sampled_from(["triton", "sentinel", "compose", "fetch", "mirror", "proxy"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "/tmp", "HOME", "shm"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["name", "mountPath", "limits", "privileged", "$patch", "add"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)
ENV = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["HOME", "EXTRA"]), "value": st.just("/tmp")}), max_size=2
)
MOUNTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["shm", "extra"]), "mountPath": st.sampled_from(["/tmp", "/data", "/dev"])},
        optional={"readOnly": st.booleans()},
    ),
    max_size=2,
)
ADDED = st.fixed_dictionaries(
    {"name": NAMES}, optional={"env": ENV, "volumeMounts": MOUNTS, "resources": st.just({"claims": [{"name": "gpu"}]})}
)
CONTAINER = ADDED | st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "image": st.just("x"),
        "command": VALUES,
        "env": ENV | VALUES,
        "volumeMounts": MOUNTS | VALUES,
        "resources": st.just({"claims": [{"name": "gpu"}]}) | VALUES,
        "securityContext": VALUES,
        "ports": VALUES,
        "tty": st.booleans(),
    },
)
CONTAINERS = st.lists(CONTAINER, max_size=3, unique_by=lambda one: one["name"]) | VALUES
FIELDS = st.sampled_from(
    ["hostPID", "serviceAccountName", "nodeName", "tolerations", "dnsPolicy", "affinity", "volumes"]
)
TEMPLATES = st.fixed_dictionaries(
    {},
    optional={
        "spec": st.builds(
            lambda rest, containers: {**rest, **containers},
            st.dictionaries(FIELDS, VALUES, max_size=2),
            st.fixed_dictionaries({}, optional={"containers": CONTAINERS, "initContainers": CONTAINERS}),
        ),
        "metadata": st.fixed_dictionaries(
            {"labels": st.dictionaries(st.sampled_from(["team", "modelsmith.dev/track"]), st.just("a"))}
        ),
    },
)


#: Of a pod of ours, what a person may say in another way.
OTHERWISE = {"terminationGracePeriodSeconds", "securityContext"}


def kept(pod):
    """What of ours must be found in any pod, exactly as it is."""
    made = {name: value for name, value in copy.deepcopy(pod["spec"]).items() if name not in OTHERWISE}
    for one in made["initContainers"]:
        del one["resources"]
    return {"metadata": pod["metadata"], "spec": made}


@settings(max_examples=500)
@given(template=TEMPLATES)
def test_of_what_is_let_through_nothing_of_ours_is_lost(template):
    change = placement.PodTemplate.model_validate(template)
    before = copy.deepcopy(change)
    if protecting.finding(change, bare()) is None:
        made = podtemplates.applied(bare(), change)
        assert comparing.found(kept(bare()), made)
    assert change == before


@pytest.mark.parametrize("template", ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_keeps_ours(template):
    made = podtemplates.applied(bare(), placement.PodTemplate.model_validate(template))
    assert comparing.found(kept(bare()), made)
