"""SQL of answers to findings 告警回执: of a span of a datastream, all that a step follows for at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spatial.database import Connection
from spatial.errors import InvalidInput
from spatial.observe import finding

NEWEST: Final = (
    "f.recorded_at = (select max(g.recorded_at) from observe.finding g"
    " where g.datastream = f.datastream and g.phenomenon_time = f.phenomenon_time)"
)
"""Of the findings of a value those of its last judgement."""
_MEANT: Final = f"""
select f.phenomenon_time, observe.finding_state(f.datastream, f.phenomenon_time, f.recorded_at)
  from observe.finding f,
  lateral (
    select v.flag from observe.observation v
     where v.datastream = f.datastream and v.phenomenon_time = f.phenomenon_time offset 0) o
 where f.datastream = %s and f.phenomenon_time >= %s and f.phenomenon_time <= %s and o.flag in (3, 4)
   and {NEWEST}
 group by f.datastream, f.phenomenon_time, f.recorded_at, o.flag
   having max(f.flag) <= o.flag order by 1 limit %s
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer spoke of: how many findings took the step, and how many of the span did not."""

    action: str
    count: int
    left: int


def layer_of(connection: Connection, datastream: int) -> tuple[bool, str | None]:
    """Whether there is such a Datastream, and the layer that its Thing names; locked against its end."""
    row = connection.execute(
        "select t.layer from observe.datastream d join observe.thing t on t.id = d.thing"
        " where d.id = %s and not d.multi for share of d",
        (datastream,),
    ).fetchone()
    return (False, None) if row is None else (True, row[0])


def answer(
    connection: Connection,
    datastream: int,
    span: tuple[datetime, datetime],
    action: str,
    signed: tuple[str, str],
    note: str,
) -> Answered:
    """Write a receipt for each finding of the span, ends included, that the action follows for.

    ``signed`` is subject and department. FindingStep where there is none, EmptyNote where nothing is said.
    """
    finding.require_note(action, note)
    # Two who answer at once follow one another.
    connection.execute("select from observe.latest where datastream = %s for update", (datastream,))
    held = connection.execute(_MEANT, (datastream, *span, finding.ANSWERED_MAX + 1)).fetchall()
    if len(held) > finding.ANSWERED_MAX:
        raise InvalidInput(
            f"一次至多办理 {finding.ANSWERED_MAX} 条告警,请缩短时段:datetime",
            f"an answer speaks of {finding.ANSWERED_MAX} findings at most, shorten the span: datetime",
            value="datetime",
        )
    allowed = finding.before(action)
    meant = [time for time, state in held if state in allowed]
    if not meant:
        raise finding.no_step(action, Counter(state for _, state in held))
    connection.execute(
        "insert into observe.finding_answer (datastream, phenomenon_time, action, subject, department, note)"
        " select %s, t, %s, %s, %s, %s from unnest(%s::timestamptz[]) t order by t",
        (datastream, action, *signed, note.strip(), meant),
    )
    return Answered(action, len(meant), len(held) - len(meant))
