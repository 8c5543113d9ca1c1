"""Gather what is known about one ModelDeployment: from the cache, and by name what is not watched."""

import asyncio
import dataclasses

from model_operator import decisions, kinds, names, pods, settings
from model_operator.api import deployment, parsing
from model_operator.deployments import children, keeping, requests, servers, state

#: Sentinels asked at a look: servers of one revision fail alike.
ASKED = 3


async def observe(
    cache: decisions.Cache, reader: decisions.Reader, key: kinds.Key, settings: settings.Settings
) -> state.Observed | None:
    """What `decide` may look at; None when there is no such ModelDeployment."""
    resource = cache.get(key)
    if resource is None:
        return None
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, resource)
    labels = {names.DEPLOYMENT_LABEL: key.name}
    siblings = cache.outlines(kinds.MODEL_DEPLOYMENT, key.namespace)
    observed = state.Observed(
        resource=resource,
        spec=spec,
        problem=problem,
        images=settings.images,
        image_volumes=settings.mounts_images,
        status=parsing.status(deployment.ModelDeploymentStatus, resource),
        siblings=tuple(one for one in siblings if one["metadata"]["name"] != key.name),
        revisions=tuple(cache.select(kinds.CONTROLLER_REVISION, key.namespace, labels)),
    )
    if state.leaving(resource):
        return _with_surroundings(observed, cache)
    observed = dataclasses.replace(
        observed,
        pods=tuple(cache.select(kinds.POD, key.namespace, labels)),
        builds=_own_builds(cache, resource),
        children=await _children(cache, reader, key, spec),
    )
    observed = await _with_events(await _with_source(observed, cache, reader), reader)
    observed = _with_surroundings(observed, cache)
    return await _with_answers(observed, reader)


def _own_builds(cache: decisions.Cache, resource: kinds.Manifest) -> tuple[kinds.Manifest, ...]:
    metadata = resource["metadata"]
    return tuple(cache.owned(kinds.MODEL_BUILD, metadata["namespace"], metadata["uid"]))


async def _children(
    cache: decisions.Cache, reader: decisions.Reader, key: kinds.Key, spec: deployment.ModelDeploymentSpec | None
) -> tuple[kinds.Manifest, ...]:
    """By name, and those that are used from the API server while the cache has none: somebody else's is not watched."""
    keys = (
        kinds.Key(kinds.DEPLOYMENT, key.namespace, key.name),
        kinds.Key(kinds.SERVICE, key.namespace, key.name),
        kinds.Key(kinds.SERVICE, key.namespace, names.headless_service(key.name)),
        kinds.Key(kinds.POD_DISRUPTION_BUDGET, key.namespace, key.name),
    )
    used = {child for child in keys if spec is None or children.uses(child.kind, spec)}
    found = [cache.get(child) or (await reader.taken(child) if child in used else None) for child in keys]
    return tuple(child for child in found if child is not None)


async def _with_source(observed: state.Observed, cache: decisions.Cache, reader: decisions.Reader) -> state.Observed:
    """With the content of a ConfigMap, the claim, and the build that all this asks for, whoever owns it."""
    spec = observed.spec
    if spec is None:
        return observed
    content, claim = await _content(observed, spec, reader), await _claim(observed, spec, cache, reader)
    observed = dataclasses.replace(observed, content=content, claim=claim)
    wanted = requests.wanted(observed, spec)
    if wanted is None or observed.build(wanted.name):
        return observed
    build = cache.get(kinds.Key(kinds.MODEL_BUILD, observed.namespace, wanted.name))
    return dataclasses.replace(observed, builds=(*observed.builds, build)) if build else observed


async def _claim(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, cache: decisions.Cache, reader: decisions.Reader
) -> kinds.Manifest | None:
    """The artifact claim, whoever made it; none where artifacts are kept in a registry."""
    if spec.artifact.oci:
        return None
    key = kinds.Key(kinds.PERSISTENT_VOLUME_CLAIM, observed.namespace, spec.artifact.claim_name)
    return cache.get(key) or await reader.read(key)


def _with_surroundings(observed: state.Observed, cache: decisions.Cache) -> state.Observed:
    """With what is needed to clean up; the whole namespace is looked at by whose turn it is, and by nobody else."""
    if observed.spec and not observed.spec.artifact.oci:
        name = keeping.record_name(observed.spec.artifact.claim_name)
        key = kinds.Key(kinds.CONFIG_MAP, observed.namespace, name)
        observed = dataclasses.replace(observed, record=cache.get(key))
    if not keeping.looks_around(observed):
        return observed

    def every(kind: kinds.Kind) -> tuple[kinds.Manifest, ...]:
        return tuple(cache.outlines(kind, observed.namespace))

    around = state.Surroundings(
        builds=every(kinds.MODEL_BUILD),
        revisions=every(kinds.CONTROLLER_REVISION),
        servers=every(kinds.DEPLOYMENT),
        jobs=every(kinds.JOB),
        pods=tuple(cache.select(kinds.POD, observed.namespace, {names.COMPONENT_LABEL: names.COLLECTOR})),
    )
    return dataclasses.replace(observed, around=around)


async def _content(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, reader: decisions.Reader
) -> state.Content | None:
    """Read, because users' ConfigMaps are not watched; once for a burst of looks, because they may hold a megabyte.

    What a user asks next is another cause: it is never answered with what was there before.
    """
    source = spec.model.source.config_map
    if source is None:
        return None
    cause = (observed.uid, observed.generation, observed.requested_at, observed.upgraded_at)
    key = kinds.Key(kinds.CONFIG_MAP, observed.namespace, source.name)
    shown = await reader.shown(key, cause, state.content)
    return shown[0] if shown else None


async def _with_events(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """Mounts and sandboxes fail in Events only: asked for while a server is silent."""
    silent = next((pod for pod in observed.pods if pods.silent(pod)), None)
    return dataclasses.replace(observed, events=tuple(await reader.events(silent))) if silent else observed


async def _with_answers(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """Why a server that runs is not ready, only its sentinel knows: Triton's words stand in no object."""
    asked = [pod for pod in observed.pods if servers.runs_unready(pod)][:ASKED]
    answers = await asyncio.gather(*(reader.sentinel(pod) for pod in asked))
    told = {pod["metadata"]["name"]: answer for pod, answer in zip(asked, answers, strict=True)}
    return dataclasses.replace(observed, answers=told) if told else observed
