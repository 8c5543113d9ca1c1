"""Log lines on stderr: for people, or one JSON object a line."""

import datetime as dt
import json
import logging
import time
from collections.abc import Callable

from model_operator import kinds, settings

#: What a line carries besides its message, when it is about an object.
_FIELDS = ("kind", "namespace", "object")


def about(key: kinds.Key) -> dict[str, str]:
    """Fields of a line about one object: the `extra` of a call of the logger."""
    return {"kind": key.kind.kind, "namespace": key.namespace, "object": key.name}


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message, the object it is about, and a traceback when there is one."""
        line = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in _FIELDS if name in record.__dict__}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class Seldom(logging.Filter):
    """Lets one line through in a while: ten watches that each retry every few seconds say nothing new."""

    def __init__(self, prefix: str, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the loggers' common prefix, and the while."""
        super().__init__()
        self._prefix = prefix
        self._seconds = seconds
        self._clock = clock
        self._last = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if not record.name.startswith(self._prefix):
            return True
        due = self._clock() - self._last >= self._seconds
        if due:
            self._last = self._clock()
        return due


def configure(chosen: settings.Settings) -> None:
    """Set up the root logger. The framework speaks up only when something is wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        Json()
        if chosen.log_format == "json"
        else logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S")
    )
    handler.addFilter(Seldom("kopf._cogs.clients", 30.0))
    logging.basicConfig(level=chosen.log_level, handlers=[handler], force=True)
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
