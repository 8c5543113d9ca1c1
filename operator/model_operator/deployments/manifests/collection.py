"""What removes artifacts: Jobs, and for a claim the list of what they must keep.

    claim      record (ConfigMap)    keep: a digest a line; at; run          one for each claim, of all its users
               Job of a run          removes what is on the claim and not on the list
    registry   Job                   deletes the artifacts that it is told

A Job on a claim is told what to keep, and one in a registry what to delete, because all that is on a claim is this
namespace's, and a repository may be anybody's.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from model_builder import contract
from model_operator import conditions, containers, kinds, locations, names, registries
from model_operator.api import types
from model_operator.deployments import state

KEEP, RUN = "keep", "run"
#: What a Job reads: the list, and of which run it is.
FILES = (KEEP, RUN)
RECORD_MOUNT = "/modelsmith/collection"
STORE, STORE_MOUNT = "store", "/modelsmith/store"
REQUESTS = {"cpu": "50m", "memory": "64Mi"}
LIMITS = {"memory": "512Mi"}
#: A pod that no node takes must not begin with the list of another day.
DEADLINE_SECONDS = 600
#: Its pod holds the claim, which cannot go before it.
TTL_SECONDS = 600
BACKOFF_LIMIT = 2
#: An artifact this much younger than the list stays: a build may have found it, or made it, and not have said so.
GRACE = dt.timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class Record:
    """What is written down about collecting on a claim.

    keep   digests that were needed when it was last collected, or have been let go since; and marks (`collecting`)
    users  who was seen using a claim that somebody made: short uids
    run    number of the last run, 0 before the first; `at` is when it was wanted
    """

    keep: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    run: int = 0
    at: dt.datetime | None = None


def read(manifest: kinds.Manifest | None) -> Record | None:
    """The record; what cannot be understood counts as nothing, and is written anew."""
    if manifest is None:
        return None
    data = manifest.get("data") or {}
    run, at = data.get(RUN, ""), data.get("at", "")
    try:
        when = dt.datetime.fromisoformat(at) if at else None
    except ValueError:
        when = None
    users = frozenset(filter(None, data.get("users", "").split(",")))
    return Record(frozenset(data.get(KEEP, "").split()), users, int(run) if run.isdecimal() else 0, when)


def record(
    name: str, namespace: str, collector: str, owners: Sequence[dict[str, Any]], content: Record
) -> kinds.Manifest:
    """The ConfigMap. Whatever happens to it wakes the collector."""
    said = {
        KEEP: "".join(f"{line}\n" for line in sorted(content.keep)),
        "users": ",".join(sorted(content.users)),
        RUN: str(content.run),
        "at": conditions.timestamp(content.at) if content.at else "",
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": containers.labels(names.COLLECTOR, name, **{names.DEPLOYMENT_LABEL: collector}),
            "ownerReferences": list(owners),
        },
        "data": {key: value for key, value in said.items() if value or key == KEEP},
    }


def claim_job(
    record: kinds.Manifest, claim: str, image: str, content: Record, owners: Sequence[dict[str, Any]]
) -> kinds.Manifest:
    """The Job of a run. What came to the claim later than the list is no business of this one, whenever it starts."""
    metadata = record["metadata"]
    before = conditions.timestamp(content.at - GRACE) if content.at else ""
    words = [f"--store={STORE_MOUNT}", f"--list={RECORD_MOUNT}", f"--run={content.run}", f"--before={before}"]
    mounts = [containers.mount(STORE, STORE_MOUNT), containers.mount("collection", RECORD_MOUNT, read_only=True)]
    files = [{"key": key, "path": key} for key in FILES]
    volumes: list[dict[str, Any]] = [
        {"name": STORE, "persistentVolumeClaim": {"claimName": claim}},
        {"name": "collection", "configMap": {"name": metadata["name"], "items": files}},
    ]
    name = names.collection_job(metadata["name"], content.run)
    made = _job(
        name, metadata["namespace"], metadata["labels"][names.DEPLOYMENT_LABEL], _pod(image, words, mounts, volumes)
    )
    return {**made, "metadata": {**made["metadata"], "ownerReferences": list(owners)}}


def registry_job(
    resource: kinds.Manifest, name: str, image: str, store: types.OciStore, digests: Iterable[str]
) -> kinds.Manifest:
    """The Job that deletes artifacts. Nobody owns it: a deletion in the foreground would take it with the rest."""
    metadata = resource["metadata"]
    plain = ["--plain-http"] if store.plain_http else []
    removed = [f"--remove={digest}" for digest in sorted(digests)]
    words = [f"--store={locations.REPOSITORY}{store.repository}", *plain, *removed]
    secret = store.push_secret_name
    pod = _pod(image, words, registries.mounts(secret), registries.volumes(secret), registries.environment(secret))
    return _job(name, metadata["namespace"], metadata["name"], pod)


def counted(job: kinds.Manifest, asked: types.Resources) -> kinds.Manifest:
    """The Job where a ResourceQuota counts what the builds of its namespace are asked to limit."""
    template = job["spec"]["template"]
    pod = containers.counted(template["spec"], asked)
    return {**job, "spec": {**job["spec"], "template": {**template, "spec": pod}}}


def failure_policy() -> dict[str, Any]:
    """What the registry refuses, and a defect of ours, is final; a disruption does not count."""
    values = sorted(int(code) for code in (contract.ExitCode.REJECTED, contract.ExitCode.INTERNAL))
    final = {"containerName": names.COLLECTOR, "operator": "In", "values": values}
    return {
        "rules": [
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": "FailJob", "onExitCodes": final},
        ]
    }


def told(job: kinds.Manifest, pods: Iterable[kinds.Manifest]) -> str:
    """Why a Job failed, in the last words of its newest pod or in those of its controller."""
    condition = kinds.condition(job, "Failed") or {}
    for pod in reversed(list(pods)):
        if (pod["metadata"].get("labels") or {}).get(names.JOB_NAME_LABEL) == job["metadata"]["name"]:
            for status in state.field(pod, "status", "containerStatuses") or ():
                words = state.field(status, "state", "terminated", "message")
                if words:
                    return conditions.cut(words.strip().splitlines()[-1], 500)
    return conditions.cut(condition.get("message") or condition.get("reason") or "it left no word", 500)


def _job(name: str, namespace: str, deployment: str, pod: dict[str, Any]) -> kinds.Manifest:
    """The label of the ModelDeployment is on the Job alone: on the pod, it would make it a server."""
    labels = containers.labels(names.COLLECTOR, name)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": {**labels, names.DEPLOYMENT_LABEL: deployment}},
        "spec": {
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "backoffLimit": BACKOFF_LIMIT,
            "podFailurePolicy": failure_policy(),
            "ttlSecondsAfterFinished": TTL_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _pod(
    image: str,
    words: Sequence[str],
    mounts: Sequence[containers.Mount],
    volumes: Sequence[dict[str, Any]],
    variables: dict[str, str] | None = None,
) -> dict[str, Any]:
    container = containers.container(
        names.COLLECTOR,
        image,
        ["python3", "-m", "model_builder", "gc", *words],
        env=containers.environment({"HOME": "/tmp", **(variables or {})}),
        resources=containers.resources(types.Resources(), REQUESTS, LIMITS),
        mounts=[*mounts, containers.mount("tmp", "/tmp")],
    )
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": containers.pod_security(),
        "containers": [{**container, "terminationMessagePolicy": "FallbackToLogsOnError"}],
        "volumes": [*volumes, containers.empty_directory("tmp")],
    }
