"""All objects of a few specs, as one version of the operator leaves them: written at a release, read ever after.

One file a spec, every object with its status, as the API server would show it (without its defaults: tests against a
real one hold those against what we want).
"""

import copy
import functools
import pathlib
import re

import yaml
from pure import making, test_golden, test_pods, worlds

from model_operator import comparing, kinds, names

FOLDER = pathlib.Path(__file__).parent
#: Folders whose name ends so may be written again: they are no release yet.
UNRELEASED = ".dev"
_ADDED = frozenset({"uid", "generation", "creationTimestamp"})


def served(label):
    """One of the specs whose pods are golden files, serving."""
    return making.serving(**test_pods.SPECS[label])


def quantized():
    """The int8 of a ladder serves."""
    world = making.world(build=making.LADDER)
    making.start_build(world)
    making.build_well(world, **making.QUANTIZED)
    world.reconcile()
    making.roll(world)
    world.reconcile()
    return world


def failed():
    """The build failed, for good."""
    world = making.world()
    making.start_build(world)
    making.build_badly(world)
    world.reconcile()
    return world


def building():
    """The Job runs."""
    world = making.world()
    making.start_build(world)
    world.reconcile()
    return world


def suspended():
    """It serves, and shall change no more."""
    world = making.serving()
    world.put(making.model_deployment(suspend=True))
    world.reconcile()
    world.reconcile_build()
    world.reconcile()
    return world


CASES = {
    **{label.lower().replace(" ", "-"): functools.partial(served, label) for label in test_pods.SPECS},
    "int8-with-a-ladder": quantized,
    "scaled-to-zero": functools.partial(making.serving, serving={"replicas": 0}),
    "suspended": suspended,
    "failed": failed,
    "building": building,
}


def releases():
    """Names of the folders: versions, the newest last."""
    return sorted((path.name for path in FOLDER.glob("v*") if path.is_dir()), key=_order)


def write(version):
    """All cases, as the present operator makes them. A release is written once."""
    folder = FOLDER / version
    if folder.exists() and not version.endswith(UNRELEASED):
        message = f"{folder.name} was released: its objects lie in clusters, and are never written again"
        raise SystemExit(message)
    folder.mkdir(exist_ok=True)
    for name, arrange in CASES.items():
        (folder / f"{name}.yaml").write_text(_text(arrange()), encoding="utf-8")


def read(version, case):
    """The world that a version left."""
    text = (FOLDER / version / f"{case}.yaml").read_text(encoding="utf-8")
    world = worlds.World()
    for manifest in yaml.load_all(text, Loader=yaml.CSafeLoader):
        key = kinds.key_of(manifest, kinds.of_manifest(manifest))
        world.objects[key] = manifest
        world.count += 1
        if names.APPLIED in (manifest["metadata"].get("annotations") or {}):
            world.applied[key] = wish(manifest)
    return world


def wish(live):
    """What was applied: without what the API server, the status, an autoscaler and the edge add."""
    metadata = {name: value for name, value in live["metadata"].items() if name not in _ADDED}
    annotations = {name: value for name, value in metadata.pop("annotations").items() if name != names.APPLIED}
    metadata |= {"annotations": annotations} if annotations else {}
    spec = {name: value for name, value in live.get("spec", {}).items() if name != "replicas"}
    scaled = {"spec": spec} if names.AUTOSCALED in annotations else {}
    return {**{name: value for name, value in live.items() if name != "status"}, **scaled, "metadata": metadata}


def cases(version):
    """Those that a version knew."""
    return sorted(path.stem for path in (FOLDER / version).glob("*.yaml"))


def _order(version):
    """By number; what is no release yet comes before it."""
    return [int(number) for number in re.findall(r"\d+", version)], not version.endswith(UNRELEASED)


def _text(world):
    manifests = [_stamped(world, key) for key in sorted(world.objects, key=lambda key: (key.kind.kind, key.name))]
    return yaml.dump_all(manifests, Dumper=test_golden.Dumper, sort_keys=False, width=120)


def _stamped(world, key):
    """With the digest of what was applied last, as the edge leaves it."""
    manifest, wish = copy.deepcopy(world.objects[key]), world.applied.get(key)
    if wish is not None:
        manifest["metadata"].setdefault("annotations", {})[names.APPLIED] = comparing.digest(wish)
    return manifest
