"""Whom a change concerns: which resources must be looked at again. Pure."""

from collections.abc import Iterator

from model_operator import caching, decisions, kinds, names

#: Label of a child -> kind of the resource it belongs to.
_OWNERS = {names.DEPLOYMENT_LABEL: kinds.MODEL_DEPLOYMENT, names.BUILD_LABEL: kinds.MODEL_BUILD}


def keys(change: caching.Change, cache: decisions.Cache) -> set[kinds.Key]:
    """All that a change wakes.

    The old object counts as much as the new one: an owner that was just removed from the list of owners, or a label
    that was taken off, concerns whoever it named before.
    """
    woken = {change.key} if change.key.kind in kinds.OWN else set()
    for manifest in filter(None, (change.old, change.new)):
        woken.update(_by_label(change.key, manifest))
        woken.update(_by_owner(change.key, manifest))
    if change.key.kind == kinds.MODEL_DEPLOYMENT and change.new is None and change.old is not None:
        woken.update(_siblings(change.old, change.key, cache))
    return woken


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


def _siblings(deleted: kinds.Manifest, key: kinds.Key, cache: decisions.Cache) -> Iterator[kinds.Key]:
    """Who shares something with a ModelDeployment that is gone: the other owners of what it owned."""
    uid = deleted["metadata"].get("uid")
    for kind in (kinds.MODEL_BUILD, kinds.PERSISTENT_VOLUME_CLAIM, kinds.CONFIG_MAP):
        for shared in cache.select(kind, key.namespace, {}):
            if any(owner.get("uid") == uid for owner in shared["metadata"].get("ownerReferences") or ()):
                yield from _by_owner(key, shared)
