"""The sentinel's process: look, decide, publish, every few seconds until SIGTERM."""

import argparse
import asyncio
import collections
import contextlib
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from model_serving import places
from model_serving.sentinel import certificates, decide, distributions, endpoints, golden, observing, sampling, traffic

#: Between looks until the first Ready: a new pod should not wait for a whole interval.
EAGER_SECONDS = 0.5


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM; the exit code is 1 when there is no model to watch or its samples cannot be read."""
    options = _parser().parse_args(arguments)
    if not options.model:
        _say(f"no model to watch: set {places.SETTINGS_VARIABLE} or give --model")
        return 1
    try:
        samples = golden.read(options.artifact)
    except golden.GoldenError as error:
        _say(str(error))
        return 1
    _say(f"watching model {options.model} at {options.triton} with {len(samples)} golden samples")
    asyncio.run(run(options, samples))
    return 0


async def run(options: argparse.Namespace, samples: list[golden.Sample]) -> None:
    """Serve the probes and watch Triton."""
    board = endpoints.Board(golden=collections.Counter())
    runner = web.AppRunner(endpoints.application(board), access_log=None)
    await runner.setup()
    # No host means every address of the pod, of either family.
    await web.TCPSite(runner, options.host or None, options.port).start()
    async with observing.session(options.triton) as session:
        own = f"modelsmith-sentinel-{secrets.token_hex(8)}"
        watched = observing.Watched(
            options.model, samples, options.timeout, options.metrics, cached=options.cached, own=own
        )
        observer = observing.Observer(session, watched)
        watching = asyncio.create_task(watch(observer, board, options))
        besides = [
            asyncio.create_task(_read_certificate(board, options)),
            asyncio.create_task(_count_samples(board, options, own)),
        ]
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, watching.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        for one in besides:
            one.cancel()
    await runner.cleanup()


async def _read_certificate(board: endpoints.Board, options: argparse.Namespace) -> None:
    """Where gRPC is encrypted, keep on the board when its certificate ends."""

    def tell(expiry: float) -> None:
        board.expiry = expiry

    if options.tls:
        await certificates.watch("127.0.0.1", options.grpc_port, tell)


async def _count_samples(board: endpoints.Board, options: argparse.Namespace, own: str) -> None:
    """Where requests are sampled, keep on the board how their answers are distributed."""
    if not options.samples:
        return
    window = distributions.Window(_baseline(options.artifact))

    def tell() -> None:
        board.drift = window.indexes()

    await sampling.watch(Path(options.samples), own, window, tell)


def _baseline(artifact: Path) -> tuple[distributions.Part, ...]:
    """What the build counted. Without it nothing is told; and a server is not kept from serving for that."""
    try:
        parts = distributions.read(artifact)
    except distributions.DistributionError as error:
        _say(str(error))
        return ()
    _say(
        "sampled answers are counted" if parts else "sampled answers are not counted: the artifact has no distribution"
    )
    return parts


async def watch(observer: observing.Observer, board: endpoints.Board, options: argparse.Namespace) -> None:
    """Look, decide, publish, for ever."""
    state = decide.State()
    while True:
        began = time.monotonic()
        seen = await observer.look(all_samples=not state.proven)
        state, verdicts = decide.decide(state, seen, options.limit, options.erring)
        _tell(board.verdicts, verdicts)
        board.verdicts, board.state, board.seconds = verdicts, state, time.monotonic() - began
        board.window, board.long_window = traffic.window(observer.ledger), traffic.long_window(observer.ledger)
        board.golden[seen.golden] += 1
        await asyncio.sleep(options.interval if verdicts.readiness.ok else min(EAGER_SECONDS, options.interval))


def _tell(before: decide.Verdicts, after: decide.Verdicts) -> None:
    """One line when a verdict changes: the kubelet's events show a probe's status and never its body."""
    # Messages hold times and counts that change with every look; the reason is what changes seldom.
    if (before.readiness.ok, before.readiness.reason) != (after.readiness.ok, after.readiness.reason):
        _say(_line("ready", after.readiness))
    if before.liveness.ok != after.liveness.ok:
        _say(_line("live", after.liveness))


def _line(probe: str, verdict: decide.Verdict) -> str:
    words = f"{verdict.reason}: {verdict.message}" if verdict.message else verdict.reason
    return f"{probe}: {words}" if verdict.ok else f"not {probe}: {words}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model_serving sentinel", description=__doc__)
    parser.add_argument("--artifact", type=Path, default=Path(places.ARTIFACT), help="the artifact's folder")
    parser.add_argument(
        "--model",
        default=str(_settings().get("modelName", "")),
        help=f"its name (default: of {places.SETTINGS_VARIABLE})",
    )
    parser.add_argument("--triton", default=f"http://127.0.0.1:{places.HTTP_PORT}", help="Triton's HTTP port")
    parser.add_argument(
        "--metrics",
        default=f"http://127.0.0.1:{places.METRICS_PORT}/metrics",
        help="Triton's metrics (empty: not asked)",
    )
    parser.add_argument(
        "--cached", action="store_true", default=bool(_settings().get("responseCacheBytes")), help="it caches answers"
    )
    parser.add_argument("--grpc-port", type=int, default=places.GRPC_PORT, help="Triton's gRPC port on this host")
    parser.add_argument(
        "--tls", action="store_true", default=_settings().get("tls") is not None, help="it is encrypted"
    )
    parser.add_argument(
        "--samples",
        default=places.SAMPLES if _settings().get("sampleEvery") else "",
        help="folder into which Triton writes sampled requests (empty: it does not)",
    )
    parser.add_argument("--host", default="", help="address to listen on (default: all)")
    parser.add_argument("--port", type=int, default=places.SENTINEL_PORT, help="port to listen on")
    for name, default, words in (
        ("interval", 5.0, "seconds between looks"),
        ("timeout", 10.0, "seconds a golden inference may take"),
        ("limit", 60.0, "seconds without any success after which the server is dead"),
        ("erring", decide.ERRING, "seconds of nothing but errors after which it is, too"),
    ):
        variable = f"MODELSMITH_SENTINEL_{name.upper()}_SECONDS"
        parser.add_argument(
            f"--{name}",
            type=float,
            default=float(os.environ.get(variable, default)),
            help=f"{words} (default: {variable} or {default:g})",
        )
    return parser


def _settings() -> dict[str, Any]:
    """The JSON that compose reads too; read without its types, which would double this process' start."""
    found: dict[str, Any] = json.loads(os.environ.get(places.SETTINGS_VARIABLE, "{}"))
    return found
