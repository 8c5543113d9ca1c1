"""Pieces that both kinds use, as Kubernetes itself shapes them."""

from typing import Annotated, Literal

from pydantic import Field

from model_builder import contract

#: A Kubernetes quantity, not negative. The API server takes `2` and `"2"` alike, so must we. Exponents (1e9) are left
#: out: Kubernetes rewrites them, and nobody writes memory so.
Quantity = Annotated[
    Annotated[int, Field(ge=0, le=2**53)]
    | Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?$", max_length=24)],
    Field(json_schema_extra={"x-kubernetes-int-or-string": True}),
]
#: A DNS-1123 subdomain.
ObjectName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", min_length=1, max_length=253),
]
#: As above, or empty for none.
OptionalName = Annotated[
    str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$", max_length=253)
]
#: Value of a label.
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]
#: Name of a LocalQueue of Kueue, or empty for none: it becomes the value of a label.
QueueName = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)]
#: Name of an image with tag or digest; what the registry makes of it shows when it is pulled.
Image = Annotated[str, Field(pattern=r"^[!-~]*$", max_length=512)]
#: Key of a label or a taint: a name, maybe after a DNS-1123 subdomain.
LABEL_KEY = (
    r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
#: A Kubernetes duration in one unit: 30s, 20m, 2h.
Duration = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,6}(s|m|h)$", max_length=8)]
_SECONDS = {"s": 1, "m": 60, "h": 3600}


#: The longest deadline that a pod may have.
_LONGEST = 2**31 - 1


def seconds(duration: str) -> int:
    """Length of a Duration in seconds, as far as a pod's deadline reaches (68 years)."""
    return min(int(duration[:-1]) * _SECONDS[duration[-1]], _LONGEST)


class ConfigMapSource(contract.Wire):
    """A ConfigMap of the same namespace: each key is a file."""

    name: ObjectName
    """Name of the ConfigMap."""


class PersistentVolumeClaimSource(contract.Wire):
    """A folder on a claim of the same namespace."""

    claim_name: ObjectName
    """Name of the PersistentVolumeClaim."""
    path: Annotated[
        str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\-]*)*)?$", max_length=253)
    ] = ""
    """Folder on the claim; empty is its root."""


class Source(contract.Wire):
    """Where the files lie: exactly one of its fields."""

    config_map: ConfigMapSource | None = None
    """Files in a ConfigMap (at most 1 MiB in all)."""
    pvc: PersistentVolumeClaimSource | None = None
    """Files on a PersistentVolumeClaim. Read again on a change of the spec or of the annotation
    modelsmith.dev/requestedAt."""


class OciStore(contract.Wire):
    """A repository of an OCI registry."""

    repository: Annotated[
        str,
        Field(
            pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+$",
            max_length=255,
        ),
    ]
    """Host, optional port, and path: registry.example.com/team/models. Artifacts of all models may share one."""
    push_secret_name: OptionalName = ""
    """Secret of type kubernetes.io/dockerconfigjson in this namespace, with which builds push and read; empty for a
    registry that asks for no credentials."""
    pull_secret_name: OptionalName = ""
    """The same, with which nodes pull; it needs to read only. Empty: what the nodes themselves have."""
    plain_http: bool = False
    """Speak HTTP without TLS: for a registry on the same machine or network. Nodes must be configured alike."""


class Candidate(contract.Wire):
    """A step of the ladder. Plain words, so that a status is understood by an operator of another version."""

    name: Annotated[str, Field(max_length=63)]
    """The candidate, e.g. int8Static."""
    verdict: Annotated[str, Field(max_length=63)]
    """passed, failed, inconclusive (the samples do not tell; counts as failed) or refused (it was not judged)."""
    message: Annotated[str, Field(max_length=300)] = ""
    """Why, with the figures."""


#: As many as can be asked for.
Candidates = Annotated[list[Candidate], Field(max_length=8)]


class Capacity(contract.Wire):
    """What one server can take, as the build measured through Triton with the settings that serving has by default.

    A lower bound for a server with as much CPU as the build's pod: who asked shared it.
    """

    requests_per_second: Annotated[int, Field(ge=0)]
    """Requests of one sample; 0 is less than one in two seconds, which batchMicroseconds tells."""
    batch_microseconds: Annotated[int, Field(ge=1)]
    """What a request waits behind one full batch, at most."""
    max_batch_size: Annotated[int, Field(ge=1)]
    """Samples of a full batch; 1 where the server joins no requests."""


#: CPU that a server's container requests unless told otherwise.
CPU_REQUEST = "500m"


class Resources(contract.Wire):
    """Compute resources of a container, as in a pod."""

    limits: Annotated[dict[str, Quantity], Field(max_length=16)] = Field(default={})
    """The most it may use."""
    requests: Annotated[dict[str, Quantity], Field(max_length=16)] = Field(default={})
    """What is set aside for it."""


class Toleration(contract.Wire):
    """A taint that pods accept, as in a pod."""

    key: Annotated[str, Field(pattern=rf"^({LABEL_KEY})?$", max_length=317)] | None = None
    """Key of the taint; empty with operator Exists matches all."""
    operator: Literal["Exists", "Equal"] | None = None
    """Exists or Equal (the default)."""
    value: LabelValue | None = None
    """Value of the taint, with Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint; empty matches all."""
    toleration_seconds: int | None = None
    """How long NoExecute is borne."""


class Images(contract.Wire):
    """Images, recorded at first use: an upgrade of the operator rebuilds nothing and restarts nothing."""

    builder: Image
    """Runs the build."""
    serving: Image
    """Composes the repository and watches the server."""
    triton: Image
    """Serves."""


class ServingImages(contract.Wire):
    """Images of the servers, where they were upgraded apart from the build."""

    serving: Image
    """Composes the repository and watches the server."""
    triton: Image
    """Serves."""


class Condition(contract.Wire):
    """As in metav1.Condition."""

    type: Annotated[str, Field(max_length=316)]
    """What it is about."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: Annotated[str, Field(pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", max_length=1024)]
    """Why, in one word."""
    message: Annotated[str, Field(max_length=32768)] = ""
    """Why, for a person, with the next step."""
    last_transition_time: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    """When the status last changed (RFC 3339)."""
    observed_generation: int
    """Generation of the resource it was derived from."""
