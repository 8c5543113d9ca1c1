"""`python -m model_operator`: the operator, configured by the environment (see `settings`)."""

import asyncio
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable

from model_operator import (
    answering,
    connecting,
    electing,
    errors,
    kinds,
    logs,
    metrics,
    running,
    settings,
    transporting,
)

try:
    import uvloop
except ImportError:  # not on this platform: slower, the same otherwise
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop

logger = logging.getLogger("model_operator")

#: Exit codes: fix the installation, and something that should not have happened.
MISCONFIGURED = 2
FAILED = 1
#: Seconds from the end of all parts to that of the process.
PATIENCE = 5.0
HOMELESS = (
    "MODELSMITH_NAMESPACE is not set, and this is no pod: name the namespace of the Lease that replicas share, "
    "or set MODELSMITH_ELECTION=off if this is the only process."
)


async def operate(chosen: settings.Settings) -> None:
    """Connect and run until a signal."""
    counters = metrics.Metrics()
    connection = connecting.Api(await transporting.configuration(), counters)
    election = _candidate(chosen, connection) if chosen.election else None
    try:
        await running.Operator(chosen, connection, counters, answering.deciders, election).run()
    finally:
        _end_at_last()
        await connection.close()


def _end_at_last() -> None:
    """Whatever hangs in what follows: a process that neither works nor ends is the worst of all."""
    timer = threading.Timer(PATIENCE, os._exit, (FAILED,))
    timer.daemon = True
    timer.start()


def _candidate(chosen: settings.Settings, connection: connecting.Api) -> electing.Election:
    """This process as one that may come to lead; until then, nothing is written over this connection."""
    key = kinds.Key(kinds.LEASE, chosen.namespace, chosen.lease)
    election = electing.Election(connection, key, electing.identity())
    connection.fence = election.allowance
    return election


def _chosen() -> settings.Settings:
    """The settings. Raises ValueError with what to say to whoever installed this."""
    try:
        chosen = settings.from_environment(os.environ)
    except KeyError as error:
        message = f"{error.args[0]} is not set"
        raise ValueError(message) from None
    if chosen.election and not chosen.namespace:
        raise ValueError(HOMELESS)
    return chosen


def _collect_seldom() -> None:
    """Have garbage looked for less often: objects of JSON are trees, and go when nobody holds them.

    It took an eighth of the time of a LIST. What was imported stays for good, and is not looked through again.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def main() -> int:
    """Run; answers the exit code."""
    _collect_seldom()
    try:
        chosen = _chosen()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return MISCONFIGURED
    logs.configure(chosen)
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(operate(chosen))
    except errors.NoCluster as error:
        logger.error("no API server: %s", error)  # noqa: TRY400 - no bug of ours
        return MISCONFIGURED
    except asyncio.CancelledError:
        logger.info("stopped before the caches were filled")
        return 0
    except errors.NotLeading as error:
        logger.error("the operator ends: %s", error)  # noqa: TRY400 - no bug of ours
        return FAILED
    except Exception:
        logger.exception("the operator ends")
        return FAILED
    logger.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
