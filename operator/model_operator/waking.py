"""Whom a change concerns: which resources must be looked at again. Pure."""

from collections.abc import Iterator

from model_operator import caching, claims, decisions, kinds, names
from model_operator.deployments import owning

#: Label of a child -> kind of the resource it belongs to.
_OWNERS = {names.DEPLOYMENT_LABEL: kinds.MODEL_DEPLOYMENT, names.BUILD_LABEL: kinds.MODEL_BUILD}

#: Metadata that a change of owners changes.
_OF_OWNERS = frozenset({"ownerReferences", "resourceVersion", "annotations"})


def keys(change: caching.Change, cache: decisions.Cache) -> set[kinds.Key]:
    """All that a change wakes.

    The old object counts as much as the new one: an owner that was just removed from the list of owners, or a label
    that was taken off, concerns whoever it named before.
    """
    woken = {change.key} if change.key.kind in kinds.OWN else set()
    for manifest in filter(None, (change.old, change.new)):
        woken.update(_by_label(change.key, manifest))
    woken.update(_owners(change))
    if change.key.kind == kinds.MODEL_DEPLOYMENT and change.new is None and change.old is not None:
        woken.update(_siblings(change.old, change.key, cache))
    if change.key.kind == kinds.MODEL_DEPLOYMENT:
        woken.update(_rivals(change, cache))
    return woken


def _owners(change: caching.Change) -> set[kinds.Key]:
    """The owners. Of an object that changed nothing but its owners, only those who came or went: it has hundreds."""
    before, after = (set(_by_owner(change.key, one)) if one else set() for one in (change.old, change.new))
    if len(before | after) > 1 and change.old and change.new and _but_owners(change.old) == _but_owners(change.new):
        return before ^ after
    return before | after


def _but_owners(manifest: kinds.Manifest) -> kinds.Manifest:
    """Without the owners, and what changes with them."""
    metadata = manifest["metadata"]
    left = {name: value for name, value in metadata.items() if name not in _OF_OWNERS}
    stamps = {name: text for name, text in (metadata.get("annotations") or {}).items() if name != names.APPLIED}
    return {**manifest, "metadata": {**left, "annotations": stamps}}


def _by_label(key: kinds.Key, manifest: kinds.Manifest) -> Iterator[kinds.Key]:
    """The resources that the labels name."""
    labels = manifest["metadata"].get("labels") or {}
    for label, kind in _OWNERS.items():
        if label in labels:
            yield kinds.Key(kind, key.namespace, labels[label])


def _by_owner(key: kinds.Key, manifest: kinds.Manifest) -> Iterator[kinds.Key]:
    """The resources of ours among its owners: a build, or a claim, may have several."""
    for reference in manifest["metadata"].get("ownerReferences") or ():
        for kind in kinds.OWN:
            if (reference["apiVersion"], reference["kind"]) == (kind.api_version, kind.kind):
                yield kinds.Key(kind, key.namespace, reference["name"])


def _rivals(change: caching.Change, cache: decisions.Cache) -> Iterator[kinds.Key]:
    """Who claims a host that a ModelDeployment takes or lets go. Most name none, and wake nobody."""
    before, after = map(_hosts, (change.old, change.new))
    if before == after:
        return
    for claim in {claim for claim, _ in before | after}:
        for rival in cache.claimants(claim):
            metadata = rival["metadata"]
            yield kinds.Key(kinds.MODEL_DEPLOYMENT, metadata["namespace"], metadata["name"])


def _hosts(manifest: kinds.Manifest | None) -> set[tuple[str, bool]]:
    """What it claims, and what was given to it."""
    if manifest is None:
        return set()
    return {(claim, False) for claim in claims.of(manifest)} | {(claim, True) for claim in claims.held(manifest)}


def _siblings(deleted: kinds.Manifest, key: kinds.Key, cache: decisions.Cache) -> Iterator[kinds.Key]:
    """Who shares a build or a claim with a ModelDeployment that is gone, by what each says of itself.

    Owner references would not do: Kubernetes takes it off them at once, and that may be heard before it is heard to be
    gone, for each kind has a watch of its own.
    """
    for other in cache.outlines(kinds.MODEL_DEPLOYMENT, key.namespace):
        if owning.shares(other, deleted):
            yield kinds.Key(kinds.MODEL_DEPLOYMENT, key.namespace, other["metadata"]["name"])
