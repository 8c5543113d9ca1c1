"""Who uses a store, who of them cleans it up, and which artifacts are needed by anybody in the namespace. Pure.

An artifact is needed when it is named by

    status.artifact, status.history   of any ModelDeployment, also of one that is being deleted
    a ControllerRevision              may be rolled back to; its limit is spec.artifact.historyLimit
    a ModelBuild                      may serve next
    a Deployment                      serves, whatever became of the rest

in any store: a digest that is needed anywhere is kept everywhere. What is not seen is never the reason to delete.
"""

import hashlib
from collections.abc import Iterable, Iterator

from model_operator import kinds, names
from model_operator.api import deployment
from model_operator.builds import state as build_state
from model_operator.deployments import owning, state

DELETE, RETAIN = "Delete", "Retain"


def record_name(claim: str) -> str:
    """Name of what is written down about a claim, whose own name may be longer than that of a Job."""
    return names.collection(hashlib.sha256(claim.encode()).hexdigest())


def made_here(claim: kinds.Manifest | None) -> bool:
    """The operator made the claim: nothing but artifacts of this namespace is on it."""
    labels = ((claim or {}).get("metadata") or {}).get("labels") or {}
    return labels.get(names.MANAGED_BY_LABEL) == names.MANAGED_BY


def users(observed: state.Observed, claim: str) -> list[kinds.Manifest]:
    """Who keeps artifacts on a claim. This one asks, so it is one of them."""
    found = [one for one in observed.siblings if owning.keeps_on(one, claim) and not state.leaving(one)]
    return [*found, observed.resource]


def oldest(observed: state.Observed, claim: str) -> kinds.Manifest:
    """Who cleans up for all users of a claim: everybody finds the same one."""
    return min(users(observed, claim), key=_age)


def is_collector(observed: state.Observed, claim: str) -> bool:
    """It is the oldest; told without looking at all the others, because each asks at each look."""
    mine = _age(observed.resource)
    older = (one for one in observed.siblings if _age(one) < mine)
    return not any(owning.keeps_on(one, claim) and not state.leaving(one) for one in older)


def collects(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> bool:
    """Everybody who uses the claim lets go of what nothing needs."""
    if spec.artifact.oci or observed.claim is None:
        return False
    default = DELETE if made_here(observed.claim) else RETAIN
    said = (state.field(one, "spec", "artifact", "reclaimPolicy") for one in users(observed, spec.artifact.claim_name))
    return all((policy or default) == DELETE for policy in said)


def removes(spec: deployment.ModelDeploymentSpec | None) -> bool:
    """Artifacts in a registry are deleted when they leave."""
    return bool(spec and spec.artifact.oci and spec.artifact.reclaim_policy == DELETE)


def held(resource: kinds.Manifest) -> bool:
    """It has our finalizer."""
    return names.FINALIZER in (resource["metadata"].get("finalizers") or ())


def looks_around(observed: state.Observed) -> bool:
    """It is this one's turn to clean up, so it must know what everybody needs."""
    spec = observed.spec
    if spec is None or spec.artifact.oci:
        return held(observed.resource) or removes(spec)
    if state.leaving(observed.resource):
        return held(observed.resource)
    return is_collector(observed, spec.artifact.claim_name) and collects(observed, spec)


def needed(observed: state.Observed, *, without: Iterable[kinds.Manifest] = ()) -> frozenset[str]:
    """Digests that somebody needs. `without` leaves out objects that are about to go."""
    around, gone = observed.around or state.Surroundings(), {_uid(one) for one in without}
    living = (one for one in (observed.resource, *observed.siblings) if _uid(one) not in gone)
    kept = (one for one in (*around.builds, *around.revisions, *around.servers) if _uid(one) not in gone)
    return frozenset(digest for one in (*living, *kept) for digest in named(one))


def named(manifest: kinds.Manifest) -> Iterator[str]:
    """Digests of the artifacts that an object of ours names."""
    said = [state.field(manifest, "status", "artifact", "digest")]
    match manifest.get("kind"):
        case names.DEPLOYMENT_KIND:
            said += [entry.get("artifact") for entry in state.field(manifest, "status", "history") or ()]
        case "ControllerRevision":
            said = [state.field(manifest, "data", "artifact")]
        case "Deployment":
            said = list(_mounted(manifest))
    yield from (digest for digest in said if digest)


def _mounted(server: kinds.Manifest) -> Iterator[str]:
    """What the pods of a Deployment see of a claim."""
    spec = state.field(server, "spec", "template", "spec") or {}
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for mount in container.get("volumeMounts") or ():
            folder, _, digest = mount.get("subPath", "").partition("/")
            if folder == names.ARTIFACTS:
                yield f"sha256:{digest}"


def builds_run(observed: state.Observed, store: str) -> bool:
    """A build into the store runs: it may just have found there what nobody needs yet."""
    around = observed.around or state.Surroundings()
    into = {one["metadata"]["name"] for one in around.builds if stored_in(one) == store}
    running = (job for job in around.jobs if not build_state.over(job))
    return any((job["metadata"].get("labels") or {}).get(names.BUILD_LABEL) in into for job in running)


def stored_in(build: kinds.Manifest) -> str:
    """Claim or repository of a ModelBuild."""
    store = state.field(build, "spec", "store") or {}
    return str(store.get("claimName") or (store.get("oci") or {}).get("repository") or "")


def dangling(observed: state.Observed) -> bool:
    """Something outlived its owners, and Kubernetes is about to collect it. Without owners it is somebody's own."""
    around = observed.around or state.Surroundings()
    present = {_uid(one) for one in (observed.resource, *observed.siblings)}
    owners = (state.owner_uids(one) for one in (*around.builds, *around.revisions))
    return any(found and not found & present for found in owners)


def _age(resource: kinds.Manifest) -> tuple[str, str]:
    metadata = resource["metadata"]
    return str(metadata.get("creationTimestamp", "")), str(metadata["name"])


def _uid(manifest: kinds.Manifest) -> str:
    return str(manifest["metadata"].get("uid", ""))
