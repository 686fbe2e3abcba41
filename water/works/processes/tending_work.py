"""What the processes along a river do; imported when they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.history.model import Changeset
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import delivered, intent_of
from water.works import defects, papers
from water.works.defect import State
from water.works.processes.claiming import ENTERED

Told = dict[str, Any]


def open_defect(context: Context, inputs: Inputs) -> Outputs:
    """Enter a defect."""
    intent = intent_of(context, inputs)
    return _done(context, inputs, lambda c: ({}, defects.open_defect(c, _row(inputs), intent)))


def advance_defect(context: Context, inputs: Inputs) -> Outputs:
    """Take a defect its step."""
    intent, to = intent_of(context, inputs), State(inputs["to"])
    who, remark = inputs.get("who", ""), inputs.get("remark", "")
    return _done(
        context,
        inputs,
        lambda c: (
            {"status": to.value},
            defects.advance(c, inputs["defect_id"], to, who, remark, intent),
        ),
    )


def inspect(context: Context, inputs: Inputs) -> Outputs:
    """Enter an inspection."""
    intent = intent_of(context, inputs)
    return _done(context, inputs, lambda c: ({}, defects.inspected(c, _row(inputs), intent)))


def enter_paper(context: Context, inputs: Inputs) -> Outputs:
    """Keep a file and enter it."""
    intent = intent_of(context, inputs)
    path = delivered(inputs["file"], context.work)
    told = _row(inputs) | {"taken_on": intent.valid_from.astimezone(BEIJING).date().isoformat()}
    place = context.work / "staged"
    place.mkdir()

    def work(connection: Connection) -> tuple[Told, Changeset | None]:
        sha256, changeset = papers.enter(connection, told, path, place, intent)
        return {"sha256": sha256}, changeset

    return _done(context, inputs, work)


def _row(inputs: Inputs) -> Told:
    """What is said of the feature itself; who signs stands with the changeset."""
    return {name: value for name, value in inputs.items() if name not in ENTERED and name != "file"}


def _done(
    context: Context, inputs: Inputs, work: Callable[[Connection], tuple[Told, Changeset | None]]
) -> Outputs:
    preview = inputs.get("preview", False)
    with connect(context.dsn) as connection, connection.transaction(force_rollback=preview):
        told, changeset = work(connection)
        number = None if changeset is None or preview else changeset.id
        outputs: Outputs = {"outcome": Document({**told, "changeset": number, "preview": preview})}
        if not preview:
            context.finish(connection, outputs)
    return outputs
