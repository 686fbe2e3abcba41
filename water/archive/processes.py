"""What the archive offers as processes 档案处理: audit and daily root, for schedules of the operator."""

from __future__ import annotations

from typing import Any, Final

from spatial.catalogue.contract import Title
from spatial.errors import Forbidden
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, described

MEGABYTE: Final = 1_000_000
_MEGABYTES: Final[dict[str, Any]] = {"type": "number", "exclusiveMinimum": 0, "maximum": 10**9}
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 100}


def _require_operator(context: Context) -> None:
    """Reading everything through is work for the operator, by hand or by a schedule."""
    if not context.owner.local:
        raise Forbidden(
            f"档案巡检由本机操作员安排(./onemap schedule add):{context.owner.subject}",
            "audits of the archive are scheduled by this machine's operator (./onemap schedule add):"
            f" {context.owner.subject}",
            value=context.owner.subject,
        )


def _audit(context: Context, inputs: Inputs) -> Outputs:
    from spatial.database import connect
    from water.archive import holdings
    from water.archive.audit import Audit

    _require_operator(context)
    rate, limit = inputs.get("rate_mb_s"), inputs.get("limit_mb")
    asked = Audit(
        rate_bytes_s=rate * MEGABYTE if rate else None,
        limit_bytes=int(limit * MEGABYTE) if limit else None,
    )

    def step(done: int, of: int) -> None:
        context.step(5 + 90 * done // of, f"已核 {done}/{of} 个案卷", f"{done} of {of} objects")

    with connect(context.dsn, autocommit=True) as connection:
        reports = holdings.check(connection, inputs.get("copy"), asked, context.now, step)
    told = {
        name: {
            "objects": one.verdict.objects,
            "bytes": one.verdict.bytes,
            "finished": one.finished,
            "findings": [{"zh": each.zh, "en": each.en} for each in one.verdict.findings],
        }
        for name, one in reports.items()
    }
    return {"report": Document(told)}


def _publish(context: Context, _: Inputs) -> Outputs:
    from spatial.database import connect
    from water.archive import holdings

    _require_operator(context)
    with connect(context.dsn, autocommit=True) as connection:
        holdings.seal(connection, context.now)
        root = holdings.publish(connection, context.now)
    return {"root": Document({"day": root.day, "size": root.head.size, "root": root.head.root})}


def _rivers(context: Context, _: Inputs) -> Outputs:
    from spatial.database import connect
    from water.archive import holdings
    from water.archive.model import Agent

    _require_operator(context)
    agent = Agent("archive-rivers", "一张图 One Map")
    with connect(context.dsn, autocommit=True) as connection:
        done = holdings.archive_rivers(connection, agent, context.now)
    gained = [each for each in done if each.receipt is not None]
    told = {
        "looked_at": len(done),
        "archived": [{"work": each.work, "changesets": each.changesets} for each in gained],
    }
    return {"outcome": Document(told)}


ARCHIVE_AUDIT = Process(
    id="archive-audit",
    version="1.0.0",
    title=Title("档案巡检", "Audit the archive"),
    description=Title(
        "逐字节核验档案副本,结果记为保存事件;可限速、限量,下次从停处继续。只报告,不修复。",
        "Reads the copies of the archive through and records the outcome as preservation events; at a bounded"
        " rate, so much at a time, going on where it stopped. It reports and repairs nothing.",
    ),
    inputs={
        "copy": described("副本", "a copy by its name, else all", _NAME, required=False),
        "rate_mb_s": described("限速(兆字节/秒)", "megabytes a second, at most", _MEGABYTES, required=False),
        "limit_mb": described("限量(兆字节)", "megabytes of a copy this time", _MEGABYTES, required=False),
    },
    outputs={"report": described("巡检报告", "what was found", OBJECT)},
    run=_audit,
    synchronous=False,
)

ARCHIVE_PUBLISH = Process(
    id="archive-publish",
    version="1.0.0",
    title=Title("档案日根", "Publish the archive's root of the day"),
    description=Title(
        "将待批材料入藏,同步各副本,并公布当日的默克尔根。",
        "Enters what waits, has the copies follow, and publishes the Merkle root of the day.",
    ),
    inputs={},
    outputs={"root": described("日根", "day, size and root of the log", OBJECT)},
    run=_publish,
    synchronous=False,
)

ARCHIVE_RIVERS = Process(
    id="archive-rivers",
    version="1.0.0",
    title=Title("水利全库归档", "Archive all of the rivers"),
    description=Title(
        "将水利各图层自上次以来的历史、附属记录与原件,以及水利各表(含预报、预警、预案、洪水推演)归档;冷启动由此重建。",
        "What every layer of the rivers has gained since the last time, what stands beside it, its originals,"
        " and every table of theirs, forecasts, warnings, response plans and runs of floods among them, enter"
        " the archive: what the cold start rebuilds them from.",
    ),
    inputs={},
    outputs={"outcome": described("结果", "what was archived", OBJECT)},
    run=_rivers,
    synchronous=False,
)

ARCHIVE: Final = (ARCHIVE_AUDIT, ARCHIVE_PUBLISH, ARCHIVE_RIVERS)
"""Every process of the archive."""
