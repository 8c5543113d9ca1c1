"""Gather what is known about one ModelDeployment: from the cache, and by name what is not watched."""

import dataclasses
from collections.abc import Iterator, Mapping

from model_operator import claims, decisions, kinds, names, policies, settings
from model_operator.api import deployment, parsing
from model_operator.deployments import children, inquiring, keeping, requests, routing, scaling, state


async def observe(
    cache: decisions.Cache, reader: decisions.Reader, key: kinds.Key, settings: settings.Settings
) -> state.Observed | None:
    """What `decide` may look at; None when there is no such ModelDeployment."""
    resource = cache.get(key)
    if resource is None:
        return None
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, resource)
    observed = state.Observed(
        resource=resource,
        spec=spec,
        problem=problem,
        images=settings.images,
        image_volumes=settings.mounts_images,
        policy=settings.policy,
        prometheus=settings.prometheus_url,
        status=parsing.status(deployment.ModelDeploymentStatus, resource),
    )
    if state.leaving(resource):
        return _with_surroundings(_with_siblings(observed, cache), cache)
    content, unwatched = await _content(observed, reader), await _unwatched(observed, cache, reader)
    secrets = await _secrets(observed, reader)
    observed = _as_cached(dataclasses.replace(observed, content=content, secrets=secrets), cache, unwatched)
    return await inquiring.ask(observed, reader)


def _as_cached(
    observed: state.Observed, cache: decisions.Cache, unwatched: Mapping[kinds.Key, kinds.Manifest]
) -> state.Observed:
    """With all that the cache holds, at one moment: after all reads, and nothing is waited for in between.

    Whoever wrote an object that is seen here is seen, too. A claim names its users; were they looked at before it, one
    who has come between the two would count as gone.
    """
    namespace, uid = observed.namespace, observed.uid
    labels = {names.DEPLOYMENT_LABEL: observed.name}
    keys = (*_child_keys(observed), *routing.unwatched(observed), *scaling.unwatched(observed))
    found = ((cache.get(key) or unwatched.get(key)) for key in keys)
    claim = _claim_key(observed)
    observed = dataclasses.replace(
        _with_siblings(observed, cache),
        pods=tuple(cache.select(kinds.POD, namespace, labels)),
        builds=tuple(cache.owned(kinds.MODEL_BUILD, namespace, uid)),
        children=(*(child for child in found if child is not None), *_canary(observed, cache)),
        claim=(cache.get(claim) or unwatched.get(claim)) if claim else None,
        rivals=tuple(_rivals(observed, cache)),
    )
    return _with_surroundings(_with_build(observed, cache), cache)


def _rivals(observed: state.Observed, cache: decisions.Cache) -> Iterator[kinds.Manifest]:
    """Who else claims a host of this one: asked for by the host, and so for most by nobody."""
    for claim in claims.of(observed.resource):
        yield from (one for one in cache.claimants(claim) if one["metadata"]["uid"] != observed.uid)


def _with_siblings(observed: state.Observed, cache: decisions.Cache) -> state.Observed:
    """With the others of the namespace, and what may be gone back to."""
    siblings = cache.outlines(kinds.MODEL_DEPLOYMENT, observed.namespace)
    labels = {names.DEPLOYMENT_LABEL: observed.name}
    return dataclasses.replace(
        observed,
        siblings=tuple(one for one in siblings if one["metadata"]["name"] != observed.name),
        revisions=tuple(cache.select(kinds.CONTROLLER_REVISION, observed.namespace, labels)),
    )


def _with_build(observed: state.Observed, cache: decisions.Cache) -> state.Observed:
    """With the build that is asked for, whoever owns it."""
    wanted = requests.wanted(observed, observed.spec) if observed.spec else None
    if wanted is None or observed.build(wanted.name):
        return observed
    build = cache.get(kinds.Key(kinds.MODEL_BUILD, observed.namespace, wanted.name))
    return dataclasses.replace(observed, builds=(*observed.builds, build)) if build else observed


def _canary(observed: state.Observed, cache: decisions.Cache) -> tuple[kinds.Manifest, ...]:
    """The Deployment of what is tried. Its name is nobody else's concern until one is made."""
    found = cache.get(kinds.Key(kinds.DEPLOYMENT, observed.namespace, names.canary(observed.name)))
    return (found,) if found and observed.uid in state.owner_uids(found) else ()


async def _unwatched(
    observed: state.Observed, cache: decisions.Cache, reader: decisions.Reader
) -> dict[kinds.Key, kinds.Manifest]:
    """What is used and the cache lacks, from the API server: somebody else's is not watched."""
    spec, keys = observed.spec, _child_keys(observed)
    used = (key for key in keys if spec is None or children.uses(key, observed.name, spec))
    found = {key: await reader.taken(key) for key in used if cache.get(key) is None}
    unwatched = (*routing.unwatched(observed), *scaling.unwatched(observed))
    found |= {key: await reader.read(key) for key in unwatched}
    claim = _claim_key(observed)
    if claim and cache.get(claim) is None:
        found[claim] = await reader.read(claim)
    return {key: manifest for key, manifest in found.items() if manifest is not None}


def _child_keys(observed: state.Observed) -> tuple[kinds.Key, ...]:
    """The children that have names of their own."""
    namespace, name = observed.namespace, observed.name
    return (
        kinds.Key(kinds.DEPLOYMENT, namespace, name),
        kinds.Key(kinds.SERVICE, namespace, name),
        kinds.Key(kinds.SERVICE, namespace, names.headless_service(name)),
        kinds.Key(kinds.POD_DISRUPTION_BUDGET, namespace, name),
        *scaling.keys(namespace, name),
        *routing.keys(namespace, name),
    )


def _claim_key(observed: state.Observed) -> kinds.Key | None:
    """The artifact claim, whoever made it; none where artifacts are kept in a registry."""
    if observed.spec is None or observed.spec.artifact.oci:
        return None
    return kinds.Key(kinds.PERSISTENT_VOLUME_CLAIM, observed.namespace, observed.spec.artifact.claim_name)


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


async def _secrets(observed: state.Observed, reader: decisions.Reader) -> dict[str, Mapping[str, str]]:
    """Labels of the Secrets that the spec names. Without that policy there is not even the right to ask."""
    named = policies.secrets_named(observed.spec) if observed.spec and observed.policy.secret_label else {}
    keys = (kinds.Key(kinds.SECRET, observed.namespace, name) for name in sorted(set(named.values())))
    found = {key.name: await reader.labels(key) for key in keys}
    return {name: labels for name, labels in found.items() if labels is not None}


async def _content(observed: state.Observed, reader: decisions.Reader) -> state.Content | None:
    """Read, because users' ConfigMaps are not watched; once for a burst of looks, because they may hold a megabyte.

    What a user asks next is another cause: it is never answered with what was there before.
    """
    source = observed.spec.model.source.config_map if observed.spec else None
    if source is None:
        return None
    cause = (observed.uid, observed.generation, observed.requested_at, observed.upgraded_at)
    key = kinds.Key(kinds.CONFIG_MAP, observed.namespace, source.name)
    shown = await reader.shown(key, cause, state.content)
    return shown[0] if shown else None
