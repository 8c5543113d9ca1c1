"""The CustomResourceDefinitions, rendered from the types: `python -m model_operator.api.crd` writes crds/.

Nobody edits those files; a test renders them again and compares.
"""

import copy
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

import pydantic
import yaml

from model_operator import kinds, names
from model_operator.api import build, deployment, rules, schema

HEADER = "# Rendered from operator/model_operator/api by `python -m model_operator.api.crd`: do not edit.\n"
DIRECTORY = pathlib.Path(__file__).resolve().parents[3] / "crds"


def column(name: str, path: str, description: str, *, type_: str = "string", wide: bool = False) -> dict[str, Any]:
    """A column of `kubectl get`; wide ones are shown with -o wide."""
    result = {"name": name, "type": type_, "jsonPath": path, "description": description}
    return {**result, "priority": 1} if wide else result


def condition(type_: str, field: str = "status") -> str:
    """Where a column finds a field of a condition."""
    return f'.status.conditions[?(@.type=="{type_}")].{field}'


#: What a person compares: what it is and what that costs at a glance, the rest with -o wide.
FIGURES = (
    column("Precision", ".status.artifact.precision", "Precision of the artifact."),
    column("Accuracy", ".status.artifact.accuracy", "On the evaluation set, with its 95 % interval.", wide=True),
    column("Delta", ".status.artifact.delta", "Accuracy less the original model's, in percentage points."),
    column("Speedup", ".status.artifact.speedup", "Against the float graph in the same runtime.", wide=True),
    column("Size", ".status.artifact.size", "Of the model files.", wide=True),
)
AGE = column("Age", ".metadata.creationTimestamp", "How old it is.", type_="date")
DEPLOYMENT_COLUMNS = (
    column("Ready", condition("Ready"), "Whether this generation serves all wanted replicas."),
    column("Reason", condition("Ready", "reason"), "Why, in one word; the message is in .status.conditions."),
    column("Replicas", ".status.rollout.ready", "Servers that are ready.", type_="integer"),
    *FIGURES,
    column("URL", ".status.serving.url", "Where clients reach it."),
    AGE,
)
BUILD_COLUMNS = (
    column("Built", condition("Built"), "Whether there is an artifact for this request."),
    column("Reason", condition("Built", "reason"), "Why, in one word; the message is in .status.conditions."),
    *FIGURES,
    column("Cached", ".status.cacheHit", "Whether the store already had it.", type_="boolean", wide=True),
    column("Job", ".status.job", "The Job of the last attempt.", wide=True),
    AGE,
)


def model_deployment() -> dict[str, Any]:
    """The definition of ModelDeployment."""
    root = _root(
        "A model from checkpoint to service: its artifact is built, verified and served by NVIDIA Triton.",
        schema.of(deployment.ModelDeploymentSpec),
        deployment.ModelDeploymentStatus,
        rules.DEPLOYMENT,
    )
    return _definition(
        kinds.MODEL_DEPLOYMENT,
        "mdep",
        root,
        DEPLOYMENT_COLUMNS,
        {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.serving.replicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.selector",
            },
        },
    )


def model_build() -> dict[str, Any]:
    """The definition of ModelBuild. Without defaults: the operator alone writes it, and writes what it means."""
    root = _root(
        "One build of an artifact. Written by the operator; people write ModelDeployments.",
        schema.of(build.ModelBuildSpec, defaults=False),
        build.ModelBuildStatus,
        rules.BUILD,
    )
    return _definition(kinds.MODEL_BUILD, "mbuild", root, BUILD_COLUMNS, {"status": {}})


def rendered() -> dict[str, str]:
    """File name -> content."""
    return {
        f"{names.GROUP}_{definition['spec']['names']['plural']}.yaml": HEADER
        + yaml.dump(definition, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
        for definition in (model_deployment(), model_build())
    }


class _Dumper(yaml.SafeDumper):
    """What stands at several places is written out at each: some tools refuse aliases."""

    def ignore_aliases(self, data: object) -> bool:
        """Make none."""
        del data
        return True


def _root(
    description: str, spec: schema.Schema, status: type[pydantic.BaseModel], overlay: rules.Overlay
) -> schema.Schema:
    properties = {
        "apiVersion": {"type": "string", "description": "Version of this representation."},
        "kind": {"type": "string", "description": "Kind of this object."},
        "metadata": {"type": "object"},
        "spec": spec,
        "status": schema.of(status, defaults=False),
    }
    root = {"type": "object", "description": description, "required": ["spec"], "properties": properties}
    return _overlaid(root, overlay)


def _overlaid(root: schema.Schema, overlay: rules.Overlay) -> schema.Schema:
    """The schema with the rules at their paths. KeyError for a path that is no field."""
    result = copy.deepcopy(root)
    for path, additions in overlay.items():
        node = result
        for part in filter(None, path.split(".")):
            node = _inner(node) if part == "*" else node["properties"][part]
        node.update(additions)
    return result


def _inner(node: schema.Schema) -> schema.Schema:
    """The schema of a list's items, or of a map's values."""
    inner: schema.Schema = node["items"] if "items" in node else node["additionalProperties"]
    return inner


def _definition(
    kind: kinds.Kind, short: str, root: schema.Schema, columns: Sequence[dict[str, Any]], subresources: dict[str, Any]
) -> dict[str, Any]:
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": root},
        "subresources": subresources,
        "additionalPrinterColumns": list(columns),
    }
    spelt = {
        "kind": kind.kind,
        "listKind": f"{kind.kind}List",
        "plural": kind.plural,
        "singular": kind.kind.lower(),
        "shortNames": [short],
        "categories": ["modelsmith"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}", "labels": {"app.kubernetes.io/part-of": "modelsmith"}},
        "spec": {"group": kind.group, "scope": "Namespaced", "names": spelt, "versions": [version]},
    }


def main() -> None:
    """Write crds/."""
    for name, content in rendered().items():
        (DIRECTORY / name).write_text(content, encoding="utf-8")
        sys.stdout.write(f"crds/{name}: {len(content.encode())} bytes\n")


if __name__ == "__main__":
    main()
