"""Every name, label, annotation and path that the operator writes: the only place they are spelt."""

GROUP = "modelsmith.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

DEPLOYMENT_KIND = "ModelDeployment"
DEPLOYMENT_PLURAL = "modeldeployments"
BUILD_KIND = "ModelBuild"
BUILD_PLURAL = "modelbuilds"

#: Owner of every field we apply.
FIELD_MANAGER = "modelsmith"

#: Which objects are ours: what the caches watch.
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "modelsmith"
#: Which ModelDeployment (or ModelBuild) a child belongs to.
DEPLOYMENT_LABEL = f"{GROUP}/deployment"
TRACK_LABEL = f"{GROUP}/track"
STABLE = "stable"
CANARY = "canary"
BUILD_LABEL = f"{GROUP}/build"

#: Set by a person to have unpinned sources resolved again: any new value asks once.
REQUESTED_AT = f"{GROUP}/requestedAt"
#: Set by a person to take what a newer operator brings: any new value asks once.
UPGRADED_AT = f"{GROUP}/upgradedAt"
#: Set by a person to the name of a revision that is being tried: its canary ends well, now.
PROMOTE = f"{GROUP}/promote"
#: Digest of what we last applied to an object: tells a field that we no longer want from one that is not ours.
APPLIED = f"{GROUP}/applied"
#: Owner of the number of servers from when we let go of it until an autoscaler has set it.
SCALE_MANAGER = "modelsmith-scale"
#: On a server Deployment whose number of servers is not ours to write.
AUTOSCALED = f"{GROUP}/autoscaled"
#: Which revision a server Deployment runs.
REVISION = f"{GROUP}/revision"
#: On the pods of a build: what the builder is asked, as JSON.
REQUEST = f"{GROUP}/request"
#: On the artifact claim: whose artifacts may lie there. Kubernetes itself forgets an owner that is gone; this does not.
USERS = f"{GROUP}/users"

#: Set to "true" on a Secret by a person: ModelDeployments may use it. Asked for where the chart says so.
USE_LABEL = f"{GROUP}/use"
#: Read by Kueue on a Job: in which queue it waits.
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"

#: Holds a ModelDeployment until its artifacts in a registry are deleted.
FINALIZER = f"{GROUP}/artifacts"
#: Set to "true" by a person: it is let go, and its artifacts in a registry stay.
ABANDON = f"{GROUP}/abandon-artifacts"

#: The claim that holds a namespace's artifacts unless the user names another.
ARTIFACT_CLAIM = "modelsmith-artifacts"

#: Set by Kubernetes on the pods of a Job.
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
#: Read by dashboards and by `kubectl get -l`.
NAME_LABEL = "app.kubernetes.io/name"
INSTANCE_LABEL = "app.kubernetes.io/instance"
COMPONENT_LABEL = "app.kubernetes.io/component"

#: What collects artifacts: the value of the component label.
COLLECTOR = "gc"

#: How a GPU is asked for.
GPU_RESOURCE = "nvidia.com/gpu"
#: Domain of what NVIDIA's device plugin and GPU feature discovery write on nodes.
NVIDIA = "nvidia.com/"
#: GPUs of any vendor, when they are asked for by resource.
GPU_PREFIXES = (NVIDIA, "amd.com/gpu", "gpu.intel.com/")
#: Slices of a GPU: the profile follows.
MIG_RESOURCE = f"{NVIDIA}mig-"
#: Labels of a node, written by GPU feature discovery: what its GPUs are, their memory in MiB, how slices are offered.
GPU_PRODUCT_LABEL = f"{NVIDIA}gpu.product"
GPU_MEMORY_LABEL = f"{NVIDIA}gpu.memory"
MIG_STRATEGY_LABEL = f"{NVIDIA}mig.strategy"
#: Labels of a node, written by node feature discovery: one for each instruction set, and one that it never leaves out.
CPU_FEATURE_LABEL = "feature.node.kubernetes.io/cpu-cpuid."
CPU_VENDOR_LABEL = "feature.node.kubernetes.io/cpu-model.vendor_id"

#: The field by which a person changes the pods of a server, as messages name it.
POD_TEMPLATE = "spec.serving.podTemplate"
#: Containers of a serving pod.
FETCH = "fetch"
COMPOSE = "compose"
SENTINEL = "sentinel"
TRITON = "triton"

#: Longest ModelDeployment name: leaves room for the suffixes of its children within 63 characters.
NAME_LIMIT = 40


def build(request_digest: str) -> str:
    """Name of the ModelBuild of a request."""
    return f"build-{request_digest.removeprefix('sha256:')[:16]}"


def job(build_name: str, attempt: str) -> str:
    """Name of the Job of one attempt."""
    return f"{build_name}-{attempt}"


def revision(deployment: str, digest: str) -> str:
    """Name of the ControllerRevision of what is served in one way."""
    return f"{deployment}-{digest.removeprefix('sha256:')[:10]}"


def collection(claim_digest: str) -> str:
    """Name of what is written down about collecting on a claim."""
    return f"gc-{claim_digest.removeprefix('sha256:')[:16]}"


def collection_job(record: str, run: int) -> str:
    """Name of the Job of one run."""
    return f"{record}-{run}"


def removal_job(deployment: str, digest: str) -> str:
    """Name of the Job that deletes some of a ModelDeployment's artifacts from a registry."""
    return f"{deployment}-gc-{digest.removeprefix('sha256:')[:8]}"


def mig_resource(profile: str) -> str:
    """The resource of a MIG profile; the device plugin writes 1g.10gb+me with a dot."""
    return f"{MIG_RESOURCE}{profile.replace('+', '.')}"


def headless_service(deployment: str) -> str:
    """Name of the Service that resolves to every pod."""
    return f"{deployment}-headless"


def canary(deployment: str) -> str:
    """Name of the Deployment of a revision that is being tried."""
    return f"{deployment}-{CANARY}"


def of_keda(deployment: str) -> str:
    """Name of the HorizontalPodAutoscaler that KEDA makes for a ScaledObject of this name."""
    return f"keda-hpa-{deployment}"


def selector(deployment: str, track: str = STABLE) -> dict[str, str]:
    """Labels of the pods of a track, for good: a Deployment's selector cannot change."""
    return {DEPLOYMENT_LABEL: deployment, TRACK_LABEL: track}


def track_service(deployment: str, track: str) -> str:
    """Name of the Service that resolves to the pods of one track."""
    return f"{deployment}-{track}"


#: The folder of a claim that holds them.
ARTIFACTS = "artifacts"


def artifact_path(digest: str) -> str:
    """Where an artifact lies on its claim."""
    return f"{ARTIFACTS}/{digest.removeprefix('sha256:')}"
