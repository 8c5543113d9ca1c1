"""The manifests as files, to be read by people: UPDATE_GOLDEN=1 writes them, a review judges them."""

import os
import pathlib

import pytest
import yaml
from pure import making, test_pods

from model_operator import kinds

DIRECTORY = pathlib.Path(__file__).resolve().parents[1] / "golden"
#: The variants show what differs; all kinds are shown once.
SHOWN = {
    "in a registry": {"ModelBuild", "Job", "Deployment"},
    "in a registry without image volumes": {"Job", "Deployment"},
    "on a claim": {"ModelBuild", "Job"},
    "reached from outside": {"Ingress", "NetworkPolicy", "HTTPRoute", "GRPCRoute", "Service"},
    "on a slice of a GPU and with a podTemplate": {"Deployment"},
    "with settings of Triton": {"Deployment", "Service"},
    "by the load": {"Deployment", "HorizontalPodAutoscaler"},
    "by the load with KEDA": {"ScaledObject"},
    "with GPUs and everything": {"ModelBuild", "Job", "Deployment", "ControllerRevision", "PodDisruptionBudget"},
}


class Dumper(yaml.SafeDumper):
    """Every object written out, and texts as they are read."""

    def ignore_aliases(self, _):
        return True


Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def rendered():
    for label, parts in test_pods.SPECS.items():
        world = making.world(**parts)
        making.start_build(world)
        making.build_well(world)
        world.reconcile()
        for kind in kinds.EVERY + kinds.OPTIONAL:
            if kind.kind in {"ModelDeployment", "Pod"} or kind.kind not in SHOWN.get(label, {kind.kind}):
                continue
            for one in world.all(kind):
                if one["metadata"]["name"] not in making.GIVEN:
                    ends = ("-headless", "-stable", "-canary") if kind == kinds.SERVICE else ()
                    suffix = next((end for end in ends if one["metadata"]["name"].endswith(end)), "")
                    yield f"{label.replace(' ', '-').lower()}-{kind.kind.lower()}{suffix}.yaml", one


def cleaned(manifest):
    """Without what the API server adds."""
    metadata = {
        name: value
        for name, value in manifest["metadata"].items()
        if name not in {"uid", "generation", "creationTimestamp"}
    }
    return {**{name: value for name, value in manifest.items() if name != "status"}, "metadata": metadata}


RENDERED = {name: cleaned(manifest) for name, manifest in rendered()}


@pytest.mark.parametrize("name", RENDERED)
def test_a_manifest_is_as_it_was_reviewed(name):
    content = yaml.dump(RENDERED[name], Dumper=Dumper, sort_keys=False, width=120)
    if os.environ.get("UPDATE_GOLDEN"):
        (DIRECTORY / name).write_text(content, encoding="utf-8")
    assert (DIRECTORY / name).read_text(encoding="utf-8") == content, "UPDATE_GOLDEN=1 rewrites it; then review"


def test_no_manifest_is_left_over():
    assert {path.name for path in DIRECTORY.glob("*.yaml")} == set(RENDERED)
