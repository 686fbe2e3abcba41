"""Processes of the rehearsal run here and now, as a job runs them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from api.executions import OFFERED
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.jobs.inputs import check
from spatial.jobs.model import Document
from spatial.jobs.operator import operator
from spatial.jobs.run import execute
from spatial.jobs.workplace import Workplace


def ran(dsn: str, name: str, inputs: Mapping[str, Any], output: str = "result", **place: Any) -> Any:
    """An output of a process: JSON as a value, a file as bytes; ``place`` says what the workplace has."""
    process = OFFERED[name]
    check(process, inputs)
    with connect(dsn) as connection:
        owner = operator(connection, process, inputs)
    with tempfile.TemporaryDirectory() as work:
        now = datetime.now(BEIJING)
        workplace = Workplace(dsn, "370783", **place)
        made = execute(workplace, process, inputs, owner, now, Path(work), 600.0)[output]
        return made.value if isinstance(made, Document) else made.path.read_bytes()
