"""What ``plan-review`` does; imported when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from psycopg import IsolationLevel

from planning.review import delivered, held
from planning.review.catalogue import Catalogue
from planning.review.defects import write_geopackage
from planning.review.model import Delivery
from planning.review.page import page
from planning.review.paper import write_pdf
from planning.review.report import ordered, report
from planning.review.review import review
from planning.review.subject import Against, ChangeRecord, Subject
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.datum import parse_instant
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import delivered as handed_in
from spatial.jobs.processes.parts import registry_for


def run(context: Context, inputs: Inputs) -> Outputs:
    """Read the layers, review them, write the report four times."""
    subject = _subject(context, inputs)

    def told(group: int) -> None:
        title = subject.catalogue.groups[group - 1]
        context.step(10 + 6 * group, f"检查:{title.zh}", f"checking: {title.en}")

    found = review(subject, checks_of(inputs.get("checks"), subject.catalogue), told)
    context.step(90, "编写报告", "writing the report")
    told_ = report(subject, found, context.now)
    names = {"page": "成果质检.html", "paper": "成果质检.pdf", "defects": "成果质检问题.gpkg"}
    paths = {name: context.work / f"{name}{file[file.rindex('.') :]}" for name, file in names.items()}
    paths["page"].write_text(page(told_), encoding="utf-8")
    write_pdf(told_, paths["paper"])
    write_geopackage(subject, ordered(subject, found), paths["defects"])
    return {
        "report": Document(told_),
        "page": Filed(paths["page"], "text/html", names["page"]),
        "paper": Filed(paths["paper"], "application/pdf", names["paper"]),
        "defects": Filed(paths["defects"], "application/geopackage+sqlite3", names["defects"]),
    }


def checks_of(asked: Sequence[str | int] | None, catalogue: Catalogue) -> list[str] | None:
    """The ids of checks that are asked for by id or by group.

    >>> from planning.review.catalogue import shipped
    >>> checks_of([5, "overlap"], shipped())
    ['key-repeated', 'key-length', 'key-in-two-layers', 'overlap']
    """
    if asked is None:
        return None
    return [check.id for check in catalogue.checks.values() if check.id in asked or check.group in asked]


def _subject(context: Context, inputs: Inputs) -> Subject:
    city = read_city(context.city)
    at = parse_instant(inputs["datetime"]) if "datetime" in inputs else context.now
    asof = parse_instant(inputs["asof"]) if "asof" in inputs else context.now
    context.step(2, "读取图层", "reading the layers")
    with connect(context.dsn) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ

        def state(at: datetime, asof: datetime) -> Delivery:
            wanted = held.in_service(connection, inputs.get("layers"))
            seen = {each: context.grant(each).fields for each in wanted}
            return held.delivery(connection, wanted, at=at, asof=asof, fields=seen)

        divisions = held.divisions(connection, at=at, asof=asof)
        found = None if "file" in inputs else state(at, asof)
        upper = state(at, parse_instant(inputs["upper"])) if "upper" in inputs else None
        before = state(parse_instant(inputs["before"]), asof) if "before" in inputs else None
    if found is None:
        found = delivered.delivery(
            handed_in(inputs["file"], context.work), city, registry=registry_for(context)
        )
    if found.area_4490 is None:
        found = replace(found, area_4490=divisions.get(city.code))
    records = inputs.get("records")
    against = Against(
        declared=_numbers(inputs.get("indicators")),
        tasks=_numbers(inputs.get("tasks")),
        upper=upper,
        before=before,
        records=None if records is None else [ChangeRecord(**each) for each in records],
        units_4490=divisions or None,
    )
    return Subject(found, city, against)


def _numbers(given: Mapping[str, float] | None) -> Mapping[str, Decimal] | None:
    """Numbers as they were written, digit by digit."""
    return None if given is None else {code: Decimal(repr(value)) for code, value in given.items()}
