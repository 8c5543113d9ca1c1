"""What the kubelet and Prometheus ask: /startupz /readyz /livez with a JSON reason, /metrics."""

import dataclasses

from aiohttp import web

from model_serving.sentinel import decide

OK = 200
UNAVAILABLE = 503


@dataclasses.dataclass
class Board:
    """What was decided last: the loop writes it, the endpoints read it."""

    verdicts: decide.Verdicts = decide.BEGINNING
    golden: dict[decide.Golden, int] = dataclasses.field(default_factory=dict)
    """How many golden inferences ended how."""
    seconds: float = 0.0
    """How long the last look took."""


def application(board: Board) -> web.Application:
    """The web application."""
    app = web.Application()
    app.router.add_get("/startupz", lambda _: _answer(board.verdicts.startup))
    app.router.add_get("/readyz", lambda _: _answer(board.verdicts.readiness))
    app.router.add_get("/livez", lambda _: _answer(board.verdicts.liveness))
    app.router.add_get("/metrics", lambda _: _metrics(board))
    return app


async def _answer(verdict: decide.Verdict) -> web.Response:
    return web.json_response(dataclasses.asdict(verdict), status=OK if verdict.ok else UNAVAILABLE)


async def _metrics(board: Board) -> web.Response:
    return web.Response(text=metrics(board))


def metrics(board: Board) -> str:
    """Prometheus text."""
    wrong = board.verdicts.readiness.reason is decide.Reason.GOLDEN_WRONG
    lines = [
        *_gauge("ready", "1 while the pod may get requests.", float(board.verdicts.readiness.ok)),
        *_gauge("live", "0 when nothing succeeded for the limit.", float(board.verdicts.liveness.ok)),
        *_gauge("golden_wrong", "1 while golden inferences give wrong values.", float(wrong)),
        *_gauge("look_seconds", "How long the last look at Triton took.", board.seconds),
        "# HELP modelsmith_sentinel_golden_total Golden inferences by how they ended.",
        "# TYPE modelsmith_sentinel_golden_total counter",
        *(f'modelsmith_sentinel_golden_total{{outcome="{how}"}} {count}' for how, count in board.golden.items()),
    ]
    return "\n".join(lines) + "\n"


def _gauge(name: str, words: str, value: float) -> list[str]:
    full = f"modelsmith_sentinel_{name}"
    return [f"# HELP {full} {words}", f"# TYPE {full} gauge", f"{full} {value:g}"]
