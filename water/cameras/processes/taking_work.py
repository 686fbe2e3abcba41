"""What the processes of cameras do; imported when they run."""

from __future__ import annotations

from spatial.database import connect
from spatial.errors import Forbidden
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import SIGNED, intent_of
from water.cameras import keeping, register, snapshots
from water.cameras.model import Shot


def record(context: Context, inputs: Inputs) -> Outputs:
    """Enter a camera, or tell what would be entered."""
    intent, preview = intent_of(context, inputs), inputs.get("preview", False)
    told = {name: value for name, value in inputs.items() if name not in SIGNED}
    with connect(context.dsn) as connection, connection.transaction(force_rollback=preview):
        done = register.record(connection, told, intent).to_json()
        outputs: Outputs = {
            "outcome": Document({**done, **({"changesets": []} if preview else {}), "preview": preview})
        }
        if not preview:
            context.finish(connection, outputs)
    return outputs


def snapshot(context: Context, inputs: Inputs) -> Outputs:
    """Take what is due."""
    _require_operator(context)
    ids = [inputs["camera"]] if "camera" in inputs else None
    with connect(context.dsn, autocommit=True) as connection:
        done = snapshots.take(connection, context.now, ids)
    kept = sum(each.fresh and each.state is Shot.KEPT for each in done)
    gaps = [
        {"camera": each.camera, "state": each.state.value, "detail": each.detail}
        for each in done
        if each.state is not Shot.KEPT
    ]
    return {"outcome": Document({"cameras": len(done), "kept": kept, "gaps": gaps})}


def archive(context: Context, _: Inputs) -> Outputs:
    """Archive the days that are over."""
    _require_operator(context)
    with connect(context.dsn, autocommit=True) as connection:
        done = keeping.archive(connection, context.now)
    days = [
        {
            "camera": each.camera,
            "day": each.day.isoformat(),
            "object": each.object,
            "version": each.version,
            "pictures": each.pictures,
        }
        for each in done
    ]
    return {"outcome": Document({"days": days})}


def _require_operator(context: Context) -> None:
    """Asking addresses on the operator's network is for the operator, by hand or by a schedule."""
    if not context.owner.local:
        raise Forbidden(
            f"抓拍由本机操作员安排(./onemap schedule add):{context.owner.subject}",
            "snapshots are scheduled by this machine's operator (./onemap schedule add):"
            f" {context.owner.subject}",
            value=context.owner.subject,
        )
