"""What the processes of activations do; imported when they run."""

from __future__ import annotations

from spatial.database import Connection, connect
from spatial.datum import parse_instant
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from water.plans import plans, store, wording
from water.plans.model import Activation
from water.plans.processes.planning_work import by


def activate(context: Context, inputs: Inputs) -> Outputs:
    """Put the plan to work."""
    with connect(context.dsn) as connection, connection.transaction():
        made = plans.activate(
            connection,
            inputs["plan"],
            inputs["trigger"],
            inputs["facts"],
            inputs.get("note", ""),
            by(context, inputs),
            exercise=inputs.get("exercise", False),
        )
        return _finished(context, connection, made)


def confirm(context: Context, inputs: Inputs) -> Outputs:
    """Confirm one thing."""
    done_at = parse_instant(inputs["done_at"]) if "done_at" in inputs else context.now
    with connect(context.dsn) as connection, connection.transaction():
        made = plans.confirm(
            connection,
            inputs["plan"],
            inputs["activation"],
            inputs["kind"],
            inputs["item"],
            done_at,
            inputs.get("note", ""),
            by(context, inputs),
        )
        return _finished(context, connection, made)


def end(context: Context, inputs: Inputs) -> Outputs:
    """End it."""
    with connect(context.dsn) as connection, connection.transaction():
        made = plans.end(
            connection, inputs["plan"], inputs["activation"], inputs["note"], by(context, inputs)
        )
        return _finished(context, connection, made)


def _finished(context: Context, connection: Connection, made: Activation) -> Outputs:
    content = store.version(connection, made.plan, made.version).content
    outputs = {"activation": Document(wording.activation(made, content, context.now))}
    context.finish(connection, outputs)
    return outputs
