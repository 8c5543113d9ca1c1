"""Causes that are the API server's own: each is a condition in its words, with the next step, and one apply mends it.

Quotas, LimitRanges, Pod Security, RuntimeClasses and rendered objects are real; only the kubelet is played.
"""

import time

import pytest
from edge import clusters, kubelet, resources, test_calm

from model_builder import contract
from model_operator import kinds, names

pytestmark = pytest.mark.usefixtures("operator")
QUOTA = kinds.Kind("", "v1", "ResourceQuota", "resourcequotas")
LIMIT_RANGE = kinds.Kind("", "v1", "LimitRange", "limitranges")
POLICIES = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings"
SMALL = {"limits": {"memory": "128Mi"}, "requests": {"memory": "64Mi"}}
#: Our schema takes any name of a resource, Kubernetes only its own.
ODD = {"limits": {"foo bar": 1}}
#: A Job that has nothing to do with us.
THEIRS = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "theirs", "image": "i"}]}}}


def deploy(namespace, content=None):
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits", content)


def message(found, type_="Ready"):
    return resources.condition(found, type_)["message"]


def change(namespace, **spec):
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": spec})


def until_pod(namespace, job):
    selector = f"{names.JOB_NAME_LABEL}={job['metadata']['name']}"
    return clusters.until(lambda: namespace.only(kinds.POD, selector), "the Job has a pod")


def until_told(namespace, reason, words):
    """The same comes as an Event, as a warning."""

    def probe():
        events = namespace.list(clusters.EVENT)
        return [
            one for one in events if (one["reason"], one["type"]) == (reason, "Warning") and words in one["message"]
        ]

    clusters.until(probe, f"a warning {reason} with {words}")


def test_a_quota_that_has_no_room_for_a_build(namespace):
    namespace.create(QUOTA, {"metadata": {"name": "small"}, "spec": {"hard": {"limits.memory": "1Gi"}}})
    clusters.until(lambda: (namespace.find(QUOTA, "small").get("status") or {}).get("hard"), "the quota counts")
    deploy(namespace)
    found = resources.until_reason(namespace, "digits", "PodsRefused")
    assert "exceeded quota: small" in message(found)
    assert "spec.build.resources" in message(found)
    until_told(namespace, "PodsRefused", "exceeded quota")
    job = resources.only_job(namespace)
    change(namespace, build={"resources": SMALL})
    mended = clusters.until(lambda: another(namespace, job), "there is another Job, and only that")
    until_pod(namespace, mended)


def test_a_quota_that_has_no_room_for_a_job(namespace):
    namespace.create(QUOTA, {"metadata": {"name": "none"}, "spec": {"hard": {"count/jobs.batch": "0"}}})
    clusters.until(lambda: (namespace.find(QUOTA, "none").get("status") or {}).get("hard"), "the quota counts")
    deploy(namespace)
    found = resources.until_reason(namespace, "digits", "ApplyRefused")
    assert "exceeded quota: none" in message(found)
    assert resources.condition(found, "Reconciling")["status"] == "True"
    namespace.delete(QUOTA, "none")
    resources.only_job(namespace)
    resources.until_reason(namespace, "digits", "Building")


def test_a_limit_range_that_a_server_does_not_keep(namespace):
    deploy(namespace)
    resources.build(namespace)
    clusters.until(lambda: namespace.find(kinds.DEPLOYMENT, "digits"), "there is a Deployment")
    limits = [{"type": "Container", "max": {"memory": "1Gi"}}]
    namespace.create(LIMIT_RANGE, {"metadata": {"name": "narrow"}, "spec": {"limits": limits}})
    change(namespace, serving={"instances": {"count": 2}})
    found = resources.until_reason(namespace, "digits", "PodsRefused")
    assert "maximum memory usage per Container is 1Gi" in message(found)
    assert "spec.serving.resources" in message(found)
    change(namespace, serving={"resources": SMALL})
    clusters.until(lambda: served_by(namespace, "128Mi"), "a pod within the range")
    resources.make_ready(namespace, "digits")


def test_a_runtime_class_that_does_not_exist(namespace):
    deploy(namespace, resources.spec(runtimeClassName="absent"))
    resources.build(namespace)
    found = resources.until_reason(namespace, "digits", "PodsRefused")
    assert 'RuntimeClass "absent" not found' in message(found)
    assert "spec.serving.runtimeClassName" in message(found)
    change(namespace, serving={"runtimeClassName": ""})
    resources.make_ready(namespace, "digits")


def test_a_priority_class_that_does_not_exist(namespace):
    deploy(namespace, resources.spec(priorityClassName="absent"))
    resources.build(namespace)
    found = resources.until_reason(namespace, "digits", "PodsRefused")
    assert "no PriorityClass with name absent" in message(found)
    assert "spec.serving.priorityClassName" in message(found)


@pytest.fixture
def meddled(namespace, cluster):
    """A namespace of Pod Security restricted, in which a policy makes pods unsafe, as an injector of sidecars may."""
    name = f"unsafe-{namespace.name}"
    cluster.call("POST", POLICIES, policy(name))
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted", "unsafe": "true"}}}
    path = f"/api/v1/namespaces/{namespace.name}"
    cluster.call("PATCH", path, labels, "application/merge-patch+json")
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}}
    spec = {"policyName": name, "matchResources": {"namespaceSelector": selector}}
    cluster.call("POST", BINDINGS, {"metadata": {"name": name}, "spec": spec})
    clusters.until(lambda: refused_at_once(namespace), "the policy is in force")
    yield namespace
    cluster.call("DELETE", f"{BINDINGS}/{name}")
    cluster.call("DELETE", f"{POLICIES}/{name}")


def policy(name):
    """Every pod gets the network of its node."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    expression = "Object{spec: Object.spec{hostNetwork: true}}"
    return {
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
        },
    }


def refused_at_once(namespace):
    """Whether a pod that breaks nothing is refused."""
    context = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i", "securityContext": context}]}}
    try:
        namespace.cluster.call("POST", f"{namespace.path(kinds.POD)}?dryRun=All", pod)
    except clusters.Refused as refused:
        return "hostNetwork" in str(refused)
    return False


def test_pod_security_refuses_what_somebody_made_unsafe(meddled):
    deploy(meddled)
    found = resources.until_reason(meddled, "digits", "PodsRefused")
    assert 'violates PodSecurity "restricted:latest"' in message(found)
    assert "hostNetwork" in message(found)
    assert "webhook or policy that changes them" in message(found)


def test_a_deployment_that_the_api_server_refuses(namespace, operator):
    deploy(namespace, resources.spec(resources=ODD))
    resources.build(namespace)
    found = resources.until_reason(namespace, "digits", "ApplyRefused")
    assert "spec.template.spec.containers[0].resources.limits[foo bar]" in message(found)
    assert "spec.serving" in message(found)
    assert resources.condition(found, "Stalled")["status"] == "True"
    assert resources.condition(found, "Built")["status"] == "True"
    until_told(namespace, "ApplyRefused", "foo bar")
    calm(namespace, operator)
    change(namespace, serving={"resources": {"limits": {"foo bar": None}}})
    resources.make_ready(namespace, "digits")


def test_a_job_that_the_api_server_refuses(namespace, operator):
    deploy(namespace, {**resources.spec(), "build": {"resources": ODD}})
    found = resources.until_reason(namespace, "digits", "ApplyRefused", "Built")
    assert "spec.template.spec.containers[0].resources.limits[foo bar]" in message(found)
    assert "spec.build" in message(found)
    assert resources.condition(namespace.only(kinds.MODEL_BUILD), "Built")["reason"] == "ApplyRefused"
    calm(namespace, operator)
    change(namespace, build={"resources": {"limits": {"foo bar": None}}})
    resources.only_job(namespace)
    resources.until_reason(namespace, "digits", "Building")


def test_a_claim_for_which_there_is_no_room(namespace):
    namespace.create(QUOTA, {"metadata": {"name": "none"}, "spec": {"hard": {"persistentvolumeclaims": "0"}}})
    clusters.until(lambda: (namespace.find(QUOTA, "none").get("status") or {}).get("hard"), "the quota counts")
    deploy(namespace)
    found = resources.until_reason(namespace, "digits", "ApplyRefused", "Built")
    assert "PersistentVolumeClaim 'modelsmith-artifacts'" in message(found)
    assert "exceeded quota: none" in message(found)
    namespace.delete(QUOTA, "none")
    resources.only_job(namespace)


def test_a_service_of_somebody_else(namespace):
    ports = {"ports": [{"port": 80, "protocol": "TCP"}]}
    namespace.create(kinds.SERVICE, {"metadata": {"name": "digits"}, "spec": ports})
    deploy(namespace)
    found = resources.until_reason(namespace, "digits", "NameTaken")
    assert "delete or rename it, or give this ModelDeployment another name" in message(found)
    namespace.delete(kinds.SERVICE, "digits")
    look_again(namespace)
    resources.until_reason(namespace, "digits", "Building")


def test_a_job_of_somebody_else(namespace):
    """A ModelDeployment of the same content had it; somebody restored it from a copy, without our labels."""
    deploy(namespace)
    name = resources.only_job(namespace)["metadata"]["name"]
    namespace.delete(kinds.MODEL_DEPLOYMENT, "digits")
    clusters.until(lambda: not resources.leftovers(namespace), "all is gone")
    namespace.create(kinds.JOB, {"metadata": {"name": name}, "spec": THEIRS})
    resources.deploy(namespace, "digits")
    found = resources.until_reason(namespace, "digits", "InvalidOwnership")
    assert f"Job {name} exists and is not managed by Modelsmith" in message(found)
    assert resources.condition(found, "Stalled")["status"] == "True"
    assert names.BUILD_LABEL not in resources.only_job(namespace)["metadata"]["labels"]
    namespace.delete(kinds.JOB, name)
    clusters.until(lambda: namespace.find(kinds.JOB, name) is None, "it is gone")
    for suspend, reason in ((True, "Suspended"), (False, "Building")):  # so that it is looked at now
        change(namespace, suspend=suspend)
        resources.until_reason(namespace, "digits", reason)
    assert names.BUILD_LABEL in resources.only_job(namespace)["metadata"]["labels"]


def test_a_request_that_is_too_long_for_an_annotation(namespace):
    """No ModelDeployment asks so much: somebody wrote a ModelBuild."""
    resources.provide_source(namespace)
    model = {name: value for name, value in resources.SPEC["model"].items() if name != "source"}
    images = dict.fromkeys(("builder", "serving", "triton"), "registry.test/image:1")
    spec = {
        "request": {"model": model, "recipe": "2" * 300_000},
        "source": resources.SPEC["model"]["source"],
        "store": {"oci": {"repository": "registry.test/team/models"}},
        "images": images,
    }
    namespace.create(kinds.MODEL_BUILD, {"metadata": {"name": "long"}, "spec": spec})
    built = clusters.until(lambda: resources.condition(namespace.only(kinds.MODEL_BUILD), "Built"), "it is told")
    assert built["reason"] == "ApplyRefused"
    assert "spec.template.annotations: Too long: may not be more than 262144 bytes" in built["message"]
    assert resources.condition(namespace.only(kinds.MODEL_BUILD), "Stalled")["status"] == "True"
    assert namespace.list(kinds.JOB) == []


def test_a_revision_of_somebody_else(namespace):
    """A ModelDeployment of the same name and content had it; somebody restored it from a copy, without our labels."""
    deploy(namespace)
    resources.build(namespace)
    kept = clusters.until(lambda: namespace.list(kinds.CONTROLLER_REVISION), "there is a revision")[0]
    name = kept["metadata"]["name"]
    namespace.delete(kinds.MODEL_DEPLOYMENT, "digits")
    clusters.until(lambda: not resources.leftovers(namespace), "all is gone")
    namespace.create(kinds.CONTROLLER_REVISION, {"metadata": {"name": name}, "data": kept["data"], "revision": 1})
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    found = resources.until_reason(namespace, "digits", "InvalidOwnership")
    assert f"ControllerRevision {name} exists and is not managed by Modelsmith" in message(found)
    assert "rename or delete it" in message(found)
    assert resources.condition(found, "Stalled")["status"] == "True"
    assert namespace.find(kinds.DEPLOYMENT, "digits") is None
    until_told(namespace, "InvalidOwnership", name)
    namespace.delete(kinds.CONTROLLER_REVISION, name)
    look_again(namespace)
    resources.make_ready(namespace, "digits")


def test_a_field_that_another_manager_keeps_until_it_lets_go(namespace):
    deploy(namespace)
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    theirs = {"spec": {"selector": {names.DEPLOYMENT_LABEL: "theirs"}}}
    namespace.apply(kinds.SERVICE, "digits", theirs, "gitops")
    found = resources.until_reason(namespace, "digits", "FieldConflict")
    assert ".spec.selector" in message(found)
    assert "gitops" in message(found)
    assert resources.condition(found, "Available")["status"] == "True"
    namespace.apply(kinds.SERVICE, "digits", {}, "gitops")
    resources.until_reason(namespace, "digits", "Serving")


def test_a_claim_for_one_node_and_pods_on_two(namespace):
    """As the attach-detach controller tells it: this plane has no node, and no disk that is attached."""
    deploy(namespace)
    resources.build(namespace)
    pod = clusters.until(lambda: server(namespace), "there is a server's pod")
    words = "Multi-Attach error for volume pvc-1: Volume is already exclusively attached to one node"
    namespace.patch(kinds.POD, pod["metadata"]["name"], {"status": scheduled(pod)}, "status")
    namespace.create(clusters.EVENT, event(namespace, pod, "FailedAttachVolume", words))
    look_again(namespace)
    found = resources.until_reason(namespace, "digits", "VolumeNotMounted")
    assert words in message(found)
    assert "ReadWriteMany" in message(found)


def test_a_failed_job_is_superseded_and_its_pods_go(namespace):
    deploy(namespace)
    job = resources.only_job(namespace)
    pod = until_pod(namespace, job)
    namespace.patch(kinds.POD, pod["metadata"]["name"], {"status": killed(pod)}, "status")
    found = resources.until_reason(namespace, "digits", "OutOfMemory")
    assert "limit of 4Gi; raise spec.build.resources.limits.memory" in message(found)
    change(namespace, build={"resources": {"limits": {"memory": "6Gi"}}})
    mended = clusters.until(lambda: another(namespace, job), "there is another Job, and only that")
    until_pod(namespace, mended)
    clusters.until(lambda: namespace.find(kinds.POD, pod["metadata"]["name"]) is None, "the failed pod is gone")
    kubelet.end_build(mended, namespace, kubelet.published())
    resources.make_ready(namespace, "digits")


def test_a_mended_secret_is_tried_when_asked_again(namespace):
    deploy(namespace)
    job = resources.only_job(namespace)
    shut = contract.Failure(reason=contract.FailureReason.STORE_REFUSED, message="401", field="spec.artifact.oci")
    report = contract.Report(step=contract.Step.PUBLISH, failure=shut)
    kubelet.end_build(job, namespace, report, code=contract.ExitCode.REJECTED)
    resources.until_reason(namespace, "digits", "StoreRefused")
    look_again(namespace, requested="mended")
    mended = clusters.until(lambda: another(namespace, job), "there is another Job, and only that")
    kubelet.end_build(mended, namespace, kubelet.published())
    resources.make_ready(namespace, "digits")


def calm(namespace, operator):
    """What is refused is tried again, and nothing is written: no status, no Event."""
    place = test_calm.settled(operator)
    look_again(namespace)

    def writes():
        return [line for line in operator.writes(place) if f" {namespace.name}/" in line]

    clusters.until(writes, "it is tried again")
    time.sleep(2)
    assert [line for line in writes() if "/status " in line or " events " in line] == []


def look_again(namespace, requested=""):
    """Have it looked at, or ask for another attempt."""
    annotations = {names.REQUESTED_AT: requested} if requested else {"test": "look"}
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"metadata": {"annotations": annotations}})


def another(namespace, job):
    """The only Job, when it is not this one."""
    found = [one for one in namespace.list(kinds.JOB) if "deletionTimestamp" not in one["metadata"]]
    return found[0] if len(found) == 1 and found[0]["metadata"]["name"] != job["metadata"]["name"] else None


def server(namespace):
    found = namespace.list(kinds.POD, f"{names.DEPLOYMENT_LABEL}=digits")
    return found[0] if found else None


def served_by(namespace, memory):
    """Whether there is a server whose Triton is limited so."""
    found = namespace.list(kinds.POD, f"{names.DEPLOYMENT_LABEL}=digits")
    return any(one["resources"]["limits"]["memory"] == memory for pod in found for one in pod["spec"]["containers"])


def scheduled(pod):
    condition = {"type": "PodScheduled", "status": "True", "lastTransitionTime": kubelet.now()}
    waiting = {"waiting": {"reason": "PodInitializing"}}
    states = [{**kubelet.common(one), "state": waiting} for one in pod["spec"]["initContainers"]]
    return {"phase": "Pending", "conditions": [condition], "initContainerStatuses": states}


def killed(pod):
    """The first step, as the kernel ends what needs too much memory."""
    ended = {"exitCode": 137, "reason": "OOMKilled", "startedAt": kubelet.now(), "finishedAt": kubelet.now()}
    first = pod["spec"]["initContainers"][0]
    status = {**kubelet.common(first), "state": {"terminated": {**ended, "containerID": "test://1"}}}
    return {"phase": "Failed", "initContainerStatuses": [status]}


def event(namespace, pod, reason, words):
    metadata = pod["metadata"]
    about = {"kind": "Pod", "namespace": namespace.name, "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "metadata": {"name": f"{metadata['name']}.1"},
        "involvedObject": about,
        "type": "Warning",
        "reason": reason,
        "message": words,
        "lastTimestamp": kubelet.now(),
    }
