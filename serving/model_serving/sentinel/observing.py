"""One look at Triton over HTTP: is the model ready, do golden samples come out right, does anything succeed."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp

from model_serving.sentinel import decide, golden, wire

#: Triton's statuses from here on are the server's fault; those below it are the request's.
SERVER_FAULT = 500
#: Seconds for all but golden inferences; enough for a health answer on a crowded machine.
HEALTH_TIMEOUT = 5.0


def session(triton: str) -> aiohttp.ClientSession:
    """Connections for one request each: a kept one would hold Triton's exit until its limit."""
    timeout = aiohttp.ClientTimeout(total=HEALTH_TIMEOUT)
    return aiohttp.ClientSession(triton, timeout=timeout, connector=aiohttp.TCPConnector(force_close=True))


class Observer:
    """Remembers which sample is next; all else is in `decide.State`."""

    def __init__(
        self, session: aiohttp.ClientSession, model: str, samples: Sequence[golden.Sample], timeout: float
    ) -> None:
        """`session` has Triton as its base URL; `timeout`: seconds one golden inference may take."""
        self._session = session
        self._model = f"/v2/models/{model}"
        self._name = model
        self._samples = samples
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._next = 0

    async def look(self, *, all_samples: bool) -> decide.Observation:
        """Look once. `all_samples`: every golden sample must come out right, not just the next one in turn."""
        try:
            server, message = await self._server()
            outcome, details = decide.Golden.UNTRIED, message
            if server is decide.Server.READY:
                outcome, details = await self._golden(all_samples=all_samples)
            return decide.Observation(
                now=time.monotonic(), server=server, golden=outcome, message=details, successes=await self._successes()
            )
        except TimeoutError:
            return self._without(decide.Server.SILENT, f"Triton did not answer for {HEALTH_TIMEOUT:g} s")
        except aiohttp.ClientConnectorError as error:
            return self._without(decide.Server.ABSENT, f"Triton does not listen (yet): {error.strerror}")
        except (aiohttp.ClientError, OSError) as error:
            return self._without(decide.Server.ABSENT, f"Triton's connection broke: {error}")

    def _without(self, server: decide.Server, message: str) -> decide.Observation:
        return decide.Observation(now=time.monotonic(), server=server, message=message)

    async def _server(self) -> tuple[decide.Server, str]:
        async with self._session.get(f"{self._model}/ready") as answer:
            if answer.ok:
                return decide.Server.READY, ""
        async with self._session.post("/v2/repository/index") as answer:
            index = await answer.json(content_type=None)
        return decide.Server.NOT_READY, _why(index, self._name)

    async def _successes(self) -> int | None:
        """Triton counts per model version; there is one."""
        async with self._session.get(f"{self._model}/stats") as answer:
            if not answer.ok:
                return None
            statistics = await answer.json(content_type=None)
        return sum(int(model["inference_stats"]["success"]["count"]) for model in statistics["model_stats"])

    async def _golden(self, *, all_samples: bool) -> tuple[decide.Golden, str]:
        if not self._samples:
            return decide.Golden.NONE, "no golden samples in the artifact"
        for sample in self._turn(all_samples=all_samples):
            outcome, details = await self._compare(sample)
            if outcome is not decide.Golden.RIGHT:
                return outcome, details
        return decide.Golden.RIGHT, ""

    def _turn(self, *, all_samples: bool) -> Iterator[golden.Sample]:
        if all_samples:
            yield from self._samples
        else:
            yield self._samples[self._next % len(self._samples)]
            self._next += 1

    async def _compare(self, sample: golden.Sample) -> tuple[decide.Golden, str]:
        body, headers = wire.request(sample.inputs, sample.outputs)
        try:
            async with self._session.post(
                f"{self._model}/infer", data=body, headers=headers, timeout=self._timeout
            ) as answer:
                content = await answer.read()
                if not answer.ok:
                    fault = decide.Golden.FAILED if answer.status >= SERVER_FAULT else decide.Golden.WRONG
                    return fault, _error(content)
                difference = golden.difference(sample, wire.answer(content, answer.headers))
        except TimeoutError:
            return decide.Golden.STALLED, f"a golden inference got no answer in {self._timeout.total:g} s"
        except (ValueError, KeyError) as error:
            return decide.Golden.WRONG, f"Triton's answer is not understood: {error!r}"
        return (decide.Golden.WRONG, f"golden inference: {difference}") if difference else (decide.Golden.RIGHT, "")


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
