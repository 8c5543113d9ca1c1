"""`python -m model_operator`: the operator, configured by the environment (see `settings`)."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable

from model_operator import answering, connecting, errors, logs, metrics, running, settings

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


async def operate(chosen: settings.Settings) -> None:
    """Connect and run until a signal."""
    counters = metrics.Metrics()
    connection = connecting.Api(await connecting.configuration(), counters)
    try:
        await running.Operator(chosen, connection, counters, answering.deciders).run()
    finally:
        await connection.close()


def main() -> int:
    """Run; answers the exit code."""
    try:
        chosen = settings.from_environment(os.environ)
    except KeyError as error:
        sys.stderr.write(f"{error.args[0]} is not set\n")
        return MISCONFIGURED
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
    except Exception:
        logger.exception("the operator ends")
        return FAILED
    logger.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
