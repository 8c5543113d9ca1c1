"""Ask what no cache holds: Events, nodes, sentinels. Each only while the answer decides something."""

import asyncio
import dataclasses

from model_operator import conditions, decisions, kinds, locations, placing, pods
from model_operator.deployments import scaling, sentinels, servers, state, strategies, surveying, upgrading
from model_operator.deployments.manifests import server


async def ask(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """With all answers."""
    observed = await _with_survey(await _with_events(observed, reader), reader)
    observed = await _with_scalers(observed, reader)
    return await _with_answers(await _with_room(observed, reader), reader)


async def _with_events(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """Mounts and sandboxes fail in Events only: asked for while a server is silent."""
    silent = next((pod for pod in observed.pods if pods.silent(pod)), None)
    return dataclasses.replace(observed, events=tuple(await reader.events(silent))) if silent else observed


async def _with_survey(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """Which nodes there are, while a server that needs one of a kind finds none."""
    wanting = (pod.get("spec") or {} for pod in observed.pods if pods.unscheduled(pod))
    spec = next(filter(placing.concerned, wanting), None)
    return dataclasses.replace(observed, survey=await surveying.survey(reader, spec)) if spec else observed


async def _with_scalers(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """Who else scales the Deployment, while its number of servers is somebody's doing, or about to be."""
    if not scaling.wonders(observed):
        return observed
    found = await reader.autoscalers(observed.namespace)
    return dataclasses.replace(observed, scalers=scaling.foreign(observed, found))


async def _with_room(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """Whether one more server of what is asked for finds a GPU, while a rollout may have to choose how it goes."""
    pod = _wanted_pod(observed)
    return dataclasses.replace(observed, room=await surveying.room(reader, pod)) if pod else observed


def _wanted_pod(observed: state.Observed) -> kinds.Manifest | None:
    """A server of the spec as nodes see it, when it needs a GPU and may come to replace another; else None."""
    spec, ready = observed.spec, conditions.find(observed.status.conditions, conditions.Type.READY)
    settled = ready is not None and (ready.status, ready.observed_generation) == ("True", observed.generation)
    if spec is None or spec.serving.gpu is None or observed.server is None or settled:
        return None
    if spec.serving.rollout.strategy in (strategies.ROLLING, strategies.RECREATE):
        return None
    where, images = locations.anywhere(spec.artifact), upgrading.offered(observed, spec).serving
    template = server.template(observed.name, "", where, spec, images, image_volumes=observed.image_volumes)
    pod: kinds.Manifest = template["spec"]
    return pod


async def _with_answers(observed: state.Observed, reader: decisions.Reader) -> state.Observed:
    """What only sentinels know: why a server that runs is not ready, and how those do that are compared."""
    asked = [pod for revision in _asked(observed) for pod in _some(observed, revision)]
    answers = await asyncio.gather(*(reader.sentinel(pod) for pod in asked))
    told = {pod["metadata"]["name"]: answer for pod, answer in zip(asked, answers, strict=True)}
    heard = {pod["metadata"]["name"]: said for pod in observed.pods if (said := reader.heard(pod))}
    return dataclasses.replace(observed, answers={**heard, **told}) if heard or told else observed


def _asked(observed: state.Observed) -> set[str]:
    """Revisions whose servers may be asked: those that are rolled out, tried or serve."""
    return {state.revision_of(observed.canary), observed.deployed} - {""}


def _some(observed: state.Observed, revision: str) -> list[kinds.Manifest]:
    """Servers of a revision, not ready ones first. Ready ones are asked where there is another to go back to."""
    pods = observed.pods_of(revision)
    unready, ready = filter(servers.runs_unready, pods), filter(servers.answers, pods)
    return [*unready, *(ready if len(observed.status.history) > 1 or observed.canary else ())][: sentinels.ASKED]
