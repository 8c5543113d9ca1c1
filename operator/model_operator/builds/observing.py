"""Gather what is known about one ModelBuild: from the cache, and by name what is not watched."""

import dataclasses

from model_operator import decisions, kinds, names, pods, settings
from model_operator.api import build, parsing, types
from model_operator.builds import state


async def observe(
    cache: decisions.Cache, reader: decisions.Reader, key: kinds.Key, settings: settings.Settings
) -> state.Observed | None:
    """What `decide` may look at; None when there is no such ModelBuild."""
    del settings  # A build holds everything that it needs: another version of the operator runs it alike.
    resource = cache.get(key)
    if resource is None:
        return None
    spec, problem = parsing.spec(build.ModelBuildSpec, resource)
    labels = {names.BUILD_LABEL: key.name}
    observed = state.Observed(
        resource=resource,
        spec=spec,
        problem=problem,
        status=parsing.status(build.ModelBuildStatus, resource),
        jobs=tuple(cache.select(kinds.JOB, key.namespace, labels)),
        pods=tuple(cache.select(kinds.POD, key.namespace, labels)),
    )
    return await completed(observed, cache, reader)


async def completed(observed: state.Observed, cache: decisions.Cache, reader: decisions.Reader) -> state.Observed:
    """With what must be asked for: the source and the store before there is a Job, Events when a Job says nothing."""
    if observed.spec is None or observed.answered or observed.spec.execution.suspend:
        return observed
    if observed.job is None:
        return await _with_needs(observed, observed.spec, cache, reader)
    if silent := _silent(observed, observed.job):
        return dataclasses.replace(observed, events=tuple(await reader.events(silent)))
    return observed


async def _with_needs(
    observed: state.Observed, spec: build.ModelBuildSpec, cache: decisions.Cache, reader: decisions.Reader
) -> state.Observed:
    namespace = observed.resource["metadata"]["namespace"]
    source_absent = await _absent(_source(spec.source, namespace), cache, reader)
    claim = spec.store.claim_name  # A registry is no object of the cluster: fetch and publish tell about it.
    key = kinds.Key(kinds.PERSISTENT_VOLUME_CLAIM, namespace, claim) if claim else None
    store_absent = await _absent(key, cache, reader) if key else ""
    return dataclasses.replace(observed, source_absent=source_absent, store_absent=store_absent)


def _source(source: types.Source, namespace: str) -> kinds.Key:
    if source.config_map:
        return kinds.Key(kinds.CONFIG_MAP, namespace, source.config_map.name)
    return kinds.Key(kinds.PERSISTENT_VOLUME_CLAIM, namespace, source.pvc.claim_name if source.pvc else "")


async def _absent(key: kinds.Key, cache: decisions.Cache, reader: decisions.Reader) -> str:
    """Kind and name of what does not exist, else empty."""
    return "" if cache.get(key) or await reader.exists(key) else f"{key.kind.kind} {key.name!r}"


def _silent(observed: state.Observed, job: kinds.Manifest) -> kinds.Manifest | None:
    """Whose Events may tell what its status does not: a Job without pods, or a pod in which nothing runs."""
    if state.over(job) or state.queued(job):
        return None
    newest = observed.job_pods[-1] if observed.job_pods else None
    if newest is None:
        return job
    return newest if pods.silent(newest) else None
