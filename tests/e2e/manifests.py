"""The manifests that tests apply: small requests, so that two cores carry the whole story."""

import base64
from collections.abc import Mapping

from e2e import kube, smallmodels
from model_operator import names

#: What a pod asks for here; limits stay the product's defaults.
SMALL = {"requests": {"cpu": "50m", "memory": "128Mi"}}


def model_deployment(name: str, source: kube.Manifest, **parts: kube.Manifest) -> kube.Manifest:
    """A ModelDeployment of a small model; `model`, `build` and `serving` are merged into the spec."""
    spec = {
        "model": {"source": source, **smallmodels.MODEL},
        "build": {"resources": SMALL},
        "serving": {"resources": SMALL},
    }
    for part, fields in parts.items():
        spec[part] = {**spec.get(part, {}), **fields} if isinstance(fields, dict) else fields
    return {"apiVersion": names.API_VERSION, "kind": names.DEPLOYMENT_KIND, "metadata": {"name": name}, "spec": spec}


def config_map(name: str, files: Mapping[str, bytes]) -> kube.Manifest:
    """A ConfigMap whose keys are files."""
    data = {key: base64.b64encode(content).decode() for key, content in files.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "binaryData": data}


def from_config_map(name: str) -> kube.Manifest:
    """The source that a ConfigMap is."""
    return {"configMap": {"name": name}}


def from_claim(name: str, path: str = "") -> kube.Manifest:
    """The source that a folder on a claim is."""
    return {"pvc": {"claimName": name, "path": path}}
