"""What ``response-plan-draft`` and ``response-plan-advance`` do; imported when they run."""

from __future__ import annotations

from typing import Any

import orjson

from spatial.database import Connection, connect
from spatial.jobs import content as kept
from spatial.jobs import store as jobs
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs, State
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import who
from water.plans import plans, wording
from water.plans.model import State as Standing
from water.plans.plans import By

PROCESS = "evacuation"


def by(context: Context, inputs: Inputs) -> By:
    """Who does it, at the instant of the job."""
    return By(*who(context, inputs), context.now)


def draft(context: Context, inputs: Inputs) -> Outputs:
    """Keep the version, with the assignments of the evacuation that is named."""
    author, content = by(context, inputs), dict(inputs["content"])
    with connect(context.dsn) as connection, connection.transaction():
        if "evacuation" in inputs:
            content["evacuation"] = _evacuation(context, connection, inputs["evacuation"])
        made = plans.draft(connection, inputs["plan"], content, inputs["reason"], author)
        outputs = {"version": Document(wording.version(made))}
        context.finish(connection, outputs)
    return outputs


def advance(context: Context, inputs: Inputs) -> Outputs:
    """Take the step."""
    to = Standing(inputs["to"])
    with connect(context.dsn) as connection, connection.transaction():
        made = plans.advance(
            connection, inputs["plan"], inputs["version"], to, inputs.get("note", ""), by(context, inputs)
        )
        outputs = {"version": Document(wording.version(made))}
        context.finish(connection, outputs)
    return outputs


def _evacuation(context: Context, connection: Connection, number: str) -> dict[str, Any]:
    """What a finished evacuation of the asker's department came to."""
    owner = context.owner
    job = jobs.get(connection, number)
    if not owner.local and owner.department != job.owner.department:
        raise jobs.unknown(number)
    if job.process != PROCESS or job.state is not State.SUCCESSFUL:
        raise bad(
            "/inputs/evacuation",
            "不是完成的避险转移任务",
            "is no finished evacuation",
            f"{job.process} {job.state}",
        )
    summary = next((each for each in jobs.outputs(connection, number) if each.name == "summary"), None)
    if summary is None:
        raise bad(
            "/inputs/evacuation", "其结果已过期删除,请重新计算", "its results are gone, run it anew", number
        )
    told = orjson.loads(kept.fetch(connection, summary.sha256))
    names = ("flood", "mode", "unit", "ready_s", "people_from", "stamp", "layers", "total", "unassigned")
    return {
        "job": number,
        "inputs_sha256": job.inputs_sha256.hex(),
        "summary_sha256": summary.sha256.hex(),
        **{name: told[name] for name in names},
        "assignments": told["assignments"],
    }
