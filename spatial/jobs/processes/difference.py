"""``difference`` 差异: what differs between two states of a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Title
from spatial.database import Connection, connect
from spatial.datum import format_instant, parse_instant
from spatial.history import diff
from spatial.history.model import Change, ChangeKind
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes import store
from spatial.jobs.processes.asking import stamp
from spatial.jobs.processes.parts import INSTANT, LAYER, OBJECT, described, reads, tells

LIMIT_DEFAULT, LIMIT_MAX = 1000, 100_000
_STEP = 5000
_ALWAYS = frozenset({"geom", "valid_to"})


def run(context: Context, inputs: Inputs) -> Outputs:
    """Count all changes and list the first of them, with the fields the asker may see."""
    layer_id, limit = inputs["layer"], inputs.get("limit", LIMIT_DEFAULT)
    seen = _ALWAYS | set(context.grant(layer_id).fields)
    with connect(context.dsn) as connection:
        table = catalogue.get(connection, layer_id).table
        older = _changeset(connection, layer_id, parse_instant(inputs["from"]))
        newer = _changeset(
            connection, layer_id, parse_instant(inputs["to"]) if "to" in inputs else context.now
        )
        if older > newer:
            raise bad("/inputs/from", "晚于 to", "is later than to", inputs["from"])
        if "datetime" in inputs:
            changes = diff.on_day(connection, table, older, newer, parse_instant(inputs["datetime"]))
        else:
            changes = diff.between(connection, table, older, newer)
        counts: Counter[str] = Counter()
        listed: list[dict[str, object]] = []
        for number, change in enumerate(_visible(changes, seen), 1):
            counts[change.kind.value] += 1
            if len(listed) < limit:
                listed.append(_told(change))
            if number % _STEP == 0:
                context.step(50, f"已比较 {number} 处", f"{number} compared")
        stamped = stamp(connection, layer_id)
    return {
        "result": Document(
            {
                "layer": layer_id,
                "from_changeset": older,
                "to_changeset": newer,
                "counts": {kind: counts[kind] for kind in ("insert", "update", "delete")},
                "changes": listed,
                "cut": max(0, counts.total() - len(listed)),
                **stamped,
            }
        )
    }


def _changeset(connection: Connection, layer_id: str, asof: datetime) -> int:
    return store.state_at(connection, layer_id, asof).changeset


def _visible(changes: Iterator[Change], seen: frozenset[str] | set[str]) -> Iterator[Change]:
    """Without fields that are not to be seen, and without updates of nothing else."""
    for change in changes:
        fields = tuple(one for one in change.fields if one.name in seen)
        if fields or change.kind is not ChangeKind.UPDATE:
            yield Change(change.fid, change.kind, fields, change.valid_from, change.valid_to)


def _told(change: Change) -> dict[str, object]:
    return {
        "id": change.fid,
        "kind": change.kind.value,
        "valid_from": format_instant(change.valid_from) if change.valid_from else None,
        "fields": [{"name": one.name, "old": one.old, "new": one.new} for one in change.fields],
    }


DIFFERENCE = Process(
    id="difference",
    version="1.0.0",
    title=Title("两时差异", "Difference of two states"),
    description=Title(
        "图层在两个登记时间之间的变化:新增、修改、删除的个数与逐字段的新旧值。"
        "给出 datetime 则只比较该有效时间的图面。",
        "What changed in a layer between two instants of recorded time: how many were inserted, updated,"
        " deleted, and old and new values by field. With datetime only the map of that instant is compared.",
    ),
    inputs={
        "layer": described("图层", "layer", LAYER),
        "from": described("较早的登记时间", "earlier instant of recorded time", INSTANT),
        "to": described("较晚的登记时间", "later instant of recorded time", INSTANT, required=False),
        "datetime": described("有效时间", "instant of valid time", INSTANT, required=False),
        "limit": described(
            "列出至多",
            "list at most",
            {"type": "integer", "minimum": 0, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
            required=False,
        ),
    },
    outputs={"result": described("差异", "the difference", OBJECT)},
    run=run,
    needs=reads("layer"),
    releases=True,
    rests_on=tells("result", layer=("from_changeset", "to_changeset")),
)
