"""What servers need of a node, and what a person changes of their pods."""

import json
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from model_builder import contract
from model_operator import names
from model_operator.api import types

#: Longest spec of a podTemplate, in bytes of JSON: each revision keeps one, and ten of them are kept.
TEMPLATE_LIMIT = 32_768


class Mig(contract.Wire):
    """A slice of a GPU."""

    profile: Annotated[
        str, Field(pattern=r"^([1-9]c\.)?[1-9]g\.[1-9][0-9]{0,3}gb([.+-][a-z]+(\.[a-z]+)?)?$", max_length=40)
    ]
    """MIG profile as nvidia-smi names it, e.g. 1g.10gb. Asked for as nvidia.com/mig-1g.10gb, which nodes with the MIG
    strategy mixed offer."""


class Gpu(contract.Wire):
    """GPUs of each replica."""

    count: Annotated[int, Field(ge=1, le=64)] = 1
    """How many (nvidia.com/gpu, unless mig or resourceName says otherwise)."""
    product: Annotated[types.LabelValue, Field(min_length=1)] | None = None
    """Product, as the node label nvidia.com/gpu.product spells it, e.g. NVIDIA-A100-SXM4-80GB."""
    memory: types.Quantity | None = None
    """The least memory of each GPU, e.g. 40Gi; read from the node label nvidia.com/gpu.memory."""
    mig: Mig | None = None
    """A slice in the place of a whole GPU."""
    resource_name: (
        Annotated[
            str,
            Field(
                pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
                r"/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
                max_length=253,
            ),
        ]
        | None
    ) = None
    """Extended resource that is asked for in the place of nvidia.com/gpu, e.g. amd.com/gpu."""

    @property
    def resource(self) -> str:
        """What is asked of a node."""
        return names.mig_resource(self.mig.profile) if self.mig else self.resource_name or names.GPU_RESOURCE

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        """The API server says the same by rules; nobody may get around them."""
        found = next((message for wrong, message in self._contradictions() if wrong), "")
        if found:
            raise ValueError(found)
        return self

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        other = bool(self.resource_name) and not str(self.resource_name).startswith(names.NVIDIA)
        labels = self.product is not None or self.memory is not None
        return (
            (bool(self.mig and self.resource_name), "mig names its resource itself: drop resourceName, or drop mig"),
            (self.mig is not None and self.memory is not None, "the profile of mig says how much memory: drop memory"),
            (self.mig is not None and self.count > 1, "a server can use one slice: raise serving.replicas, not count"),
            (other and labels, "product and memory are labels of NVIDIA's GPUs: use serving.nodeSelector"),
        )


class PodMetadata(contract.Wire):
    """Labels and annotations of the pods, beside ours."""

    labels: Annotated[dict[str, types.LabelValue], Field(max_length=64)] = Field(default={})
    """Labels."""
    annotations: Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=64)] = Field(default={})
    """Annotations."""


class PodTemplate(contract.Wire):
    """What is merged into the pods of the servers, last and as a strategic merge patch is."""

    metadata: PodMetadata = PodMetadata()
    """Labels and annotations of the pods, beside ours."""
    spec: Annotated[dict[str, Any], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})] = Field(
        default={}
    )
    """Any field of a pod's spec: more containers, volumes, affinity, resource claims. What keeps a server a server is
    protected by name, and what the API server would refuse is refused before anything is rolled out."""

    @model_validator(mode="after")
    def _of_bounded_size(self) -> Self:
        """A revision keeps it, and the API server cannot bound what it does not know."""
        size = len(json.dumps(self.spec))
        if size > TEMPLATE_LIMIT:
            message = f"spec has {size} bytes of JSON, and may have {TEMPLATE_LIMIT}: keep long texts in a ConfigMap"
            raise ValueError(message)
        return self
