"""A ModelDeployment out of a file, judged by the operator's own types: local mode takes what a cluster would take.

The file may hold other documents too. A ConfigMap of the source's name among them gives the model's files.
The API server's CEL rules cannot run here; those that matter stand in `contract.contradiction` and `_check_name`.
"""

import dataclasses
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from model_builder import contract
from model_operator.api import asking, deployment, parsing
from modelsmith import errors

API_VERSION = "modelsmith.dev/v1alpha1"
KIND = "ModelDeployment"
#: As the API server holds it: children carry the name with a suffix.
NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
Document = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a file asks for."""

    file: str
    name: str
    spec: deployment.ModelDeploymentSpec
    request: contract.BuildRequest
    #: The ConfigMap of the source, where the file holds it.
    config_map: Document | None

    @property
    def source(self) -> str:
        """The source in words."""
        source = self.spec.model.source
        if source.pvc:
            return f"the claim {source.pvc.claim_name}"
        return f"the ConfigMap {source.config_map.name}" if source.config_map else "no source"


def read(file: str, name: str | None = None) -> Asked:
    """The ModelDeployment in a file ("-": standard input), by its name where there are several. Raises SaidError."""
    documents = _documents(file)
    manifest = _choose([one for one in documents if one.get("kind") == KIND], file, name)
    if (version := manifest.get("apiVersion")) != API_VERSION:
        raise errors.SaidError(f"{file}: apiVersion is {version}, but this Modelsmith reads {API_VERSION}")
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, dict(manifest))
    if spec is None:
        raise errors.SaidError(f"{file}: {problem}")
    _check_source(file, spec)
    request = asking.request(spec, source_digest=None, recipe=contract.RECIPE_VERSION)
    if failure := contract.contradiction(request):
        raise errors.SaidError(f"{file}: {failure.field}: {failure.message}\n{failure.next_step}")
    return Asked(file, _check_name(file, manifest), spec, request, _config_map(documents, spec))


def _documents(file: str) -> list[Document]:
    """Every document that is an object."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        documents = list(yaml.safe_load_all(text))
    except OSError as error:
        raise errors.SaidError(f"{file} cannot be read: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise errors.SaidError(f"{file} is not YAML: {error}") from error
    return [one for one in documents if isinstance(one, dict)]


def _choose(found: Sequence[Document], file: str, name: str | None) -> Document:
    """The one that is meant."""
    names = [_name(one) for one in found]
    if not found:
        raise errors.SaidError(
            f"{file} holds no {KIND}: write one, for example like examples/digits/modeldeployment.yaml"
        )
    if name is not None and name not in names:
        raise errors.SaidError(f"{file} holds no {KIND} {name}; it has {', '.join(names)}")
    if name is None and len(found) > 1:
        raise errors.SaidError(f"{file} holds {len(found)} of kind {KIND} ({', '.join(names)}): choose with --name")
    return found[0] if name is None else found[names.index(name)]


def _name(document: Document) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _check_name(file: str, manifest: Document) -> str:
    name = _name(manifest)
    if not NAME.fullmatch(name):
        raise errors.SaidError(
            f"{file}: metadata.name is {name!r}, but must begin with a letter, hold only a-z, 0-9 and '-', and have at "
            "most 40 characters: it is the model's name"
        )
    return name


def _check_source(file: str, spec: deployment.ModelDeploymentSpec) -> None:
    source = spec.model.source
    if (source.config_map is None) == (source.pvc is None):
        raise errors.SaidError(f"{file}: spec.model.source: name exactly one source: either configMap or pvc")


def _config_map(documents: Sequence[Document], spec: deployment.ModelDeploymentSpec) -> Document | None:
    """The ConfigMap of the source."""
    wanted = spec.model.source.config_map
    maps = [one for one in documents if one.get("kind") == "ConfigMap" and wanted and _name(one) == wanted.name]
    return maps[0] if maps else None
