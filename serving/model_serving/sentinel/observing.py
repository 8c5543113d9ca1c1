"""One look at Triton over HTTP: is the model ready, do golden samples come out right, does anything succeed."""

import collections
import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp
import numpy as np

from model_serving.sentinel import decide, golden, traffic, wire

#: Triton's statuses from here on are the server's fault; those below it are the request's.
SERVER_FAULT = 500
#: Not now: a full queue, or a request that waited in it for too long.
UNAVAILABLE = 503
#: Seconds for all but golden inferences; enough for a health answer on a crowded machine.
HEALTH_TIMEOUT = 5.0


def session(triton: str) -> aiohttp.ClientSession:
    """Connections for one request each: a kept one would hold Triton's exit until its limit."""
    timeout = aiohttp.ClientTimeout(total=HEALTH_TIMEOUT)
    return aiohttp.ClientSession(triton, timeout=timeout, connector=aiohttp.TCPConnector(force_close=True))


@dataclasses.dataclass(frozen=True)
class Watched:
    """What is watched, and how."""

    model: str
    samples: Sequence[golden.Sample]
    timeout: float
    """Seconds that one golden inference may take."""
    metrics: str = ""
    """Triton's metrics, which answer where its HTTP is silent; empty: they are not asked."""
    cached: bool = False
    """Triton may answer out of its response cache, which proves nothing about the model."""
    own: str = ""
    """Id of the golden requests, by which a trace tells them from clients'."""


class Observer:
    """Remembers which sample is next, and its own share of Triton's counts; all else is in `decide.State`."""

    def __init__(self, session: aiohttp.ClientSession, watched: Watched) -> None:
        """`session` has Triton as its base URL."""
        self.ledger = traffic.Ledger()
        self._session = session
        self._watched = watched
        self._model = f"/v2/models/{watched.model}"
        self._timeout = aiohttp.ClientTimeout(total=watched.timeout)
        self._next = 0
        self._source = np.random.default_rng()
        self._sent: collections.Counter[bool] = collections.Counter()

    async def look(self, *, all_samples: bool) -> decide.Observation:
        """Look once. `all_samples`: every golden sample must come out right, not just the next one in turn."""
        try:
            server, message = await self._server()
            if server is decide.Server.READY:
                return await self._asked(all_samples=all_samples)
            return self._without(server, message)
        except TimeoutError:
            silent = self._without(decide.Server.SILENT, f"Triton did not answer for {HEALTH_TIMEOUT:g} s")
            return dataclasses.replace(silent, successes=await self._successes_by_metrics())
        except aiohttp.ClientConnectorError as error:
            return self._without(decide.Server.ABSENT, f"Triton does not listen (yet): {error.strerror}")
        except (aiohttp.ClientError, OSError) as error:
            return self._without(decide.Server.ABSENT, f"Triton's connection broke: {error}")

    def _without(self, server: decide.Server, message: str) -> decide.Observation:
        return decide.Observation(now=time.monotonic(), server=server, message=message)

    async def _asked(self, *, all_samples: bool) -> decide.Observation:
        """Counts, golden requests, counts."""
        before, self._sent = await self._counts(), collections.Counter()
        outcome, details = await self._golden(all_samples=all_samples)
        after, now = await self._counts(), time.monotonic()
        sent = traffic.Look(now, before, after, succeeded=self._sent[True], failed=self._sent[False])
        self.ledger = traffic.account(self.ledger, sent)
        return decide.Observation(
            now=now,
            server=decide.Server.READY,
            golden=outcome,
            message=details,
            successes=self.ledger.others(after.succeeded) if after else None,
        )

    async def _server(self) -> tuple[decide.Server, str]:
        async with self._session.get(f"{self._model}/ready") as answer:
            if answer.ok:
                return decide.Server.READY, ""
        async with self._session.post("/v2/repository/index") as answer:
            index = await answer.json(content_type=None)
        return decide.Server.NOT_READY, _why(index, self._watched.model)

    async def _counts(self) -> traffic.Counts | None:
        """Triton counts per model version; there is one."""
        async with self._session.get(f"{self._model}/stats") as answer:
            if not answer.ok:
                return None
            statistics = await answer.json(content_type=None)
        found = statistics["model_stats"][0]["inference_stats"]
        return traffic.Counts(found["success"]["count"], found["fail"]["count"], found["success"]["ns"])

    async def _successes_by_metrics(self) -> int | None:
        """From another port, which answers while a crowd is at the door of HTTP."""
        if not self._watched.metrics:
            return None
        try:
            async with self._session.get(self._watched.metrics) as answer:
                counted = wire.successes(await answer.text(), self._watched.model)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        return None if counted is None else self.ledger.others(counted)

    async def _golden(self, *, all_samples: bool) -> tuple[decide.Golden, str]:
        if not self._watched.samples:
            return decide.Golden.NONE, "no golden samples in the artifact"
        for sample in self._turn(all_samples=all_samples):
            outcome, details = await self._compare(sample)
            if outcome is not decide.Golden.RIGHT:
                return outcome, details
        if self._watched.cached:
            return await self._compare(golden.mixed(self._watched.samples, self._source), values=False)
        return decide.Golden.RIGHT, ""

    def _turn(self, *, all_samples: bool) -> Iterator[golden.Sample]:
        if all_samples:
            yield from self._watched.samples
        else:
            yield self._watched.samples[self._next % len(self._watched.samples)]
            self._next += 1

    async def _compare(self, sample: golden.Sample, *, values: bool = True) -> tuple[decide.Golden, str]:
        """Ask, and hold the answer against the sample's; without `values` any answer will do."""
        body, headers = wire.request(sample.inputs, sample.outputs, self._watched.own)
        try:
            async with self._session.post(
                f"{self._model}/infer", data=body, headers=headers, timeout=self._timeout
            ) as answer:
                content = await answer.read()
                if answer.ok or answer.status >= SERVER_FAULT:  # an invalid request is counted nowhere
                    self._sent[answer.ok] += 1
                if not answer.ok:
                    return _fault(answer.status, values=values), _error(content)
                difference = golden.difference(sample, wire.answer(content, answer.headers)) if values else ""
        except TimeoutError:
            return decide.Golden.STALLED, f"a golden inference got no answer in {self._timeout.total:g} s"
        except (ValueError, KeyError) as error:
            return decide.Golden.WRONG, f"Triton's answer is not understood: {error!r}"
        return (decide.Golden.WRONG, f"golden inference: {difference}") if difference else (decide.Golden.RIGHT, "")


def _fault(status: int, *, values: bool) -> decide.Golden:
    """Whose an error is. A mixture of samples may be invalid, and the server that says so lives."""
    if status == UNAVAILABLE:
        return decide.Golden.STALLED
    if status >= SERVER_FAULT:
        return decide.Golden.FAILED
    return decide.Golden.WRONG if values else decide.Golden.RIGHT


def _why(index: list[dict[str, Any]], model: str) -> str:
    """Triton's own words."""
    for entry in index:
        if entry["name"] == model:
            return entry.get("reason") or f"model {model} is {entry.get('state', 'neither loaded nor loading')}"
    return f"Triton's repository has no model {model}"


def _error(content: bytes) -> str:
    """Triton's own words, or what came instead."""
    try:
        return str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError):
        return content[:200].decode(errors="replace")
