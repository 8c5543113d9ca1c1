"""What objects are found by without being read: a look at one resource must not read all of its namespace. Pure.

Hosts are found across namespaces: of thousands of ModelDeployments, those that name none cost nothing here.
"""

import sys

from model_operator import claims, kinds, names

#: Labels by which children are looked up at every look, and by which collectors are told from other pods.
LABELS = (names.DEPLOYMENT_LABEL, names.BUILD_LABEL, names.COMPONENT_LABEL)
#: Kinds that several may share: looked up by the uid of an owner.
SHARED = frozenset({kinds.MODEL_BUILD})
#: A label and its value, or OWNER and a uid.
Term = tuple[str, str]
OWNER = "owner"


class Index:
    """Terms -> names, in each namespace."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._named: dict[tuple[kinds.Kind, str, Term], tuple[str, ...]] = {}
        #: Host and path -> ModelDeployments that claim it.
        self._claimants: dict[str, tuple[kinds.Key, ...]] = {}

    def find(self, kind: kinds.Kind, namespace: str, term: Term) -> list[str]:
        """Names of the objects that a term finds, in order."""
        return sorted(self._named.get((kind, namespace, term), ()))

    def claimants(self, claim: str) -> tuple[kinds.Key, ...]:
        """The ModelDeployments of all namespaces that claim a host and path (`claims`)."""
        return self._claimants.get(claim, ())

    def change(self, key: kinds.Key, old: kinds.Manifest | None, new: kinds.Manifest | None) -> None:
        """One object is another than it was; None where there was, or is, none."""
        before, after = _terms(key.kind, old), _terms(key.kind, new)
        for term in before - after:
            self._take_off((key.kind, key.namespace, term), key.name)
        for term in after - before:
            place = (key.kind, sys.intern(key.namespace), term)
            self._named[place] = (*self._named.get(place, ()), sys.intern(key.name))
        if key.kind == kinds.MODEL_DEPLOYMENT:
            self._claim(key, *(set(claims.of(one)) if one else set() for one in (old, new)))

    def _claim(self, key: kinds.Key, before: set[str], after: set[str]) -> None:
        for claim in before - after:
            if left := tuple(one for one in self._claimants.pop(claim) if one != key):
                self._claimants[claim] = left
        for claim in after - before:
            self._claimants[claim] = (*self.claimants(claim), key)

    def _take_off(self, place: tuple[kinds.Kind, str, Term], name: str) -> None:
        left = tuple(one for one in self._named.pop(place) if one != name)
        if left:
            self._named[place] = left


def labels(manifest: kinds.Manifest) -> dict[str, str]:
    """Of an object, which need not have any."""
    return manifest["metadata"].get("labels") or {}


def _terms(kind: kinds.Kind, manifest: kinds.Manifest | None) -> set[Term]:
    """All that finds an object. What many objects name is kept once."""
    if manifest is None:
        return set()
    carried = labels(manifest)
    terms = {(label, sys.intern(carried[label])) for label in LABELS if label in carried}
    owners = manifest["metadata"].get("ownerReferences") or () if kind in SHARED else ()
    return terms | {(OWNER, sys.intern(owner["uid"])) for owner in owners}
