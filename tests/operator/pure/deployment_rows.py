"""Every situation of a ModelDeployment: what is so, what is said. Rows of test_deployments."""

import dataclasses
import json

from pure import making, revising, worlds

from model_operator import errors, kinds, names, policies


def settled(world, name="digits"):
    world.reconcile(name)
    return world


def world_of(**parts):
    return settled(making.world(**parts))


def rolling(*statuses, events=(), deployment=(), ready=0, updated=1, **status):
    """The first servers are on their way, and one pod says this."""
    world = making.world()
    making.start_build(world)
    making.build_well(world)
    world.reconcile()
    making.roll(world, ready=ready, updated=updated)
    world.find(kinds.DEPLOYMENT)["status"]["conditions"] = list(deployment)
    if statuses or status:
        pod = making.server_pod(world, *statuses, **status)
        world.told[pod["metadata"]["name"]] = list(events)
    return settled(world)


def answered(answer, deployment=()):
    """A server runs, is not ready, and its sentinel answers this."""
    world = rolling(making.running("sentinel"), making.running("triton"), deployment=deployment, podIP="10.0.0.9")
    (pod,) = world.all(kinds.POD)[-1:]
    world.answers[pod["metadata"]["name"]] = answer
    return settled(world)


def overdue():
    return [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]


def crashed(words="", code=1, restarts=3, reason="Error"):
    return {
        "name": "triton",
        "ready": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}},
        "lastState": {"terminated": {"exitCode": code, "reason": reason, "message": words}},
    }


def composed_badly(words, container="compose"):
    return {
        "name": container,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "restartCount": 2,
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": words}},
    }


def warning(reason, message):
    return {"type": "Warning", "reason": reason, "message": message, "metadata": {}}


def spec_of_another_version():
    world = making.world()
    world.find(kinds.MODEL_DEPLOYMENT)["spec"]["serving"] = {"turbo": True}
    return settled(world)


def name_taken():
    world = making.world()
    world.put({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "digits"}, "spec": {}})
    return settled(world)


def name_taken_by_our_own_kind():
    """The headless Service of one is the Service of another."""
    world = making.world()
    world.put(making.model_deployment("digits-headless"))
    world.reconcile()
    return settled(world, "digits-headless")


def no_config_map():
    world = making.world()
    world.drop(world.find(kinds.CONFIG_MAP, "digits-model"))
    return settled(world)


def no_file():
    world = making.world()
    world.config_map(files={"digits.py": ""})
    return settled(world)


def build_failed():
    world = making.world()
    making.start_build(world)
    making.build_badly(world)
    return settled(world)


def gate_failed():
    world = making.world()
    making.start_build(world)
    making.build_badly(world, 65, making.gate_failed())
    return settled(world)


def in_a_registry(*statuses, version=(1, 36)):
    """Servers of an artifact in a registry are on their way, and one pod says this."""
    world = making.world(artifact=making.REGISTRY, version=version)
    making.start_build(world)
    making.build_well(world)
    world.reconcile()
    making.roll(world, ready=0)
    making.server_pod(world, *statuses)
    return settled(world)


def pulled_badly(words, reason="ErrImagePull"):
    """As the kubelet tells of an image volume: at the containers that mount it."""
    return making.waiting("compose", reason, words, image="reg/serving:1")


def no_calibration_file():
    world = making.world(build=making.LADDER)
    world.config_map(files={name: "x" for name in worlds.DIGITS if name != "train.npz"})
    return settled(world)


def build_waits():
    world = making.world()
    making.start_build(world)
    making.job_pod(world, "Pending", **making.unscheduled())
    world.reconcile_build()
    return settled(world)


def lost_a_server():
    world = making.serving(serving={"replicas": 2})
    making.roll(world, ready=1)
    return settled(world)


def lost_all_servers():
    world = making.serving()
    making.roll(world, ready=0)
    return settled(world)


def not_for_long_enough():
    world = making.serving(serving={"replicas": 2})
    world.find(kinds.DEPLOYMENT)["status"]["availableReplicas"] = 1
    return settled(world)


def old_servers_leave():
    world = making.serving()
    world.put(making.model_deployment(serving={"instances": {"count": 2}}))
    world.reconcile()
    making.roll(world)
    world.find(kinds.DEPLOYMENT)["status"]["replicas"] = 2
    return settled(world)


def controller_has_not_looked():
    world = making.serving()
    world.find(kinds.DEPLOYMENT)["metadata"]["generation"] += 1
    return settled(world)


def under_a_newer_operator():
    world = making.serving()
    making.upgrade(world)
    return settled(world)


def rolled_back():
    world = revising.seasoned()
    revising.serve(world, **revising.THIRD)
    making.roll(world, updated=1)
    revising.pod(world, says=revising.WRONG)
    return settled(world)


def otherwise_than_once():
    """Clients' answers are distributed otherwise than those to the evaluation set."""
    return _serving_for_long({**revising.SERVING, "drift": {"psi": 0.4, "output": "logits"}})


def slower_than_once():
    """Requests take five times as long as in the first ten minutes."""
    counted = {"seconds": 600.0, "succeeded": 9000, "failed": 0}
    world = _serving_for_long({**revising.SERVING, "ten_minutes": {**counted, "mean_ms": 2.0}})
    revising.pod(world, says={**revising.SERVING, "ten_minutes": {**counted, "mean_ms": 10.0}}, ready=True)
    return settled(world)


def _serving_for_long(says):
    world = making.serving()
    revising.later(world, hours=1)
    revising.pod(world, says=says, ready=True)
    return settled(world)


def tried_on_a_share():
    world = revising.seasoned()
    revising.serve(world, **revising.THIRD, rollout={"strategy": "canary"})
    making.roll(world, revising.CANARY)
    return settled(world)


def canary_that_fails():
    world = tried_on_a_share()
    revising.pod(world, name=revising.CANARY, says=revising.traffic(50, 50), ready=True)
    return settled(world)


def pinned():
    world = revising.seasoned()
    first = world.find(kinds.MODEL_DEPLOYMENT)["status"]["history"][1]["revision"]
    revising.served(world, **revising.SECOND, rollout={"pin": first})
    return settled(world)


def pinned_to_what_is_gone():
    world = revising.seasoned()
    revising.serve(world, **revising.SECOND, rollout={"pin": "digits-gone"})
    return settled(world)


def suspended_at_once():
    return world_of(suspend=True)


def suspended_while_serving():
    world = making.serving()
    world.put(making.model_deployment(suspend=True, serving={"instances": {"count": 2}}))
    return settled(world)


def refused_while_serving():
    world = making.serving()
    world.put(making.model_deployment(serving={"resources": {"limits": {"nvidia.com/gpu": 1}}}))
    return settled(world)


#: What an administrator allows.
POLICY = policies.Policy(images=("reg/builder:*",), sources=("pvc",), registries=("ghcr.io/*",))
GATEWAY = {"parentRefs": [{"name": "public"}], "hostnames": ["a.example.com"]}


def host_taken():
    """Two claim one host; the other is older."""
    world = making.world(name="other", serving={"ingress": {"host": "a.example.com"}})
    world.put(making.model_deployment(serving={"ingress": {"host": "a.example.com"}}))
    return settled(world)


def under_a_policy(**parts):
    world = making.world(**parts)
    world.settings = dataclasses.replace(world.settings, policy=POLICY)
    return settled(world)


def secret_not_offered():
    world = making.world(artifact=making.REGISTRY)
    world.settings = dataclasses.replace(world.settings, policy=policies.Policy(secret_label=True))
    return settled(world)


def missing(kind):
    key = kinds.Key(kind, worlds.NAMESPACE, "digits")
    return errors.GatewayApiMissing(key, "", f"the cluster does not serve {kind.plural}")


def unwritten(kind, error, *, ready=False, **serving):
    """An object that is needed cannot be written, before or after everything else serves."""
    world = making.serving(serving=serving) if ready else making.world(serving=serving)
    world.refuse[kind] = error
    if not ready:
        making.start_build(world)
        if world.all(kinds.JOB):
            making.build_well(world)
    return settled(world)


def field_refused(kind, field):
    causes = (errors.Cause("FieldValueInvalid", field, 'Invalid value: "foo bar": a qualified name'),)
    return errors.ApiError(422, "Invalid", f"{kind} is invalid", causes)


def taken(kind):
    key = kinds.Key(kind, worlds.NAMESPACE, "digits")
    return errors.InvalidOwnership(key, "other", f"{kind.kind} digits belongs to ModelDeployment other")


def contested(kind):
    key = kinds.Key(kind, worlds.NAMESPACE, "digits")
    return errors.FieldConflict(key, "gitops", f"{kind.kind} digits: .spec.selector is set by gitops, too")


def servers_refused(words):
    return rolling(
        deployment=[
            {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": f'pods "digits-6d4c-x7k2p" is forbidden: {words}',
            }
        ]
    )


MULTI_ATTACH = "Multi-Attach error for volume pvc-1: Volume is already exclusively attached to one node"
NOT_FOUND = (
    f'failed to pull and unpack image "{making.REFERENCE}": failed to resolve reference "{making.REFERENCE}":'
    f" {making.REFERENCE}: not found"
)
DENIED = f'failed to pull and unpack image "{making.REFERENCE}": unexpected status: 401 Unauthorized'
COMPOSE = json.dumps({"reason": "ArtifactInvalid", "message": "files/model.onnx differs from the manifest"})


#: Situation -> how it comes about, `status/reason` of Ready, what kstatus reads, of Available, words in the message.
def podtemplate_refused():
    """It serves, and is asked for pods that the API server would not take."""
    world = making.serving()
    cause = errors.Cause("FieldValueRequired", "spec.template.spec.containers[1].image", "Required value")
    world.rehearsal = errors.ApiError(422, "Invalid", "Deployment.apps is invalid", (cause,))
    world.put(making.model_deployment(serving={"podTemplate": {"spec": {"containers": [{"name": "mirror"}]}}}))
    return settled(world)


ROWS = {
    "a spec of another version": (
        spec_of_another_version,
        "False/SpecInvalid",
        "Stalled",
        "False/NotDeployed",
        "spec.serving.turbo",
    ),
    "more asked than allowed": (
        lambda: world_of(serving={"resources": {"requests": {"memory": "3Gi"}, "limits": {"memory": "2048Mi"}}}),
        "False/ResourcesContradictory",
        "Stalled",
        "False/NotDeployed",
        "spec.serving.resources.requests.memory is 3Gi",
    ),
    "a GPU in the wrong place": (
        lambda: world_of(build={"resources": {"limits": {"nvidia.com/gpu": 1}}}),
        "False/GpuOutsideField",
        "Stalled",
        "False/NotDeployed",
        "set spec.serving.gpu.count",
    ),
    "as much shared memory as memory": (
        lambda: world_of(serving={"shmSize": "2Gi", "resources": {"limits": {"memory": "2048Mi"}}}),
        "False/SharedMemoryTooLarge",
        "Stalled",
        "False/NotDeployed",
        "lower shmSize or raise the limit",
    ),
    "a podTemplate with another image": (
        lambda: world_of(serving={"podTemplate": {"spec": {"containers": [{"name": "triton", "image": "x"}]}}}),
        "False/PodTemplateProtected",
        "Stalled",
        "False/NotDeployed",
        "spec.serving.podTemplate.spec.containers[triton].image: set spec.serving.image",
    ),
    "a podTemplate that the API server would refuse": (
        podtemplate_refused,
        "False/PodTemplateInvalid",
        "Stalled",
        "True/Available",
        "nothing is rolled out",
    ),
    "int8 on a GPU": (
        lambda: world_of(build=making.LADDER, serving={"gpu": {"count": 1}}),
        "False/NoInt8OnThisRuntime",
        "Stalled",
        "False/NotDeployed",
        "spec.build.candidates: int8Static is asked for on a GPU, where int8 needs TensorRT",
    ),
    "int8 for a GPU that somebody else has": (
        lambda: world_of(build={**making.LADDER, "target": {"gpu": {}}}),
        "False/NoInt8OnThisRuntime",
        "Stalled",
        "False/NotDeployed",
        "fp16, none",
    ),
    "a lossy candidate without a proof": (
        lambda: world_of(build={"candidates": ["fp16"]}),
        "False/EvaluationMissing",
        "Stalled",
        "False/NotDeployed",
        "spec.build.evaluation",
    ),
    "a registry without a name": (
        lambda: world_of(artifact={"store": "oci"}),
        "False/SpecInvalid",
        "Stalled",
        "False/NotDeployed",
        "spec.artifact",
    ),
    "a ConfigMap without the calibration set": (
        no_calibration_file,
        "False/FileNotInSource",
        "Reconciling",
        "False/NotDeployed",
        "spec.build.calibration.data.file names 'train.npz'",
    ),
    "refused while an older spec serves": (
        refused_while_serving,
        "False/GpuOutsideField",
        "Stalled",
        "True/Available",
        "spec.serving.resources.limits",
    ),
    "somebody else's Service": (name_taken, "False/NameTaken", "Stalled", "False/NotDeployed", "Service 'digits'"),
    "a sibling's Service": (
        name_taken_by_our_own_kind,
        "False/NameTaken",
        "Stalled",
        "False/NotDeployed",
        "Service 'digits-headless'",
    ),
    "another one's host": (
        host_taken,
        "False/HostTaken",
        "Stalled",
        "False/NotDeployed",
        "spec.serving.ingress.host: a.example.com/ belongs to ModelDeployment 'other'; choose another host",
    ),
    "an image that is not allowed": (
        lambda: under_a_policy(serving={"image": "reg/triton:9"}),
        "False/ImageNotAllowed",
        "Stalled",
        "False/NotDeployed",
        "spec.serving.image: 'reg/triton:9' is not on the list of the cluster's administrator",
    ),
    "a source that is not allowed": (
        under_a_policy,
        "False/SourceNotAllowed",
        "Stalled",
        "False/NotDeployed",
        "spec.model.source.configMap: 'configMap' is not on the list",
    ),
    "a registry that is not allowed": (
        lambda: under_a_policy(
            model={**making.spec()["model"], "source": {"pvc": {"claimName": "models"}}}, artifact=making.REGISTRY
        ),
        "False/RegistryNotAllowed",
        "Stalled",
        "False/NotDeployed",
        "policy.registries of the operator's chart: ghcr.io/*); use one that is",
    ),
    "a Secret that nobody offers": (
        secret_not_offered,
        "False/SecretNotOffered",
        "Reconciling",
        "False/NotDeployed",
        "spec.artifact.oci.pushSecretName: Secret 'push' does not exist in this namespace",
    ),
    "a cluster without the Gateway API": (
        lambda: unwritten(kinds.HTTP_ROUTE, missing(kinds.HTTP_ROUTE), ready=True, gateway=GATEWAY),
        "False/GatewayApiMissing",
        "Reconciling",
        "True/Available",
        "does not serve httproutes",
    ),
    "the Deployment is refused": (
        lambda: unwritten(kinds.DEPLOYMENT, field_refused("Deployment", "spec.template.spec.limits[foo bar]")),
        "False/ApplyRefused",
        "Stalled",
        "False/NotDeployed",
        "the API server refuses Deployment 'digits': spec.template.spec.limits[foo bar]: Invalid value",
    ),
    "the claim is refused": (
        lambda: unwritten(kinds.PERSISTENT_VOLUME_CLAIM, field_refused("PersistentVolumeClaim", "spec.resources")),
        "False/ApplyRefused",
        "Stalled",
        "False/NotDeployed",
        "PersistentVolumeClaim 'modelsmith-artifacts': spec.resources: Invalid value",
    ),
    "the Deployment is refused while it serves": (
        lambda: unwritten(kinds.DEPLOYMENT, field_refused("Deployment", "spec.x"), ready=True),
        "False/ApplyRefused",
        "Stalled",
        "True/Available",
        "mend the field of spec.serving",
    ),
    "another manager keeps a field of the Service": (
        lambda: unwritten(kinds.SERVICE, contested(kinds.SERVICE), ready=True),
        "False/FieldConflict",
        "Stalled",
        "True/Available",
        ".spec.selector is set by gitops, too",
    ),
    "somebody else's revision of that name": (
        lambda: unwritten(kinds.CONTROLLER_REVISION, taken(kinds.CONTROLLER_REVISION)),
        "False/InvalidOwnership",
        "Stalled",
        "False/NotDeployed",
        "ControllerRevision digits belongs to ModelDeployment other",
    ),
    "no RuntimeClass of that name": (
        lambda: servers_refused('pod rejected: RuntimeClass "gone" not found'),
        "False/PodsRefused",
        "Reconciling",
        "False/NoServerReady",
        'RuntimeClass "gone" not found; make that RuntimeClass, or drop spec.serving.runtimeClassName',
    ),
    "no PriorityClass of that name": (
        lambda: servers_refused("no PriorityClass with name gone was found"),
        "False/PodsRefused",
        "Reconciling",
        "False/NoServerReady",
        "drop spec.serving.priorityClassName",
    ),
    "servers outside a LimitRange": (
        lambda: servers_refused("minimum cpu usage per Container is 1, but request is 500m"),
        "False/PodsRefused",
        "Reconciling",
        "False/NoServerReady",
        "keep spec.serving.resources within that LimitRange",
    ),
    "no ConfigMap yet": (
        no_config_map,
        "False/SourceNotFound",
        "Reconciling",
        "False/NotDeployed",
        "ConfigMap 'digits-model'",
    ),
    "a ConfigMap without the weights": (
        no_file,
        "False/FileNotInSource",
        "Reconciling",
        "False/NotDeployed",
        "spec.model.weights names 'digits.pt'",
    ),
    "nothing yet": (world_of, "False/Building", "Reconciling", "False/NotDeployed", "asked for"),
    "the build waits": (build_waits, "False/Unschedulable", "Reconciling", "False/NotDeployed", "no node takes"),
    "the build failed": (build_failed, "False/WeightsMismatch", "Stalled", "False/NotDeployed", "missing keys"),
    "no candidate passed": (
        gate_failed,
        "False/GateFailed",
        "Stalled",
        "False/NotDeployed",
        f"int8Static failed: {making.FELL}. Append none",
    ),
    "the first servers come": (rolling, "False/RollingOut", "Reconciling", "False/NoServerReady", "0 of 1 servers"),
    "old servers leave": (old_servers_leave, "False/RollingOut", "Reconciling", "True/Available", "1 of 1 servers"),
    "ready, but for how long": (
        not_for_long_enough,
        "False/RollingOut",
        "Reconciling",
        "True/Available",
        "not yet for long enough",
    ),
    "the controller has not looked": (
        controller_has_not_looked,
        "False/RollingOut",
        "Reconciling",
        "True/Available",
        "being applied",
    ),
    "no node takes a server": (
        lambda: rolling(**making.unscheduled()),
        "False/Unschedulable",
        "Reconciling",
        "False/NoServerReady",
        "Insufficient nvidia.com/gpu",
    ),
    "no node, for very long": (
        lambda: rolling(deployment=overdue(), **making.unscheduled()),
        "False/Unschedulable",
        "Reconciling",
        "False/NoServerReady",
        "Insufficient",
    ),
    "an image that does not come": (
        lambda: rolling(making.waiting("triton", "ErrImagePull", "not found", image="reg/triton:1")),
        "False/ImagePullFailed",
        "Reconciling",
        "False/NoServerReady",
        "reg/triton:1",
    ),
    "an artifact that is not in the registry": (
        lambda: in_a_registry(pulled_badly(NOT_FOUND)),
        "False/ImagePullFailed",
        "Reconciling",
        "False/NoServerReady",
        f"volume artifacts: {NOT_FOUND}",
    ),
    "an artifact that is not in the registry, later": (
        lambda: in_a_registry(
            pulled_badly(f'Back-off pulling image "{making.REFERENCE}": ErrImagePull: gone', "ImagePullBackOff")
        ),
        "False/ImagePullFailed",
        "Reconciling",
        "False/NoServerReady",
        f"volume artifacts: {making.REFERENCE}: gone",
    ),
    "an artifact that the node may not read": (
        lambda: in_a_registry(pulled_badly(DENIED)),
        "False/ImagePullFailed",
        "Reconciling",
        "False/NoServerReady",
        "Secret 'pull' (spec.artifact.oci.pullSecretName) must exist",
    ),
    "a node without image volumes": (
        lambda: in_a_registry(making.waiting("compose", "CreateContainerError", 'failed to stat "": no such file')),
        "False/ContainerCannotStart",
        "Reconciling",
        "False/NoServerReady",
        "imageVolumes=never and delete the ControllerRevision 'digits-",
    ),
    "an artifact that fetch cannot get": (
        lambda: in_a_registry(
            composed_badly('{"reason": "RegistryRefused", "message": "401 Unauthorized"}', "fetch"), version=(1, 34)
        ),
        "False/FetchFailed",
        "Reconciling",
        "False/NoServerReady",
        "RegistryRefused: 401 Unauthorized (exit code 1)",
    ),
    "a container that cannot be created": (
        lambda: rolling(making.waiting("triton", "CreateContainerError", "no device")),
        "False/ContainerCannotStart",
        "Reconciling",
        "False/NoServerReady",
        "no device",
    ),
    "a volume that cannot be mounted": (
        lambda: rolling(making.waiting("compose"), events=[warning("FailedAttachVolume", MULTI_ATTACH)]),
        "False/VolumeNotMounted",
        "Reconciling",
        "False/NoServerReady",
        "use a ReadWriteMany claim",
    ),
    "servers are refused": (
        lambda: rolling(
            deployment=[
                {
                    "type": "ReplicaFailure",
                    "status": "True",
                    "reason": "FailedCreate",
                    "message": 'pods "digits-abc-x1" is forbidden: violates PodSecurity',
                }
            ]
        ),
        "False/PodsRefused",
        "Reconciling",
        "False/NoServerReady",
        "pods is forbidden: violates PodSecurity",
    ),
    "the artifact is damaged": (
        lambda: rolling(composed_badly(COMPOSE)),
        "False/ComposeFailed",
        "Reconciling",
        "False/NoServerReady",
        "ArtifactInvalid: files/model.onnx",
    ),
    "compose dies without words": (
        lambda: rolling(composed_badly("")),
        "False/ComposeFailed",
        "Reconciling",
        "False/NoServerReady",
        "exit code 1",
    ),
    "Triton keeps ending": (
        lambda: rolling(crashed("I0101 loading\nE0102 failed to load 'digits': no backend")),
        "False/ServerCrashed",
        "Reconciling",
        "False/NoServerReady",
        "no backend",
    ),
    "Triton is ended again and again": (
        lambda: rolling(crashed("Signal (15) received.", code=0)),
        "False/ServerEnded",
        "Reconciling",
        "False/NoServerReady",
        "kubectl describe pod",
    ),
    "Triton keeps ending, for too long": (
        lambda: rolling(crashed("no backend"), deployment=overdue()),
        "False/ServerCrashed",
        "Stalled",
        "False/NoServerReady",
        "no backend",
    ),
    "Triton needs more memory": (
        lambda: rolling(crashed(code=137, reason="OOMKilled")),
        "False/OutOfMemory",
        "Reconciling",
        "False/NoServerReady",
        "limit of 2Gi; raise spec.serving.resources.limits.memory",
    ),
    "a server that the node ended": (
        lambda: rolling(phase="Failed", reason="Evicted", message="The node was low on resource: memory. "),
        "False/Evicted",
        "Reconciling",
        "False/NoServerReady",
        "the node ended the pod: The node was low on resource: memory; give the node room",
    ),
    "a Triton image without Triton": (
        lambda: rolling(crashed('exec: "tritonserver": executable file not found', code=128, reason="StartError")),
        "False/ContainerCannotStart",
        "Reconciling",
        "False/NoServerReady",
        "executable file not found; use an image that has it as spec.serving.image",
    ),
    "Triton does not load the model": (
        lambda: answered('{"ok": false, "reason": "ModelNotLoaded", "message": "no GPUs are available"}'),
        "False/ModelNotLoaded",
        "Reconciling",
        "False/NoServerReady",
        "no GPUs are available",
    ),
    "Triton does not load the model, for too long": (
        lambda: answered('{"reason": "ModelNotLoaded", "message": "no GPUs are available"}', overdue()),
        "False/ModelNotLoaded",
        "Stalled",
        "False/NoServerReady",
        "no GPUs are available",
    ),
    "wrong answers": (
        lambda: answered('{"reason": "GoldenWrong", "message": "logits differ by 3"}'),
        "False/AnswersWrong",
        "Reconciling",
        "False/NoServerReady",
        "logits differ by 3",
    ),
    "a sentinel that tells nothing yet": (
        lambda: answered('{"reason": "TritonAbsent", "message": "connection refused"}'),
        "False/RollingOut",
        "Reconciling",
        "False/NoServerReady",
        "0 of 1 servers are ready",
    ),
    "never ready, and nobody says why": (
        lambda: rolling(making.running("triton"), deployment=overdue(), phase="Running"),
        "False/RolloutStuck",
        "Stalled",
        "False/NoServerReady",
        "log of the container sentinel",
    ),
    "one server is lost": (lost_a_server, "False/ServersNotReady", "Reconciling", "True/Available", "1 of 2 servers"),
    "all servers are lost": (
        lost_all_servers,
        "False/ServersNotReady",
        "Reconciling",
        "False/NoServerReady",
        "0 of 1 servers",
    ),
    "rolled back": (rolled_back, "False/RolledBack", "Stalled", "True/Available", "(AnswersWrong: output y differs"),
    "tried on a share of the requests": (
        tried_on_a_share,
        "False/Canary",
        "Reconciling",
        "True/Available",
        "step 1 of 2, 1 server for 10 % of the requests",
    ),
    "a canary that fails": (
        canary_that_fails,
        "False/RolledBack",
        "Stalled",
        "True/Available",
        "50 of 100 requests failed within a minute, and maxFailedPercent is 1",
    ),
    "pinned": (pinned, "True/Pinned", None, "True/Available", "clear spec.serving.rollout.pin"),
    "pinned to what is gone": (
        pinned_to_what_is_gone,
        "False/PinNotFound",
        "Stalled",
        "True/Available",
        "spec.serving.rollout.pin names revision 'digits-gone'",
    ),
    "serving": (making.serving, "True/Serving", None, "True/Available", "1 of 1 servers are ready"),
    "serving, and answers drift": (
        otherwise_than_once,
        "True/Serving",
        None,
        "True/Available",
        "1 of 1 servers are ready",
    ),
    "serving, and slower": (slower_than_once, "True/Serving", None, "True/Available", "1 of 1 servers are ready"),
    "serving, under a newer operator": (
        under_a_newer_operator,
        "True/Serving",
        None,
        "True/Available",
        "1 of 1 servers are ready",
    ),
    "none wanted": (
        lambda: making.serving(serving={"replicas": 0}),
        "True/ScaledToZero",
        None,
        "False/ScaledToZero",
        "no servers",
    ),
    "suspended at once": (suspended_at_once, "False/Suspended", None, "False/NotDeployed", "spec.suspend"),
    "suspended while serving": (
        suspended_while_serving,
        "False/Suspended",
        None,
        "True/Available",
        "what serves goes on",
    ),
}


def status(world):
    return _resource(world)["status"]


def _resource(world):
    newest = max(world.all(kinds.MODEL_DEPLOYMENT), key=lambda one: one["metadata"]["creationTimestamp"])
    assert newest["apiVersion"] == names.API_VERSION
    return newest


def reasons():
    """Every reason that any condition of any row carries, and those that Events give for candidates."""
    told = {event.reason for world in (tried(), fallen()) for event in world.log}
    found = [status(arrange()) for arrange, *_ in ROWS.values()]
    sent_back = {(one.get("rollout") or {}).get("rejected", {}).get("reason") for one in found} - {None}
    return told | sent_back | {condition["reason"] for one in found for condition in one["conditions"]}


def reasons_while_cleaning():
    """Reasons of Events about artifacts that nothing needs: they keep nobody from serving."""
    deletes = {**making.REGISTRY, "reclaimPolicy": "Delete"}
    leaving = making.serving(artifact=deletes)
    resource = leaving.find(kinds.MODEL_DEPLOYMENT)
    resource["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    leaving.reconcile()
    staying = making.serving()
    staying.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)["metadata"]["annotations"][names.USERS] += ",gone"
    staying.refuse[kinds.JOB] = errors.ApiError(403, "Forbidden", "exceeded quota: count/jobs.batch=0")
    staying.reconcile()
    return {event.reason for world in (leaving, staying) for event in world.log}


def tried():
    """One could not be judged, one cannot run there, the float model serves."""
    world = making.world(build=making.LADDER)
    making.start_build(world)
    rungs = [
        {"candidate": "int8Static", "verdict": "inconclusive", "message": "too few samples"},
        {"candidate": "fp16", "verdict": "refused", "message": "no gain on a CPU"},
        making.PASSED,
    ]
    making.build_well(world, candidates=rungs)
    world.reconcile()
    return world


def fallen():
    """int8Static failed, the float model serves."""
    world = making.world(build=making.LADDER)
    making.start_build(world)
    making.build_well(world, candidates=[making.FAILED, making.PASSED])
    return settled(world)


__all__ = ["ROWS", "fallen", "reasons", "status", "worlds"]
