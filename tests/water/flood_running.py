"""Processes of the rehearsal run here and now, as a job runs them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from api.executions import OFFERED
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.jobs import content, store
from spatial.jobs.inputs import check
from spatial.jobs.model import Answer, Document, Request, State
from spatial.jobs.operator import operator
from spatial.jobs.run import execute, run
from spatial.jobs.workplace import Workplace


def ran(dsn: str, name: str, inputs: Mapping[str, Any], output: str = "result") -> Any:
    """An output of a process: JSON as a value, a file as bytes."""
    process = OFFERED[name]
    check(process, inputs)
    with connect(dsn) as connection:
        owner = operator(connection, process, inputs)
    with tempfile.TemporaryDirectory() as work:
        now = datetime.now(BEIJING)
        made = execute(Workplace(dsn, "370783"), process, inputs, owner, now, Path(work), 600.0)[output]
        return made.value if isinstance(made, Document) else made.path.read_bytes()


def ran_as_job(dsn: str, name: str, inputs: Mapping[str, Any], **place: Any) -> Any:
    """The result of a process as a worker runs it; ``place`` says what its workplace has."""
    process = OFFERED[name]
    with connect(dsn) as connection:
        owner = operator(connection, process, inputs)
        job = store.submit(connection, Request(name, process.version, inputs, owner, Answer()))
    run(Workplace(dsn, "370783", **place), OFFERED, job.id, 1)
    with connect(dsn) as connection:
        done = store.get(connection, job.id)
        assert done.state is State.SUCCESSFUL, done.problem
        (made,) = (one for one in store.outputs(connection, job.id) if one.name == "result")
        return orjson.loads(content.fetch(connection, made.sha256))
