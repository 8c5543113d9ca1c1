"""Why a resource is as it is, in one word each, and what the word means: the only place where they are spelt."""

import enum

from model_builder import contract


class Reason(enum.StrEnum):
    """Why, in one word. Builds that fail by themselves carry contract.FailureReason instead."""

    ACCEPTED = "Accepted"
    SPEC_INVALID = "SpecInvalid"
    RESOURCES_CONTRADICTORY = "ResourcesContradictory"
    GPU_OUTSIDE_FIELD = "GpuOutsideField"
    SHARED_MEMORY_TOO_LARGE = "SharedMemoryTooLarge"
    POD_TEMPLATE_PROTECTED = "PodTemplateProtected"
    POD_TEMPLATE_INVALID = "PodTemplateInvalid"
    NAME_TAKEN = "NameTaken"
    HOST_TAKEN = "HostTaken"
    IMAGE_NOT_ALLOWED = "ImageNotAllowed"
    SOURCE_NOT_ALLOWED = "SourceNotAllowed"
    REGISTRY_NOT_ALLOWED = "RegistryNotAllowed"
    SECRET_NOT_OFFERED = "SecretNotOffered"  # noqa: S105 - a reason, and no secret
    APPLY_REFUSED = "ApplyRefused"
    GATEWAY_API_MISSING = "GatewayApiMissing"
    INVALID_OWNERSHIP = "InvalidOwnership"
    FIELD_CONFLICT = "FieldConflict"
    BUILT = "Built"
    BUILDING = "Building"
    CANDIDATE_FAILED = "CandidateFailed"
    CANDIDATE_INCONCLUSIVE = "CandidateInconclusive"
    CANDIDATE_REFUSED = "CandidateRefused"
    SOURCE_NOT_FOUND = "SourceNotFound"
    FILE_NOT_IN_SOURCE = "FileNotInSource"
    STORE_NOT_FOUND = "StoreNotFound"
    QUEUED = "Queued"
    RETRYING = "Retrying"
    OUT_OF_MEMORY = "OutOfMemory"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    EVICTED = "Evicted"
    BUILD_CRASHED = "BuildCrashed"
    REPORT_INVALID = "ReportInvalid"
    REPORT_LOST = "ReportLost"
    UNSCHEDULABLE = "Unschedulable"
    IMAGE_PULL_FAILED = "ImagePullFailed"
    CONTAINER_CANNOT_START = "ContainerCannotStart"
    VOLUME_NOT_MOUNTED = "VolumeNotMounted"
    PODS_REFUSED = "PodsRefused"
    SUSPENDED = "Suspended"
    ROLLING_OUT = "RollingOut"
    FETCH_FAILED = "FetchFailed"
    COMPOSE_FAILED = "ComposeFailed"
    SERVER_CRASHED = "ServerCrashed"
    SERVER_ENDED = "ServerEnded"
    MODEL_NOT_LOADED = "ModelNotLoaded"
    ANSWERS_WRONG = "AnswersWrong"
    ANSWERS_RIGHT = "AnswersRight"
    OUTPUTS_DRIFTED = "OutputsDrifted"
    SLOWER = "Slower"
    SERVERS_NOT_READY = "ServersNotReady"
    ROLLOUT_STUCK = "RolloutStuck"
    CANARY = "Canary"
    ANALYSIS_FAILED = "AnalysisFailed"
    ROLLED_BACK = "RolledBack"
    PINNED = "Pinned"
    PIN_NOT_FOUND = "PinNotFound"
    AVAILABLE = "Available"
    NOT_DEPLOYED = "NotDeployed"
    NO_SERVER_READY = "NoServerReady"
    SCALED_TO_ZERO = "ScaledToZero"
    SERVING = "Serving"
    SCALING = "Scaling"
    SCALING_HELD = "ScalingHeld"
    FOREIGN_AUTOSCALER = "ForeignAutoscaler"
    METRICS_UNAVAILABLE = "MetricsUnavailable"
    KEDA_MISSING = "KedaMissing"
    PROMETHEUS_NOT_CONFIGURED = "PrometheusNotConfigured"
    ENGINE_LEAVING = "EngineLeaving"
    REPLICAS_IGNORED = "ReplicasIgnored"
    OPERATOR_UPGRADED = "OperatorUpgraded"
    COLLECTION_FAILED = "CollectionFailed"
    ARTIFACTS_LEFT = "ArtifactsLeft"


SENTENCES: dict[Reason, str] = {
    Reason.ACCEPTED: "The spec can be carried out.",
    Reason.SPEC_INVALID: "The spec has a field that this version of the operator does not understand.",
    Reason.RESOURCES_CONTRADICTORY: "A container asks for more of a resource than it is limited to.",
    Reason.GPU_OUTSIDE_FIELD: "GPUs are asked for under resources instead of serving.gpu.",
    Reason.SHARED_MEMORY_TOO_LARGE: "serving.shmSize leaves the server no memory of its explicit limit.",
    Reason.POD_TEMPLATE_PROTECTED: "serving.podTemplate changes what keeps a server a server, or asks for privilege.",
    Reason.POD_TEMPLATE_INVALID: "The API server would refuse pods of this serving.podTemplate; none is rolled out.",
    Reason.NAME_TAKEN: "An object of the name that a child needs exists and is not ours; it is left alone.",
    Reason.HOST_TAKEN: "Another ModelDeployment, in whatever namespace, has that host and path.",
    Reason.IMAGE_NOT_ALLOWED: "The cluster's administrator does not allow that image (policy.images of the chart).",
    Reason.SOURCE_NOT_ALLOWED: "The administrator does not allow models from there (policy.sources of the chart).",
    Reason.REGISTRY_NOT_ALLOWED: "The administrator does not allow that registry (policy.registries of the chart).",
    Reason.SECRET_NOT_OFFERED: "A Secret lacks the label by which it is offered to ModelDeployments, or is not there.",
    Reason.APPLY_REFUSED: "The API server does not take an object that is needed; in its words.",
    Reason.GATEWAY_API_MISSING: "The cluster does not serve the routes that spec.serving.gateway asks for.",
    Reason.INVALID_OWNERSHIP: "An object that must be written belongs to somebody else; it is left alone.",
    Reason.FIELD_CONFLICT: "Another manager keeps setting a field that must be written; the object is left alone.",
    Reason.BUILT: "There is an artifact for what is asked.",
    Reason.BUILDING: "The artifact is being built.",
    Reason.CANDIDATE_FAILED: "An Event: a candidate does not keep what the gate asks; the next one is tried.",
    Reason.CANDIDATE_INCONCLUSIVE: "An Event: the evaluation set is too small to tell; counts as failed.",
    Reason.CANDIDATE_REFUSED: "An Event: a candidate cannot be made, or makes no sense, for this model and target.",
    Reason.SOURCE_NOT_FOUND: "The ConfigMap or claim that holds the model does not exist yet.",
    Reason.FILE_NOT_IN_SOURCE: "The ConfigMap that holds the model lacks a file that the spec names.",
    Reason.STORE_NOT_FOUND: "The claim for artifacts does not exist yet.",
    Reason.QUEUED: "The build's Job is suspended: it waits in a queue of Kueue for its turn.",
    Reason.RETRYING: "A try of the build failed for a passing reason; another is under way.",
    Reason.OUT_OF_MEMORY: "A container was killed because it needed more memory than its limit.",
    Reason.DEADLINE_EXCEEDED: "The build took longer than its timeout.",
    Reason.EVICTED: "The node ended a pod: it ran short, or the pod used more disk than its limit.",
    Reason.BUILD_CRASHED: "A build container ended without a report.",
    Reason.REPORT_INVALID: "A build container's report cannot be read: the builder image speaks another language.",
    Reason.REPORT_LOST: "The build ended, but its pod was removed before its report was read.",
    Reason.UNSCHEDULABLE: "No node takes the pod now; it waits.",
    Reason.IMAGE_PULL_FAILED: "An image cannot be pulled; Kubernetes tries again.",
    Reason.CONTAINER_CANNOT_START: "The node cannot create or start a container.",
    Reason.VOLUME_NOT_MOUNTED: "A volume of the pod cannot be attached or mounted.",
    Reason.PODS_REFUSED: "The API server refuses the pods: quota, Pod Security, or an admission policy.",
    Reason.SUSPENDED: "spec.suspend: nothing is built or rolled out; what serves goes on.",
    Reason.ROLLING_OUT: "Servers of the wanted revision are replacing others.",
    Reason.FETCH_FAILED: "A server's init container cannot fetch the artifact from its registry.",
    Reason.COMPOSE_FAILED: "The model repository cannot be written from this artifact and these settings.",
    Reason.SERVER_CRASHED: "A server keeps ending by itself, or is restarted because nothing succeeds.",
    Reason.SERVER_ENDED: "A server is ended again and again, and does not do it by itself.",
    Reason.MODEL_NOT_LOADED: "A server runs, and Triton does not load the model; in Triton's words.",
    Reason.ANSWERS_WRONG: "A server answers the golden requests with other values than the build saw.",
    Reason.ANSWERS_RIGHT: "Servers answer the golden requests with the values that the build saw.",
    Reason.OUTPUTS_DRIFTED: "Clients' answers are distributed otherwise than those to the evaluation set.",
    Reason.SLOWER: "Requests take three times as long as when this revision was new.",
    Reason.SERVERS_NOT_READY: "Some servers do not answer rightly (yet, or no longer).",
    Reason.ROLLOUT_STUCK: "Servers of the wanted revision did not become ready in time.",
    Reason.CANARY: "The wanted revision is being tried on a share of the requests.",
    Reason.ANALYSIS_FAILED: "A canary failed more requests, or was slower, than is allowed; it was rolled back.",
    Reason.ROLLED_BACK: "The wanted revision failed, and the last good one serves; why is in the message.",
    Reason.PINNED: "spec.serving.rollout.pin: the revision that it names serves, whatever else the spec says.",
    Reason.PIN_NOT_FOUND: "spec.serving.rollout.pin names a revision that is not kept; what serves goes on.",
    Reason.AVAILABLE: "At least one server answers.",
    Reason.NOT_DEPLOYED: "No server has been deployed yet.",
    Reason.NO_SERVER_READY: "Servers exist, and none is ready.",
    Reason.SCALED_TO_ZERO: "No servers are wanted.",
    Reason.SERVING: "All wanted servers of this generation's revision are ready.",
    Reason.SCALING: "The number of servers follows the load.",
    Reason.SCALING_HELD: "While a revision is tried the number of servers stays as it is.",
    Reason.FOREIGN_AUTOSCALER: "An autoscaler of somebody else changes the number of servers; it is left to it.",
    Reason.METRICS_UNAVAILABLE: "The autoscaler gets no figures, and changes nothing; in its own words.",
    Reason.KEDA_MISSING: "The cluster does not know the ScaledObjects that engine keda needs.",
    Reason.PROMETHEUS_NOT_CONFIGURED: "Engine keda asks Prometheus, and the chart was not told where that is.",
    Reason.ENGINE_LEAVING: "The engine that changed the number of servers before must be gone first.",
    Reason.REPLICAS_IGNORED: "An Event: spec.serving.replicas was changed while an autoscaler decides.",
    Reason.OPERATOR_UPGRADED: "The operator brings other images or recipes than are in use; taken when asked.",
    Reason.COLLECTION_FAILED: "An Event: artifacts that nothing needs could not be removed from a claim; tried again.",
    Reason.ARTIFACTS_LEFT: "An Event: artifacts were let go that are still in the registry; named there.",
}
#: Any reason that a condition may carry.
AnyReason = Reason | contract.FailureReason
#: They wait, but a person should know.
WORRYING = frozenset(
    {
        Reason.SOURCE_NOT_FOUND,
        Reason.FILE_NOT_IN_SOURCE,
        Reason.STORE_NOT_FOUND,
        Reason.APPLY_REFUSED,
        Reason.GATEWAY_API_MISSING,
        Reason.SECRET_NOT_OFFERED,
        Reason.RETRYING,
        Reason.UNSCHEDULABLE,
        Reason.IMAGE_PULL_FAILED,
        Reason.CONTAINER_CANNOT_START,
        Reason.MODEL_NOT_LOADED,
        Reason.ANSWERS_WRONG,
        Reason.OUTPUTS_DRIFTED,
        Reason.SLOWER,
        Reason.VOLUME_NOT_MOUNTED,
        Reason.PODS_REFUSED,
        Reason.FETCH_FAILED,
        Reason.COMPOSE_FAILED,
        Reason.SERVER_CRASHED,
        Reason.SERVER_ENDED,
        Reason.ROLLED_BACK,
        Reason.OUT_OF_MEMORY,
        Reason.EVICTED,
    }
)


def known(word: str) -> AnyReason:
    """A reason from a status; Building for a word of another version."""
    for enumeration in (Reason, contract.FailureReason):
        if word in enumeration.__members__.values():
            return enumeration(word)
    return Reason.BUILDING
