"""How clients reach the servers: an Ingress, routes of the Gateway API, and who may connect."""

from typing import Annotated, Literal

from pydantic import Field

from model_builder import contract
from model_operator.api import types

#: Name of a host. No wildcard: of two ModelDeployments it must be plain whether they claim the same host.
Host = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", min_length=1, max_length=253),
]
#: Path of a URL; without a slash at the end, so that one place has one spelling.
Path = Annotated[
    str, Field(pattern=r"^/([A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)?$", max_length=253)
]
#: Name of a namespace, or empty for its own.
OptionalNamespace = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)]
#: Key of a label, as `types.LABEL_KEY`.
LabelKey = Annotated[str, Field(pattern=f"^{types.LABEL_KEY}$", max_length=317)]
#: A block of addresses: 10.0.0.0/8, fd00::/8.
Cidr = Annotated[str, Field(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$", max_length=43)]


class Ingress(contract.Wire):
    """An Ingress in front of the servers' HTTP port."""

    host: Host
    """Name under which clients outside reach it."""
    class_name: types.OptionalName = ""
    """IngressClass; empty is the cluster's default."""
    path: Path = "/"
    """Path below which requests come here. Servers see it as it is: /v2/models/NAME needs no rewriting."""
    annotations: Annotated[dict[str, Annotated[str, Field(max_length=2048)]], Field(max_length=32)] = Field(default={})
    """Annotations for the Ingress controller."""
    tls_secret_name: types.OptionalName = ""
    """Secret of type kubernetes.io/tls in this namespace; with it clients use https."""


class ParentReference(contract.Wire):
    """A Gateway, or one listener of it."""

    name: types.ObjectName
    """Name of the Gateway."""
    namespace: OptionalNamespace = ""
    """Its namespace; empty is this one. Whether it takes routes from here, its listeners say."""
    section_name: types.OptionalName = ""
    """One of its listeners; empty is every one that takes the route."""


class Gateway(contract.Wire):
    """Routes of the Gateway API."""

    parent_refs: Annotated[list[ParentReference], Field(min_length=1, max_length=8)]
    """Gateways that the routes are for."""
    hostnames: Annotated[list[Host], Field(min_length=1, max_length=8)]
    """Names under which clients reach HTTP: an HTTPRoute."""
    grpc_hostnames: Annotated[list[Host], Field(max_length=8)] = Field(default=[])
    """Names under which clients reach gRPC: a GRPCRoute. They must be other names: a listener takes one of the two
    kinds of route for a name."""
    scheme: Literal["https", "http"] = "https"
    """What the listeners speak. It is shown in status.serving and changes nothing else."""


class SelectorRequirement(contract.Wire):
    """As in a label selector."""

    key: LabelKey
    """Key of a label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How it is compared."""
    values: Annotated[list[types.LabelValue], Field(max_length=16)] = Field(default=[])
    """With In and NotIn."""


class LabelSelector(contract.Wire):
    """As everywhere in Kubernetes; empty selects all."""

    match_labels: Annotated[dict[str, types.LabelValue], Field(max_length=8)] = Field(default={})
    """Labels that it must have."""
    match_expressions: Annotated[list[SelectorRequirement], Field(max_length=8)] = Field(default=[])
    """Requirements that it must meet."""


class IpBlock(contract.Wire):
    """Addresses."""

    cidr: Cidr
    """The block."""
    except_: Annotated[list[Cidr], Field(alias="except", max_length=8)] = Field(default=[])
    """Blocks within it that are left out."""


class Peer(contract.Wire):
    """Who may connect, as in a NetworkPolicy."""

    pod_selector: LabelSelector | None = None
    """Pods: of this namespace, or of those that namespaceSelector selects."""
    namespace_selector: LabelSelector | None = None
    """Namespaces."""
    ip_block: IpBlock | None = None
    """Addresses outside of the cluster."""


class NetworkPolicy(contract.Wire):
    """A NetworkPolicy for the servers."""

    from_: Annotated[list[Peer], Field(alias="from", max_length=16)] = Field(default=[])
    """Who may ask for predictions; empty is every pod of this namespace. An Ingress controller or a Gateway must be
    among them where one is used."""
