"""What the platform says of itself: one JSON line an event, with the id of the request.

A line carries no personal data: an exception is told by its type and by the
places in the code that it went through, not by its message, which may repeat
values of a request or of a row.
"""

from __future__ import annotations

import logging
import traceback
from datetime import datetime
from typing import Any

import orjson

from api.request_id import REQUEST_ID
from spatial.datum.clock import BEIJING


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, BEIJING).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if name := REQUEST_ID.get():
            entry["request"] = name
        if record.exc_info and record.exc_info[1] is not None:
            entry["failure"] = _failure(record.exc_info[1])
        return orjson.dumps(entry, default=str).decode()


def _failure(failure: BaseException) -> dict[str, object]:
    told: dict[str, object] = {"type": f"{type(failure).__module__}.{type(failure).__qualname__}"}
    if state := getattr(failure, "sqlstate", None):
        told["sqlstate"] = state
    frames = traceback.extract_tb(failure.__traceback__)
    told["stack"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    cause = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    if cause is not None:
        told["cause"] = _failure(cause)
    return told


CONFIGURATION: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "api.logs.JsonLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    },
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {name: {"level": "INFO"} for name in ("onemap", "_granian")},
}
"""For ``logging.config``: everything in the process goes to standard error, once."""
