"""Every situation of a ModelBuild: what is so, what is said, and what happens. Rows of test_builds."""

import datetime as dt

from pure import making, worlds

from model_operator import errors, kinds

WAITING = ["fetch", "convert", "triton", "optimize", "publish"]


def started(**parts):
    world = making.world(**parts)
    making.start_build(world)
    return world


def settled(world):
    world.reconcile_build()
    return world


def failed(*statuses, **status):
    world = started()
    making.job_pod(world, "Failed", *statuses, **status)
    making.end_job(world, "Failed", reason="PodFailurePolicy", message="Container failed")
    return settled(world)


def pending(*statuses, events=(), **status):
    world = started()
    pod = making.job_pod(world, "Pending", *statuses, **status)
    world.told[pod["metadata"]["name"]] = list(events)
    return settled(world)


def succeeded(message):
    world = started()
    making.job_pod(world, "Succeeded", making.terminated("publish", 0, message))
    making.end_job(world, "Complete")
    return settled(world)


def warning(reason, message):
    return {"type": "Warning", "reason": reason, "message": message, "metadata": {}}


def spec_of_another_version():
    world = started()
    world.find(kinds.MODEL_BUILD)["spec"]["execution"] = {"turbo": True}
    return settled(world)


def source_missing():
    world = making.world()
    world.reconcile()
    world.drop(world.find(kinds.CONFIG_MAP, "digits-model"))
    return settled(world)


def claim_source_missing():
    parts = {**making.spec()["model"], "source": {"pvc": {"claimName": "nowhere"}}}
    return started(model=parts)


def store_missing():
    world = making.world()
    world.reconcile()
    world.drop(world.find(kinds.PERSISTENT_VOLUME_CLAIM, "modelsmith-artifacts"))
    return settled(world)


def built():
    world = started()
    making.build_well(world)
    return world


def judged(**fields):
    """The ladder was climbed, and this is what publish says."""
    world = started(build=making.LADDER)
    making.build_well(world, **fields)
    return world


def in_a_registry(**fields):
    world = started(artifact=making.REGISTRY)
    making.build_well(world, **fields)
    return world


def push_secret(words):
    """fetch cannot start, because its credentials cannot be mounted."""
    world = started(artifact=making.REGISTRY)
    pod = making.job_pod(world, "Pending", making.waiting("fetch"))
    world.told[pod["metadata"]["name"]] = [
        warning("FailedMount", f'MountVolume.SetUp failed for volume "registry" : {words}')
    ]
    return settled(world)


def built_from_the_store():
    world = started()
    making.build_well(world, cacheHit=True)
    return world


def pods_refused():
    world = started()
    name = world.find(kinds.JOB)["metadata"]["name"]
    words = f'Error creating: pods "{name}-x7k2p" is forbidden: exceeded quota: small'
    world.told[name] = [warning("FailedCreate", words)]
    return settled(world)


def retrying():
    world = started()
    making.job_pod(
        world,
        "Failed",
        making.terminated("fetch", 75, making.failure("fetch", reason="StoreFull", message="disk full")),
    )
    making.job_pod(world, "Running", making.running("fetch"), number=1)
    return settled(world)


def ended_by_its_node():
    """Its node ran short during the first try; the second is under way."""
    world = started()
    words = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi. "
    told = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
    end = {"reason": "Evicted", "message": words, "conditions": [told]}
    making.job_pod(world, "Failed", making.terminated("convert", 137), **end)
    making.job_pod(world, "Running", making.running("fetch"), number=1)
    return settled(world)


def running_convert():
    world = started()
    making.job_pod(world, "Pending", making.terminated("fetch"), making.running("convert"))
    return settled(world)


def after_the_last_step():
    world = started()
    making.job_pod(world, "Running", *(making.terminated(step) for step in making.STEPS))
    world.reconcile_build()
    return world


def between_two_steps():
    world = started()
    making.job_pod(world, "Pending", making.terminated("fetch"), making.waiting("convert"))
    return settled(world)


def server_beside_crashes():
    world = started()
    triton = {**making.terminated("triton", 1, "no such flag"), "restartCount": 3}
    making.job_pod(world, "Pending", making.terminated("fetch"), triton, making.running("optimize"))
    return settled(world)


def complete_and_pod_not_seen_yet():
    world = started()
    making.end_job(world, "Complete")
    return settled(world)


def complete_and_pod_gone():
    world = started()
    making.end_job(world, "Complete")
    world.now += dt.timedelta(minutes=5)
    return settled(world)


def failed_and_pods_gone():
    world = started()
    making.end_job(world, "Failed", reason="BackoffLimitExceeded", message="reached the specified backoff limit")
    return settled(world)


def failed_and_pod_not_seen_yet():
    world = started()
    making.job_pod(world, "Running", making.running("fetch"))
    making.end_job(world, "Failed", reason="PodFailurePolicy", lastTransitionTime="2026-01-02T03:04:05Z")
    return settled(world)


def failed_and_pods_collected():
    world = failed(making.terminated("convert", 64, making.failure()))
    world.drop(world.find(kinds.POD))
    return settled(world)


def unwritten(kind, error):
    """Something stands in the way of the Job."""
    world = making.world()
    world.refuse[kind] = error
    making.start_build(world)
    return world


def invalid(*fields):
    """As the API server tells of several fields: walking a map, in any order."""
    causes = tuple(errors.Cause("FieldValueInvalid", field, f'Invalid value: "{field}"') for field in fields)
    return errors.ApiError(422, "Invalid", f'Job.batch "x" is invalid: [{", ".join(fields)}]', causes)


def no_room(quota="count/jobs.batch"):
    return errors.ApiError(
        403, "Forbidden", f'jobs.batch "x" is forbidden: exceeded quota: small, requested: {quota}=1'
    )


def taken(name="x"):
    key = kinds.Key(kinds.JOB, worlds.NAMESPACE, name)
    return errors.InvalidOwnership(key, "", f"Job {name} exists and is not managed by Modelsmith")


def refused_pods(words):
    world = started()
    name = world.find(kinds.JOB)["metadata"]["name"]
    world.told[name] = [warning("FailedCreate", f'Error creating: pods "{name}-x7k2p" is forbidden: {words}')]
    return settled(world)


def full_to_the_end():
    """Each try met a full store."""
    world = started()
    words = making.failure("publish", reason="StoreFull", message="No space left on device", field="")
    for number in range(3):
        making.job_pod(world, "Failed", making.terminated("publish", 76, words), number=number)
    making.end_job(world, "Failed", reason="BackoffLimitExceeded")
    return settled(world)


def suspended():
    world = started()
    making.job_pod(world, "Running", making.running("fetch"))
    world.put(making.model_deployment(suspend=True))
    world.reconcile()
    return settled(world)


def job_is_being_decided():
    """FailureTarget comes before Failed: pods may still end."""
    world = started()
    making.job_pod(world, "Failed", making.terminated("fetch", 64, making.failure("fetch")))
    making.end_job(world, "FailureTarget")
    return settled(world)


def answered_again_and_failed():
    world = built()
    world.put(making.model_deployment(requested_at="2"))
    making.start_build(world)
    making.build_badly(world)
    return world


#: Situation -> how it comes about, `status/reason` of Built, what kstatus reads, words in the message.
ROWS = {
    "built": (built, "True/Built", None, "float32: accuracy 0.991 ±0.009, 369 kB"),
    "quantized": (
        lambda: judged(**making.QUANTIZED),
        "True/Built",
        None,
        "(0.27x of float), 1.63x ±0.08 as fast, 5,210 req/s a server; int8Static passed",
    ),
    "fallen to the float model": (
        lambda: judged(candidates=[making.FAILED, making.PASSED]),
        "True/Built",
        None,
        f"float32: accuracy 0.991 ±0.009, 369 kB; int8Static failed: {making.FELL}",
    ),
    "fallen where samples do not tell": (
        lambda: judged(candidates=[{**making.FAILED, "verdict": "inconclusive"}, making.PASSED]),
        "True/Built",
        None,
        "int8Static inconclusive",
    ),
    "fallen from what makes no sense": (
        lambda: judged(
            candidates=[{"candidate": "fp16", "verdict": "refused", "message": "no gain on a CPU"}, making.PASSED]
        ),
        "True/Built",
        None,
        "fp16 refused: no gain on a CPU",
    ),
    "the store had it": (built_from_the_store, "True/Built", None, "the store already had it"),
    "a spec of another version": (spec_of_another_version, "False/SpecInvalid", "Stalled", "spec.execution.turbo"),
    "its ConfigMap is missing": (source_missing, "False/SourceNotFound", "Reconciling", "ConfigMap 'digits-model'"),
    "its claim is missing": (claim_source_missing, "False/SourceNotFound", "Reconciling", "'nowhere'"),
    "no place for artifacts": (store_missing, "False/StoreNotFound", "Reconciling", "'modelsmith-artifacts'"),
    "pods are refused": (pods_refused, "False/PodsRefused", "Reconciling", "pods is forbidden: exceeded quota: small"),
    "it waits in a queue": (
        lambda: settled(started(build={"queueName": "team"})),
        "False/Queued",
        "Reconciling",
        "waits in the queue 'team' (spec.build.queueName) until Kueue lets it run",
    ),
    "a field of the Job is refused": (
        lambda: unwritten(kinds.JOB, invalid("spec.b", "spec.a")),
        "False/ApplyRefused",
        "Stalled",
        'spec.a: Invalid value: "spec.a", spec.b: Invalid value: "spec.b"; mend the field of spec.build',
    ),
    "many fields of the Job are refused": (
        lambda: unwritten(kinds.JOB, invalid(*"edcba")),
        "False/ApplyRefused",
        "Stalled",
        "(and 2 more); mend the field of spec.build that it comes from",
    ),
    "no room for a Job": (
        lambda: unwritten(kinds.JOB, no_room()),
        "False/ApplyRefused",
        "Reconciling",
        "exceeded quota: small, requested: count/jobs.batch=1; raise the ResourceQuota",
    ),
    "a policy denies the Job": (
        lambda: unwritten(kinds.JOB, errors.ApiError(422, "Invalid", "policy 'x' denied request: no Jobs here")),
        "False/ApplyRefused",
        "Reconciling",
        "denied request: no Jobs here; satisfy that policy",
    ),
    "the operator may not make Jobs": (
        lambda: unwritten(kinds.JOB, errors.ApiError(403, "Forbidden", 'User "op" cannot patch resource "jobs"')),
        "False/ApplyRefused",
        "Reconciling",
        "give the operator's service account that right",
    ),
    "an API server that is too old": (
        lambda: unwritten(kinds.JOB, errors.ApiError(500, "Internal", "failed to create typed patch object")),
        "False/ApplyRefused",
        "Stalled",
        "apply the CustomResourceDefinitions of this operator's version",
    ),
    "somebody else's Job of that name": (
        lambda: unwritten(kinds.JOB, taken()),
        "False/InvalidOwnership",
        "Stalled",
        "Job x exists and is not managed by Modelsmith",
    ),
    "pods outside a LimitRange": (
        lambda: refused_pods("maximum memory usage per Container is 1Gi, but limit is 4Gi"),
        "False/PodsRefused",
        "Reconciling",
        "limit is 4Gi; keep spec.build.resources within that LimitRange",
    ),
    "pods above a quota": (
        lambda: refused_pods("exceeded quota: small, requested: limits.memory=4Gi"),
        "False/PodsRefused",
        "Reconciling",
        "limits.memory=4Gi; raise that ResourceQuota, make room in it, or ask for less in spec.build.resources",
    ),
    "pods that somebody made unsafe": (
        lambda: refused_pods('violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)'),
        "False/PodsRefused",
        "Reconciling",
        "hostNetwork=true); pods are made for its level restricted",
    ),
    "no node takes the pod": (
        lambda: pending(**making.unscheduled()),
        "False/Unschedulable",
        "Reconciling",
        "Insufficient nvidia.com/gpu.; make room on a node, add one, or ask for less in spec.build",
    ),
    "a claim that no pod can use": (
        lambda: pending(**making.unscheduled('persistentvolumeclaim "models" not found')),
        "False/Unschedulable",
        "Reconciling",
        '"models" not found; make that claim',
    ),
    "a claim without a volume": (
        lambda: pending(**making.unscheduled("pod has unbound immediate PersistentVolumeClaims")),
        "False/Unschedulable",
        "Reconciling",
        "kubectl describe pvc",
    ),
    "the scheduler stumbles": (
        lambda: pending(**making.unscheduled("running PreBind plugin: the object has been modified", "SchedulerError")),
        "False/Building",
        "Reconciling",
        "the pod is starting",
    ),
    "a claim on another node": (
        lambda: pending(**making.unscheduled("1 node(s) had volume node affinity conflict")),
        "False/Unschedulable",
        "Reconciling",
        "ReadWriteMany",
    ),
    "a claim on another node, as others word it": (
        lambda: pending(**making.unscheduled("1 node(s) didn't match PersistentVolume's node affinity")),
        "False/Unschedulable",
        "Reconciling",
        "ReadWriteMany",
    ),
    "a claim for one pod": (
        lambda: pending(**making.unscheduled("ReadWriteOncePod access mode already in-use by another pod")),
        "False/Unschedulable",
        "Reconciling",
        "ReadWriteMany",
    ),
    "an image that does not come": (
        lambda: pending(making.waiting("fetch", "ImagePullBackOff", 'Back-off pulling image "reg/builder:1"')),
        "False/ImagePullFailed",
        "Reconciling",
        "see that spec.build.image, or the operator's own, can be pulled",
    ),
    "an image for the server that does not come": (
        lambda: pending(making.waiting("triton", "ErrImagePull", "no such tag")),
        "False/ImagePullFailed",
        "Reconciling",
        "container triton: no such tag; see that spec.serving.image, or the operator's own, can be pulled",
    ),
    "a container that cannot be created": (
        lambda: pending(making.waiting("fetch", "CreateContainerConfigError", "no such secret")),
        "False/ContainerCannotStart",
        "Reconciling",
        "no such secret",
    ),
    "a volume that cannot be mounted": (
        lambda: pending(making.waiting("fetch"), events=[warning("FailedMount", "MountVolume.SetUp failed: no PV")]),
        "False/VolumeNotMounted",
        "Reconciling",
        "no PV",
    ),
    "a ConfigMap that went after its Job was made": (
        lambda: pending(
            making.waiting("fetch"),
            events=[warning("FailedMount", 'MountVolume.SetUp failed for volume "source" : configmap "x" not found')],
        ),
        "False/VolumeNotMounted",
        "Reconciling",
        "ConfigMap 'digits-model' must exist in this namespace",
    ),
    "a claim on two nodes": (
        lambda: pending(
            making.waiting("fetch"),
            events=[warning("FailedAttachVolume", "Multi-Attach error: already exclusively attached to one node")],
        ),
        "False/VolumeNotMounted",
        "Reconciling",
        "use a ReadWriteMany claim as artifact.claimName",
    ),
    "a sandbox that cannot be made": (
        lambda: pending(events=[warning("FailedCreatePodSandBox", "no runtime for nvidia")]),
        "False/ContainerCannotStart",
        "Reconciling",
        "no runtime for nvidia; the node lacks the runtime",
    ),
    "a builder image without Python": (
        lambda: failed(
            making.terminated("fetch", 128, 'exec: "python3": executable file not found', reason="StartError")
        ),
        "False/ContainerCannotStart",
        "Stalled",
        "executable file not found; use an image that has it as spec.build.image",
    ),
    "a limit in which nothing starts": (
        lambda: failed(
            making.terminated(
                "fetch", 128, "container init was OOM-killed (memory limit too low?)", reason="StartError"
            )
        ),
        "False/ContainerCannotStart",
        "Stalled",
        "raise spec.build.resources.limits.memory",
    ),
    "fetch has ended": (between_two_steps, "False/Building", "Reconciling", "convert is running (2 of 4)"),
    "publish has ended": (after_the_last_step, "False/Building", "Reconciling", "publish is running (4 of 4)"),
    "convert is running": (running_convert, "False/Building", "Reconciling", "convert is running (2 of 4)"),
    "the server beside it crashes": (server_beside_crashes, "False/ServerCrashed", "Reconciling", "no such flag"),
    "a try failed for a passing reason": (retrying, "False/Retrying", "Reconciling", "StoreFull: fetch"),
    "a try ended by its node": (
        ended_by_its_node,
        "False/Retrying",
        "Reconciling",
        "try 2; the last one failed: Evicted: During convert the node ended the pod: The node was low on resource",
    ),
    "the store is full at every try": (
        full_to_the_end,
        "False/StoreFull",
        "Stalled",
        "publish: No space left on device",
    ),
    "the Job is being decided": (job_is_being_decided, "False/WeightsMismatch", "Stalled", "missing keys"),
    "the report is not seen yet": (complete_and_pod_not_seen_yet, "False/Building", "Reconciling", "report"),
    "the report is lost": (complete_and_pod_gone, "False/ReportLost", "Stalled", "delete the Job"),
    "a step rejects the request": (
        lambda: failed(making.terminated("fetch"), making.terminated("convert", 64, making.failure())),
        "False/WeightsMismatch",
        "Stalled",
        "convert (digits.pt): missing keys: conv1.weight. Save the state dict",
    ),
    "no candidate passes": (
        lambda: failed(making.terminated("optimize", 65, making.gate_failed())),
        "False/GateFailed",
        "Stalled",
        f"no candidate keeps what the gate asks: int8Static failed: {making.FELL}. Append none",
    ),
    "no candidate passes, without a word": (
        lambda: failed(making.terminated("optimize", 65)),
        "False/GateFailed",
        "Stalled",
        "no candidate",
    ),
    "out of memory": (
        lambda: failed(making.terminated("convert", 137, reason="OOMKilled")),
        "False/OutOfMemory",
        "Stalled",
        "limit of 4Gi; raise spec.build.resources.limits.memory",
    ),
    "too slow": (
        lambda: failed(making.terminated("fetch"), making.terminated("convert", 137), reason="DeadlineExceeded"),
        "False/DeadlineExceeded",
        "Stalled",
        "timeout of 1h during convert; raise spec.build.timeout",
    ),
    "evicted too often": (
        lambda: failed(making.terminated("fetch", 137), reason="Evicted", message="low on ephemeral-storage"),
        "False/Evicted",
        "Stalled",
        "low on ephemeral-storage; give the node room, or request what it needs in spec.build.resources.requests",
    ),
    "more disk than its limit": (
        lambda: failed(
            making.terminated("fetch"),
            making.terminated("convert", 137),
            reason="Evicted",
            message="Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ",
        ),
        "False/Evicted",
        "Stalled",
        "storage usage exceeds the total limit of containers 1Mi; raise spec.build.resources.limits.ephemeral-storage",
    ),
    "a step crashes": (
        lambda: failed(making.terminated("optimize", 139)),
        "False/BuildCrashed",
        "Stalled",
        "exit code 139",
    ),
    "a pod fails without a container": (lambda: failed(message="no room"), "False/BuildCrashed", "Stalled", "no room"),
    "a Job fails without a pod": (failed_and_pods_gone, "False/BuildCrashed", "Stalled", "backoff limit"),
    "a Job fails before its pod is seen to": (failed_and_pod_not_seen_yet, "False/Building", "Reconciling", "report"),
    "a failed pod is collected": (failed_and_pods_collected, "False/WeightsMismatch", "Stalled", "missing keys"),
    "pushed to the registry": (in_a_registry, "True/Built", None, "float32: accuracy"),
    "pushed to somewhere else": (
        lambda: in_a_registry(reference=f"evil.example/models@sha256:{'d' * 64}"),
        "False/ReportInvalid",
        "Stalled",
        "evil.example/models",
    ),
    "pushed without a digest": (
        lambda: in_a_registry(reference=f"{making.REPOSITORY}:latest"),
        "False/ReportInvalid",
        "Stalled",
        "no digest in registry.example:5000/team/models",
    ),
    "no Secret to push with": (
        lambda: push_secret('secret "push" not found'),
        "False/VolumeNotMounted",
        "Reconciling",
        "Secret 'push' must exist in this namespace",
    ),
    "a Secret of another type": (
        lambda: push_secret("references non-existent secret key: .dockerconfigjson"),
        "False/VolumeNotMounted",
        "Reconciling",
        "Secret 'push' must exist in this namespace, with type kubernetes.io/dockerconfigjson",
    ),
    "the registry refuses": (
        lambda: failed(
            making.terminated(
                "fetch", 64, making.failure("fetch", reason="StoreRefused", message="401 Unauthorized", field="")
            )
        ),
        "False/StoreRefused",
        "Stalled",
        "401 Unauthorized",
    ),
    "words that are no report": (
        lambda: failed(making.terminated("convert", 1, "Segmentation fault")),
        "False/ReportInvalid",
        "Stalled",
        "Segmentation fault",
    ),
    "a result that is no report": (lambda: succeeded("all fine"), "False/ReportInvalid", "Stalled", "all fine"),
    "a result without an artifact": (
        lambda: succeeded('{"step":"publish"}'),
        "False/ReportInvalid",
        "Stalled",
        "publish",
    ),
    "a good end that tells of a failure": (
        lambda: succeeded(making.report(failure={"reason": "InternalError", "message": "?"})),
        "False/ReportInvalid",
        "Stalled",
        "publish",
    ),
    "no last words at all": (lambda: succeeded(""), "False/ReportInvalid", "Stalled", "said nothing"),
    "suspended": (suspended, "False/Suspended", None, "suspended"),
    "asked anew, and failed": (answered_again_and_failed, "False/WeightsMismatch", "Stalled", "missing keys"),
}


def status(world):
    return world.find(kinds.MODEL_BUILD)["status"]


def reasons():
    """Every reason that a condition or an Event of any row carries."""
    told = {event.reason for arrange, *_ in ROWS.values() for event in arrange().log}
    return told | {expected.split("/")[1] for _, expected, _, _ in ROWS.values()}


def brief(world):
    return worlds.brief(status(world))
