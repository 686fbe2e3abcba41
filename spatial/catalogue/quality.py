"""Checking a staged delivery against its layer's contract 质量检查.

One scan over the staging table counts every rule that looks at a row alone;
one statement each looks for keys and field combinations that stand twice. Only
rules that are broken cost a second statement, which lists their rows. Rows may
be checked before or after the store has brought them into canonical form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from spatial.catalogue.checks import Check, row_checks
from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract
from spatial.database import Connection
from spatial.history.model import Delivery
from spatial.history.write import Staging

LISTED_PER_RULE = 200
"""Rows listed for one broken rule; the counts are exact beyond it."""

_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that breaks one rule."""

    line: int
    """Line or row number in the delivery, counted from 1."""
    fid: str | None
    rule: str
    """``required:name``, ``geometry-invalid``, ``duplicate-key`` …"""
    zh: str
    en: str
    value: str | None
    lon_deg: float | None = None
    """Where, in CGCS2000: the fault itself for an invalid geometry, else the geometry's middle."""
    lat_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of quality after ISO 19157: number, unit, method, sample size."""

    element: str
    measure: str
    value: float
    unit: str
    method: str
    sample_size: int

    @property
    def fields(self) -> frozenset[str]:
        """The fields the measure is about, from its name: ``unique:town+name``.

        >>> sorted(Measure("", "unique:town+name", 0, "1", "", 1).fields)
        ['name', 'town']
        """
        return frozenset(filter(None, self.measure.partition(":")[2].split("+")))


@dataclass(frozen=True, slots=True)
class Findings:
    """What the check of a delivery found. Iterating gives the listed violations."""

    rows: int
    counts: tuple[tuple[str, int], ...]
    """(rule, number of rows or groups that break it) for every broken rule; exact."""
    violations: tuple[Violation, ...]
    """Up to ``LISTED_PER_RULE`` for each rule, by line."""
    measures: tuple[Measure, ...]

    @property
    def total(self) -> int:
        """How many violations there are, listed or not."""
        return sum(count for _, count in self.counts)

    def __iter__(self) -> Iterator[Violation]:
        return iter(self.violations)

    def __len__(self) -> int:
        return len(self.violations)


_Groups = tuple[str, int, list[Violation]]
"""A rule, how many groups of rows break it, and those that are listed."""


def check(
    connection: Connection,
    contract: Contract,
    staging: Staging,
    city: City,
    valid_at: datetime,
    *,
    delivery: Delivery = Delivery.PARTIAL,
    listed_per_rule: int = LISTED_PER_RULE,
) -> Findings:
    """Hold staged rows to the contract; empty findings mean the delivery may be applied.

    ``valid_at`` is the instant at which unique combinations must hold, in the
    state after the delivery; with a full delivery that state is the delivery.
    """
    relation = Identifier("staging", staging.name)
    rules = row_checks(contract, city.extent_4490)
    rows, keyed, broken, filled = _scan(connection, contract, relation, rules)
    counts: list[tuple[str, int]] = []
    violations: list[Violation] = []
    for rule, count in zip(rules, broken, strict=True):
        if count:
            counts.append((rule.rule, count))
            violations += _list(connection, contract, relation, rule, listed_per_rule)
    repeated = chain(
        () if keyed else _same_key(connection, relation, listed_per_rule),
        _same_combination(connection, contract, staging, valid_at, delivery, listed_per_rule),
    )
    for name, count, found in repeated:
        counts.append((name, count))
        violations += found
    violations.sort(key=lambda violation: (violation.line, violation.rule))
    return Findings(
        rows=rows,
        counts=tuple(counts),
        violations=tuple(violations),
        measures=_measures(contract, rules, rows, broken, filled),
    )


def keep(connection: Connection, changeset: int, findings: Findings) -> None:
    """Keep the measures of a delivery with the changeset it became."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into spatial.quality_measure"
            " (changeset, element, measure, value, unit, method, sample_size)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (changeset, m.element, m.measure, m.value, m.unit, m.method, m.sample_size)
                for m in findings.measures
            ],
        )


def measures(connection: Connection, changeset: int) -> tuple[Measure, ...]:
    """The measures kept with a changeset."""
    rows = connection.execute(
        "select element, measure, value, unit, method, sample_size from spatial.quality_measure"
        " where changeset = %s order by element, measure",
        (changeset,),
    ).fetchall()
    return tuple(Measure(*row) for row in rows)


def latest(connection: Connection, layer: str) -> tuple[int, tuple[Measure, ...]] | None:
    """The newest changeset of a layer that was measured, with its measures."""
    row = connection.execute(
        "select c.id from spatial.changeset c where c.layer = %s"
        " and exists (select from spatial.quality_measure m where m.changeset = c.id)"
        " order by c.id desc limit 1",
        (layer,),
    ).fetchone()
    return (row[0], measures(connection, row[0])) if row else None


def _scan(
    connection: Connection, contract: Contract, relation: Identifier, rules: tuple[Check, ...]
) -> tuple[int, bool, list[int], list[int]]:
    """Rows that are not removals, whether keys are single, breaches per rule, filled values per field.

    Rows in canonical form have a digest; of those the store itself refuses a key that stands twice.
    """
    columns: list[Composable] = [
        SQL("count(*) filter (where not s.remove)"),
        SQL("count(*) = count(s.content_sha256)"),
    ]
    columns += [SQL("count(*) filter (where {})").format(_broken(rule)) for rule in rules]
    columns += [
        SQL("count(s.{}) filter (where not s.remove)").format(Identifier(field.name))
        for field in contract.fields
    ]
    statement = SQL("select {} from {} s").format(SQL(", ").join(columns), relation)
    row: tuple[Any, ...] = connection.execute(statement).fetchone() or ()
    return row[0], row[1], list(row[2 : 2 + len(rules)]), list(row[2 + len(rules) :])


def _broken(rule: Check) -> Composed:
    if rule.removals_too:
        return rule.broken
    return SQL("not s.remove and {}").format(rule.broken)


def _list(
    connection: Connection, contract: Contract, relation: Identifier, rule: Check, limit: int
) -> Iterator[Violation]:
    statement = SQL(
        "select s.line, s.fid, left(({})::text, {}), {} from {} s where {} order by s.line limit {}"
    ).format(
        rule.value, Literal(_LONGEST_VALUE), _place(contract, rule), relation, _broken(rule), Literal(limit)
    )
    for line, fid, value, lon, lat in connection.execute(statement):
        yield Violation(
            line=line,
            fid=fid,
            rule=rule.rule,
            zh=f"{rule.zh}:{value or '(空)'}",
            en=f"{rule.en}: {value or '(empty)'}",
            value=value,
            lon_deg=_number(lon),
            lat_deg=_number(lat),
        )


def _place(contract: Contract, rule: Check) -> SQL:
    if contract.geometry is None:
        return SQL("null::float8, null::float8")
    if rule.name == "geometry-invalid":
        return SQL("ST_X((ST_IsValidDetail(s.geom)).location), ST_Y((ST_IsValidDetail(s.geom)).location)")
    return SQL("(ST_XMin(s.geom) + ST_XMax(s.geom)) / 2, (ST_YMin(s.geom) + ST_YMax(s.geom)) / 2")


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _same_key(connection: Connection, relation: Identifier, limit: int) -> Iterator[_Groups]:
    twice = SQL(
        "with twice as (select s.fid from {0} s where s.fid is not null group by s.fid having count(*) > 1)"
        " select array_agg(s.line order by s.line), min(s.fid), s.fid, count(*) over ()"
        " from {0} s join twice using (fid) group by s.fid order by min(s.line) limit {1}"
    ).format(relation, Literal(limit))
    yield from _groups(connection, twice, "duplicate-key", "主键", "the key")


def _same_combination(
    connection: Connection,
    contract: Contract,
    staging: Staging,
    valid_at: datetime,
    delivery: Delivery,
    limit: int,
) -> Iterator[_Groups]:
    for combination in contract.quality.unique:
        statement = _unique(staging, combination, valid_at, delivery, limit)
        names = ", ".join(combination)
        rule = f"unique:{'+'.join(combination)}"
        yield from _groups(connection, statement, rule, f"字段组合 {names}", f"the combination of {names}")


def _groups(connection: Connection, statement: Composed, rule: str, zh: str, en: str) -> Iterator[_Groups]:
    rows = connection.execute(statement).fetchall()
    if not rows:
        return
    listed = []
    for lines, fid, value, _ in rows:
        shown = ", ".join(str(line) if line is not None else "已有要素 held" for line in lines[:10])
        listed.append(
            Violation(
                line=min(line for line in lines if line is not None),
                fid=fid,
                rule=rule,
                zh=f"{zh}重复,见第 {shown} 行,共 {len(lines)} 处:{value}",
                en=f"{en} stands {len(lines)} times, on lines {shown}: {value}",
                value=value[:_LONGEST_VALUE],
            )
        )
    yield rule, rows[0][3], listed


def _unique(
    staging: Staging, combination: tuple[str, ...], valid_at: datetime, delivery: Delivery, limit: int
) -> Composed:
    """Groups that share a combination after the delivery and contain a delivered row.

    As in SQL, a combination with an empty value equals no other. Held features are
    looked up by the delivered values, so that a few rows do not read the layer.
    """
    relation = Identifier("staging", staging.name)
    columns = SQL(", ").join(Identifier(name) for name in combination)
    given = SQL(" and ").join(SQL("{} is not null").format(Identifier(name)) for name in combination)
    after: Composable = SQL("select line, fid, {} from {} where not remove and {}").format(
        columns, relation, given
    )
    if delivery is Delivery.PARTIAL:
        texts = {column.name for column in staging.table.columns if column.sql_type == "text"}
        held = SQL(
            "select null::bigint, v.fid, {} from {believed} v"
            " where v.valid_from <= {at} and v.valid_to > {at}"
            " and exists (select from {delivered} s where not s.remove and {alike})"
            " and not exists (select from {delivered} s where s.fid = v.fid)"
        ).format(
            SQL(", ").join(SQL("v.{}").format(Identifier(name)) for name in combination),
            believed=Identifier("history", staging.table.believed),
            delivered=relation,
            alike=SQL(" and ").join(
                SQL('v.{0} collate "C" = s.{0}' if name in texts else "v.{0} = s.{0}").format(
                    Identifier(name)
                )
                for name in combination
            ),
            at=Literal(valid_at),
        )
        after = SQL("{} union all {}").format(after, held)
    return SQL(
        "select array_agg(line order by line), min(fid), concat_ws(' / ', {0}), count(*) over ()"
        " from ({1}) a group by {0} having count(*) > 1 and count(line) > 0 order by min(line) limit {2}"
    ).format(columns, after, Literal(limit))


def _measures(
    contract: Contract, rules: tuple[Check, ...], rows: int, broken: list[int], filled: list[int]
) -> tuple[Measure, ...]:
    """Rates of breach per rule, and of empty values per field that may be empty."""
    if not rows:
        return ()
    method = "full inspection of the delivery by the layer contract 全数检查"
    breaches = [
        Measure(rule.element, rule.rule, count / rows, "1", method, rows)
        for rule, count in zip(rules, broken, strict=True)
    ]
    empty = [
        Measure("completeness / omission", f"empty:{field.name}", 1 - count / rows, "1", method, rows)
        for field, count in zip(contract.fields, filled, strict=True)
        if not field.required
    ]
    return (*breaches, *empty)
