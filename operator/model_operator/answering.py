"""Which room answers which question: kind -> observe and decide, with the clock and the installation filled in."""

import dataclasses
import datetime as dt
from collections.abc import Mapping

from model_operator import decisions, kinds, reconciling, refusals, settings
from model_operator.builds import deciding as build_deciding
from model_operator.builds import observing as build_observing
from model_operator.deployments import deciding as deployment_deciding
from model_operator.deployments import observing as deployment_observing


def deciders(
    chosen: settings.Settings, cache: decisions.Cache, reader: decisions.Reader
) -> Mapping[kinds.Kind, reconciling.Decide]:
    """One decider for each kind of ours."""

    async def build(key: kinds.Key, refused: tuple[refusals.Refusal, ...] = ()) -> decisions.Decision | None:
        observed = await build_observing.observe(cache, reader, key, chosen)
        return build_deciding.decide(dataclasses.replace(observed, refused=refused), _now()) if observed else None

    async def deployment(key: kinds.Key, refused: tuple[refusals.Refusal, ...] = ()) -> decisions.Decision | None:
        observed = await deployment_observing.observe(cache, reader, key, chosen)
        return deployment_deciding.decide(dataclasses.replace(observed, refused=refused), _now()) if observed else None

    return {kinds.MODEL_BUILD: build, kinds.MODEL_DEPLOYMENT: deployment}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
