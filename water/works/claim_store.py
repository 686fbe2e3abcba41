"""SQL of claims and choices 主张取数: as they stand, or as they stood at an instant and were known then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed

from spatial.database import Connection
from water.moment import Moment
from water.works.claim import Bound, Choice, Claim, Held, Question, Source, Standing, Subject, Value
from water.works.datum import VerticalDatum

_FIELDS: Final = SQL(
    "v.claim_id, v.subject_kind, v.subject, v.subject_name, v.property, v.scope, v.applies_to, v.value,"
    " v.value_to, v.bound, v.text, v.unit, v.vertical_datum, v.document, v.page, v.document_date, v.author,"
    " v.standing, v.note, c.id, c.recorded_at, c.author entered_by, c.department"
)
# A later statement cuts an earlier one short: what is left of it is a version of the later changeset. Who
# said it first is who said it.
_CLAIMS: Final = SQL(
    "select {fields} from history.river_claims v join spatial.changeset c on c.id ="
    " (select min(o.opened_by) from history.river_claims o where o.fid = v.fid)"
    " where v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed} and {which}"
    " order by v.document_date nulls last, v.claim_id"
)
_CHOICES: Final = SQL(
    "select distinct on (c.id, v.fid) v.subject, v.property, v.scope, v.applies_to, v.claim_id, v.reason,"
    " v.valid_from, c.recorded_at, c.author, c.department from history.river_claim_choices v"
    " join spatial.changeset c on c.id = (select min(o.opened_by) from history.river_claim_choices o"
    "   where o.fid = v.fid and (o.valid_from, o.claim_id, o.reason) = (v.valid_from, v.claim_id, v.reason))"
    " where {when} and v.subject = any(%(subjects)s) {which} order by c.id, v.fid"
)
_VERSIONS: Final = SQL(
    "select distinct on (c.id) {fields} from history.river_claims v join spatial.changeset c on c.id ="
    " (select min(o.opened_by) from history.river_claims o where o.fid = v.fid"
    "   and o.valid_from = v.valid_from and o.standing = v.standing and o.note is not distinct from v.note)"
    " where v.fid = %(claim)s order by c.id"
)
_SUBJECTS: Final = SQL(
    "select v.subject_kind, v.subject, min(v.subject_name), count(*) from history.river_claims v"
    " where v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed} group by 1, 2 order by 1, 2"
)


def claims(connection: Connection, subjects: Sequence[str], moment: Moment) -> list[Held]:
    """Every claim on these subjects."""
    given = {"subjects": list(subjects), **moment.values()}
    return _held(connection, SQL("v.subject = any(%(subjects)s)"), moment, given)


def by_id(connection: Connection, ids: Sequence[str], moment: Moment) -> dict[str, Held]:
    """Claims by their identity."""
    found = _held(connection, SQL("v.fid = any(%(ids)s)"), moment, {"ids": list(ids), **moment.values()})
    return {each.claim.id: each for each in found}


def versions(connection: Connection, claim_id: str) -> list[Held]:
    """How a claim has stood since it was entered: its standing and the notes on it, the first first."""
    return _read(connection, _VERSIONS.format(fields=_FIELDS), {"claim": claim_id})


def choices(connection: Connection, subjects: Sequence[str], moment: Moment) -> dict[Question, Choice]:
    """The choices made about these subjects."""
    when = SQL("v.valid_from <= %(at)s and v.valid_to > %(at)s and {}").format(moment.believed)
    given = {"subjects": list(subjects), **moment.values()}
    return {each.question: each for each in _chosen(connection, when, SQL(""), given)}


def choice_history(connection: Connection, question: Question) -> list[Choice]:
    """Every choice ever made about a question, the first first."""
    given = {"subjects": [question.subject], "choice": question.choice_id}
    return _chosen(connection, SQL("true"), SQL("and v.fid = %(choice)s"), given)


def subjects(connection: Connection, moment: Moment) -> list[tuple[str, str, str, int]]:
    """Kind, id, name and number of claims of everything that something is claimed of."""
    rows = connection.execute(_SUBJECTS.format(believed=moment.believed), moment.values()).fetchall()
    return [(kind, subject, name, count) for kind, subject, name, count in rows]


def _held(connection: Connection, which: SQL, moment: Moment, given: Mapping[str, Any]) -> list[Held]:
    statement = _CLAIMS.format(fields=_FIELDS, believed=moment.believed, which=which)
    return _read(connection, statement, given)


def _read(connection: Connection, statement: Composed, given: Mapping[str, Any]) -> list[Held]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_of(row) for row in cursor.execute(statement, given).fetchall()]


def _of(row: Mapping[str, Any]) -> Held:
    value = Value(
        *(row["value"], row["value_to"], row["text"] or "", row["unit"]),
        Bound(row["bound"]),
        VerticalDatum(row["vertical_datum"]),
    )
    source = Source(row["document"], row["page"] or "", row["document_date"] or "", row["author"] or "")
    claim = Claim(
        Subject(row["subject_kind"], row["subject"], row["subject_name"]),
        *(row["property"], value, source, row["scope"] or "", row["applies_to"] or ""),
        Standing(row["standing"]),
        row["note"] or "",
    )
    return Held(claim, row["id"], row["entered_by"], row["department"], row["recorded_at"])


def _chosen(
    connection: Connection, when: SQL | Composed, which: SQL, given: Mapping[str, Any]
) -> list[Choice]:
    rows = connection.execute(_CHOICES.format(when=when, which=which), given).fetchall()
    return [
        Choice(
            Question(*(each or "" for each in asked)),
            *(claim_id, reason, author, department, recorded_at, valid_from),
        )
        for (*asked, claim_id, reason, valid_from, recorded_at, author, department) in rows
    ]
