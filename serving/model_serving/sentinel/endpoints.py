"""What the kubelet, the operator and Prometheus ask: /startupz /readyz /livez with a JSON reason, /metrics."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from model_serving.sentinel import decide, distributions, gauges, traffic

OK = 200
UNAVAILABLE = 503
#: Characters of a message: who reads the answer stops at 16 KiB, and half an answer is no JSON.
WORDS_LIMIT = 2000


@dataclasses.dataclass
class Board:
    """What was decided last: the loop writes it, the endpoints read it."""

    verdicts: decide.Verdicts = decide.BEGINNING
    golden: dict[decide.Golden, int] = dataclasses.field(default_factory=dict)
    """How many golden inferences ended how."""
    seconds: float = 0.0
    """How long the last look took."""
    state: decide.State = dataclasses.field(default_factory=decide.State)
    window: traffic.Traffic | None = None
    """What clients asked in the last minute; None before that is known."""
    long_window: traffic.Traffic | None = None
    """The same of the last ten minutes."""
    drift: tuple[distributions.Index, ...] = ()
    """How far the answers of sampled requests are from those to the evaluation set; empty where none are sampled."""
    expiry: float | None = None
    """When the certificate ends that Triton shows (Unix time); None without TLS, and before it was seen."""


def application(board: Board) -> web.Application:
    """The web application."""
    app = web.Application()
    app.router.add_get("/startupz", lambda _: _answer(board.verdicts.startup, {}))
    app.router.add_get("/readyz", lambda _: _answer(board.verdicts.readiness, report(board)))
    app.router.add_get("/livez", lambda _: _answer(board.verdicts.liveness, {}))
    app.router.add_get("/metrics", lambda _: _metrics(board))
    return app


def report(board: Board) -> dict[str, Any]:
    """What /readyz says beside its verdict: for who watches many servers, and decides on all of them."""
    return {
        "looks": board.state.looks,
        "proven": board.state.proven,
        "deaths": board.state.deaths,
        "golden": {outcome.value: count for outcome, count in board.golden.items()},
        "traffic": dataclasses.asdict(board.window) if board.window else None,
        "ten_minutes": dataclasses.asdict(board.long_window) if board.long_window else None,
        "drift": _worst(board.drift),
    }


def _worst(found: tuple[distributions.Index, ...]) -> dict[str, Any] | None:
    """Of the output that is furthest away; None until enough was sampled."""
    told = [(one.psi, one) for one in found if one.psi is not None]
    if not told:
        return None
    psi, worst = max(told, key=lambda pair: pair[0])
    return {"psi": round(psi, 3), "output": worst.output, "of": worst.of, "samples": worst.samples}


def body(verdict: decide.Verdict, more: Mapping[str, Any]) -> str:
    """JSON of an answer."""
    words = {**dataclasses.asdict(verdict), "message": verdict.message[:WORDS_LIMIT]}
    return json.dumps({**words, **more})


async def _answer(verdict: decide.Verdict, more: Mapping[str, Any]) -> web.Response:
    status = OK if verdict.ok else UNAVAILABLE
    return web.Response(text=body(verdict, more), content_type="application/json", status=status)


async def _metrics(board: Board) -> web.Response:
    return web.Response(text=metrics(board))


def metrics(board: Board) -> str:
    """Prometheus text. docs/metrics.md explains each."""
    verdicts, state = board.verdicts, board.state
    wrong = verdicts.readiness.reason is decide.Reason.GOLDEN_WRONG
    lines = [
        *gauges.gauge("ready", "1 while the pod may get requests.", verdicts.readiness.ok),
        *gauges.gauge("live", "0 when nothing succeeded for the limit.", verdicts.liveness.ok),
        *gauges.gauge("golden_wrong", "1 while golden inferences give wrong values.", wrong),
        *gauges.gauge("proven", "1 once the golden values came out right.", state.proven),
        *gauges.gauge(
            "looks", "Looks in a row with the present reason.", state.looks, reason=verdicts.readiness.reason
        ),
        *gauges.counter("deaths_total", "Times that liveness said no to a server that was there.", state.deaths),
        *gauges.gauge("look_seconds", "How long the last look at Triton took.", board.seconds),
        *gauges.counters("golden_total", "Golden inferences by how they ended.", "outcome", report(board)["golden"]),
        *_traffic(board.window),
        *_drift(board.drift),
        *_certificate(board.expiry),
    ]
    return "\n".join(lines) + "\n"


def _certificate(expiry: float | None) -> list[str]:
    if expiry is None:
        return []
    words = "When the certificate ends that Triton shows on its gRPC port."
    return gauges.gauge("certificate_expiry_timestamp_seconds", words, expiry)


def _drift(found: tuple[distributions.Index, ...]) -> list[str]:
    """Samples from the first on, an index when there are enough."""
    indexes = [({"output": one.output, "of": one.of}, one.psi) for one in found if one.psi is not None]
    samples = {one.output: one.samples for one in found}
    return [
        *gauges.gauges("output_psi", "Population stability index of an output against the evaluation set.", indexes),
        *gauges.gauges(
            "output_samples",
            "Sampled answers that are in the index.",
            [({"output": output}, count) for output, count in samples.items()],
        ),
    ]


def _traffic(seen: traffic.Traffic | None) -> list[str]:
    """Nothing before there is a window: a zero would be a claim."""
    if seen is None:
        return []
    mean = (
        []
        if seen.mean_ms is None
        else gauges.gauge(
            "traffic_mean_seconds", "Mean time in the server of clients' requests in the window.", seen.mean_ms / 1000
        )
    )
    return [
        *gauges.gauge("traffic_window_seconds", "Length of the window.", seen.seconds),
        *gauges.gauge("traffic_succeeded", "Requests of clients that succeeded in the window.", seen.succeeded),
        *gauges.gauge("traffic_failed", "Requests of clients that failed in the window.", seen.failed),
        *mean,
    ]
