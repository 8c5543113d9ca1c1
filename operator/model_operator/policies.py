"""What the cluster's administrator lets ModelDeployments use: lists of patterns. Pure.

In a pattern `*` stands for any text. An empty list lets everything pass. The images that the chart names are the
administrator's own, and are not asked.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping

from model_operator import mentions
from model_operator.api import deployment


@dataclasses.dataclass(frozen=True)
class Policy:
    """What was installed.

    images        references of images that a spec may name
    sources       kinds of sources (configMap, pvc)
    registries    repositories of registries that artifacts may be kept in
    secret_label  whether a Secret must carry the label by which it is offered
    """

    images: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    secret_label: bool = False


_POD = "spec.serving.podTemplate.spec"
#: Everything may be used.
NONE = Policy()


def allows(patterns: Iterable[str], text: str) -> bool:
    """Whether any pattern matches all of a text, or there is none."""
    listed = list(patterns)
    return not listed or any(_expression(pattern).fullmatch(text) for pattern in listed)


def images_named(spec: deployment.ModelDeploymentSpec) -> Mapping[str, str]:
    """Field -> image that a person names there."""
    pod = spec.serving.pod_template.spec if spec.serving.pod_template else {}
    named = {
        "spec.build.image": spec.build.image,
        "spec.serving.image": spec.serving.image,
        **dict(mentions.images(pod, _POD)),
    }
    return {field: image for field, image in named.items() if image}


def sources_named(spec: deployment.ModelDeploymentSpec) -> Mapping[str, str]:
    """Field -> kind of source."""
    kinds = spec.model.source.model_dump(by_alias=True, exclude_none=True)
    return {f"spec.model.source.{kind}": kind for kind in kinds}


def registries_named(spec: deployment.ModelDeploymentSpec) -> Mapping[str, str]:
    """Field -> repository."""
    return {"spec.artifact.oci.repository": spec.artifact.oci.repository} if spec.artifact.oci else {}


def secrets_named(spec: deployment.ModelDeploymentSpec) -> Mapping[str, str]:
    """Field -> Secret of the namespace."""
    oci, ingress, tls = spec.artifact.oci, spec.serving.ingress, spec.serving.tls
    pod = spec.serving.pod_template.spec if spec.serving.pod_template else {}
    named = {
        "spec.artifact.oci.pushSecretName": oci.push_secret_name if oci else "",
        "spec.artifact.oci.pullSecretName": oci.pull_secret_name if oci else "",
        "spec.serving.ingress.tlsSecretName": ingress.tls_secret_name if ingress else "",
        "spec.serving.tls.secretName": tls.secret_name if tls else "",
        **dict(mentions.secrets(pod, _POD)),
    }
    return {field: name for field, name in named.items() if name}


def _expression(pattern: str) -> re.Pattern[str]:
    """`*` is the only sign with a meaning; all else stands for itself."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
