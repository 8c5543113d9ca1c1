"""K: the same work as a user of kopf writes it, all but the eyes on its children.

What kopf's documentation says, page by page (docs.kopf.dev, kopf 1.45):

    handlers      on.create, on.update and on.delete for the kinds that are ours; a finalizer where on.delete is
    errors        a handler that raises is called again, so it finds what is there already and goes on
    continuity    annotations keep the last handled state, and the progress of several handlers of one object
    patches       the status of the handled object goes through `patch`
    hierarchies   children have owner references and labels (the operator's own code has rendered them)

How the children are followed is what the contestants differ in, and they share everything else:

    bench/tracked.py   on.create and on.update of what they say in their status: an error is repeated
    bench/spied.py     on.event: an error is logged and then ignored

All else is kopf's default, but for its log: warnings alone, like the others'. `kopf run -m bench.tracked`.
"""

import os
from pathlib import Path
from typing import Any

import kopf
from kubernetes.aio import client, config
from kubernetes.aio.client import exceptions

from bench import children
from model_operator import names

SAMPLE = children.sample()
GROUP, VERSION = names.GROUP, names.VERSION
OURS = {names.MANAGED_BY_LABEL: names.MANAGED_BY}
CONFLICT, NOT_FOUND = 409, 404
Body = Any


@kopf.on.startup()
async def connect(memo: kopf.Memo, **_: Any) -> None:
    """One client for all handlers."""
    await config.load_kube_config(os.environ["KUBECONFIG"])  # type: ignore[no-untyped-call]
    memo.api = client.ApiClient()
    memo.custom = client.CustomObjectsApi(memo.api)
    if path := os.environ.get("BENCH_READY"):
        Path(path).touch()  # noqa: ASYNC240 - an empty file, once


@kopf.on.cleanup()
async def disconnect(memo: kopf.Memo, **_: Any) -> None:
    """Close it."""
    await memo.api.close()


@kopf.on.create(GROUP, VERSION, names.DEPLOYMENT_PLURAL)
async def make_claim(body: Body, namespace: Any, memo: kopf.Memo, **_: Any) -> None:
    """The artifact claim, unless it is there."""
    claim, core = _filler(body).fill(SAMPLE.claim), client.CoreV1Api(memo.api)
    try:
        await core.read_namespaced_persistent_volume_claim(claim["metadata"]["name"], namespace)
    except exceptions.ApiException as error:
        if error.status != NOT_FOUND:
            raise
        await _made(core.create_namespaced_persistent_volume_claim(namespace, claim))


@kopf.on.create(GROUP, VERSION, names.DEPLOYMENT_PLURAL)
async def make_endpoints(body: Body, namespace: Any, memo: kopf.Memo, **_: Any) -> None:
    """Services; one server has no PodDisruptionBudget."""
    for service in map(_filler(body).fill, SAMPLE.endpoints):
        await _made(client.CoreV1Api(memo.api).create_namespaced_service(namespace, service))


@kopf.on.create(GROUP, VERSION, names.DEPLOYMENT_PLURAL)
async def ask_for_build(body: Body, namespace: Any, memo: kopf.Memo, patch: kopf.Patch, **_: Any) -> None:
    """The ModelBuild, and the first status."""
    filler = _filler(body)
    wanted = filler.fill(SAMPLE.build)
    await _made(memo.custom.create_namespaced_custom_object(GROUP, VERSION, namespace, names.BUILD_PLURAL, wanted))
    patch.status.update(filler.status("building"))


@kopf.on.update(GROUP, VERSION, names.DEPLOYMENT_PLURAL, field="spec")
async def scale(body: Body, namespace: Any, memo: kopf.Memo, **_: Any) -> None:
    """The one change of a spec that a bench may make."""
    name, replicas = body["metadata"]["name"], body["spec"]["serving"]["replicas"]
    await client.AppsV1Api(memo.api).patch_namespaced_deployment(name, namespace, {"spec": {"replicas": replicas}})


@kopf.on.delete(GROUP, VERSION, names.DEPLOYMENT_PLURAL)
async def forget(name: Any, logger: kopf.Logger, **_: Any) -> None:
    """Owner references clean up."""
    logger.info("%s is deleted", name)


@kopf.on.create(GROUP, VERSION, names.BUILD_PLURAL)
async def run_build(body: Body, namespace: Any, memo: kopf.Memo, patch: kopf.Patch, **_: Any) -> None:
    """The Job."""
    filler = await _asking(memo, namespace, body)
    await _made(client.BatchV1Api(memo.api).create_namespaced_job(namespace, filler.fill(SAMPLE.job)))
    patch.status.update(filler.status("build-running"))


async def finish_build(job: Body, namespace: Any, memo: kopf.Memo) -> None:
    """The result of a Job, and the servers that it makes possible."""
    name = job["metadata"]["labels"][names.BUILD_LABEL]
    found = await memo.custom.get_namespaced_custom_object(GROUP, VERSION, namespace, names.BUILD_PLURAL, name)
    filler = await _asking(memo, namespace, found)
    await _tell(memo, namespace, (names.BUILD_PLURAL, name), filler.status("built"))
    revision, server = map(filler.fill, SAMPLE.servers)
    apps = client.AppsV1Api(memo.api)
    await _made(apps.create_namespaced_controller_revision(namespace, revision))
    await _made(apps.create_namespaced_deployment(namespace, server))
    await _tell(memo, namespace, (names.DEPLOYMENT_PLURAL, _owner(found)), filler.status("rolling"))


async def finish_rollout(name: Any, namespace: Any, memo: kopf.Memo) -> None:
    """Ready."""
    found = await memo.custom.get_namespaced_custom_object(GROUP, VERSION, namespace, names.DEPLOYMENT_PLURAL, name)
    await _tell(memo, namespace, (names.DEPLOYMENT_PLURAL, name), _filler(found).status("ready"))


async def _tell(memo: kopf.Memo, namespace: Any, about: tuple[str, str], status: Body) -> None:
    plural, name = about
    body = {"status": status}
    await memo.custom.patch_namespaced_custom_object_status(
        GROUP, VERSION, namespace, plural, name, body, _content_type="application/merge-patch+json"
    )


async def _asking(memo: kopf.Memo, namespace: Any, build: Body) -> children.Filler:
    """Of whoever asked for a build."""
    plural, uid = names.DEPLOYMENT_PLURAL, build["metadata"]["uid"]
    found = await memo.custom.get_namespaced_custom_object(GROUP, VERSION, namespace, plural, _owner(build))
    return children.Filler(SAMPLE, found, uid)


def _owner(build: Body) -> str:
    return str(build["metadata"]["ownerReferences"][0]["name"])


def _filler(body: Body) -> children.Filler:
    return children.Filler(SAMPLE, body)


async def _made(creation: Any) -> None:
    """Create it, or find it made by an earlier try."""
    try:
        await creation
    except exceptions.ApiException as error:
        if error.status != CONFLICT:
            raise
