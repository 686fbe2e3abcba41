"""What ``quality-audit`` does; imported when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from address import audit_store, store
from address.audit import Audit, Violation, counted
from address.batch import MEDIA_TYPES, Sheet
from address.rules.charter import shipped
from address.rules.findings import CHECKS
from address.towns import town_named
from spatial.catalogue.city import read_city
from spatial.database import Connection, connect
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs

LISTED: Final = 100
"""Violations in the report; all are in the file."""


def run(context: Context, inputs: Inputs) -> Outputs:
    """Look through the register, or one town of it."""
    with connect(context.dsn) as connection:
        context.step(10, "读取登记簿", "reading the register")
        report, found = audited(connection, context.city, inputs.get("town"), inputs.get("checks"))
    context.step(90, f"共 {len(found)} 处", f"{len(found)} findings")
    kind = inputs.get("format", "csv")
    path = context.work / f"audit.{kind}"
    write(path, kind, found)
    return {
        "violations": Filed(path, MEDIA_TYPES[kind], f"质量检查.{kind}"),
        "report": Document(report),
    }


def audited(
    connection: Connection, city: str, town: str | None, checks: Sequence[str] | None
) -> tuple[dict[str, Any], list[Violation]]:
    """The report, and all that was found, of one state of the register."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read read only")
        snapshot = store.snapshot(connection)
        shapes = audit_store.shapes(connection, snapshot, read_city(city).epsg_without_prefix)
    row = None if town is None else town_named(snapshot, town)
    wanted = set(checks or CHECKS)
    found = [each for each in Audit(snapshot, shapes, shipped(), row).run() if each.check in wanted]
    report = {
        "checked": {
            "components": int(snapshot.components.current.sum()),
            "addresses": int(snapshot.addresses.current.sum()),
        },
        "register": snapshot.version,
        "total": len(found),
        "checks": CHECKS,
        "by_town": counted(found),
        "listed": [
            {"town": each.town, "check": each.check, "name": each.name, "zh": each.zh, "en": each.en}
            for each in found[:LISTED]
        ],
    }
    return report, found


def write(path: Path, kind: str, found: list[Violation]) -> None:
    """Every finding as a table."""
    with Sheet(path, kind, "质量检查") as sheet:
        sheet.write(_table(found))


def _table(found: list[Violation]) -> pa.Table:
    return pa.table(
        {
            "镇街": [each.town for each in found],
            "检查": [CHECKS[each.check] for each in found],
            "对象": [each.name for each in found],
            "说明": [each.zh for each in found],
            "标识": [" ".join(each.keys) for each in found],
        },
        schema=pa.schema([(name, pa.string()) for name in ("镇街", "检查", "对象", "说明", "标识")]),
    )
