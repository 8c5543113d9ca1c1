"""A revision: one artifact, served in one way.

Its name is a digest of what went in (artifact, where it lies, serving fields, images), not of the rendered pods: a
later version of the operator may render other pods for the same input, and must not restart anybody for it. The pods
as they were rendered are kept with the revision, and served from there.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from model_builder import digests
from model_operator import kinds, locations, names
from model_operator.api import deployment, types
from model_operator.builds import state as build_state
from model_operator.deployments import state

#: How many servers there are, how clients reach them, and what is named by the images: none of it changes a pod.
_OUTSIDE_OF_PODS = frozenset({"replicas", "autoscaling", "image", "rollout", "ingress", "gateway", "network_policy"})


@dataclasses.dataclass(frozen=True)
class Revision:
    """What is needed to serve it, now or again."""

    name: str
    artifact: str
    template: dict[str, Any]
    #: What is said of the artifact in the status (`deployment.ServedArtifact`).
    figures: dict[str, Any] = dataclasses.field(default_factory=dict)


def name(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, where: locations.Location, images: types.Images
) -> str:
    """The name of what would be served. How many servers there are does not count, nor how they are replaced."""
    digest = digests.of_json(
        {
            "artifact": where.artifact,
            **where.identity,
            "images": {"serving": images.serving, "triton": images.triton},
            "serving": build_state.dump(spec.serving, exclude=_OUTSIDE_OF_PODS),
        }
    )
    return names.revision(observed.name, digest)


def kept(observed: state.Observed, wanted: str) -> Revision | None:
    """A revision from what is kept of it."""
    for manifest in observed.revisions:
        data = manifest.get("data") or {}
        if manifest["metadata"]["name"] == wanted and data.get("template") and _mine(observed, manifest):
            return Revision(wanted, data.get("artifact", ""), data["template"], data.get("figures") or {})
    return None


def next_number(observed: state.Observed) -> int:
    """Number of a new revision."""
    return 1 + max((manifest.get("revision", 0) for manifest in observed.revisions), default=0)


def surplus(observed: state.Observed, limit: int, needed: Sequence[str]) -> tuple[kinds.Manifest, ...]:
    """The oldest beyond the limit (spec.artifact.historyLimit), never one that is needed."""
    mine = [manifest for manifest in observed.revisions if _mine(observed, manifest)]
    spare = [manifest for manifest in mine if manifest["metadata"]["name"] not in needed]
    spare.sort(key=lambda manifest: -manifest.get("revision", 0))
    return tuple(spare[max(0, limit - len(set(needed) - {""})) :])


def _mine(observed: state.Observed, manifest: kinds.Manifest) -> bool:
    return observed.uid in state.owner_uids(manifest)
