"""The report 质检报告 as data.

Schema of the JSON, all texts in two languages as ``{"zh": …, "en": …}``::

    delivery     name of what was reviewed
    reviewed_at  instant, ISO 8601
    synthetic    whether it is 合成数据
    passed       no errors were found
    totals       {"error": n, "warning": n, "note": n} of all defects
    features     {layer: number}
    titles       {layer: title}
    states       {layer: changeset after which it was read}
    groups       [{number, title, seconds, not_run,
                   checks: [{id, title, severity, source, tolerance, unit, total, ignored,
                             layers: [{layer, examined, total, listed, ignored, not_run}]}]}]
    findings     [{check, layer, keys, zh, en, measured, unit, severity, point_4490: [lon, lat] | null}]
    cut          findings that are counted and not listed

``ignored`` counts what lies below the tolerance; ``not_run`` tells why a check was
not made. Nothing is left out silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import shapely

from planning.review.model import Finding, Outcome, Severity
from planning.review.review import Review
from planning.review.subject import Subject
from spatial.catalogue.contract import Title
from spatial.datum import format_instant

Json = dict[str, Any]
LISTED: Final = 5_000
"""Findings in the JSON; the GeoPackage has every one that is listed by its check."""


def report(subject: Subject, review: Review, reviewed_at: datetime) -> Json:
    """The report of a review; see the schema above."""
    findings = ordered(subject, review)
    total = sum(each.total for each in review.outcomes)
    listed = [_finding(subject, each) for each in findings[:LISTED]]
    return {
        "delivery": review.delivery,
        "reviewed_at": format_instant(reviewed_at),
        "synthetic": any(each.contract.synthetic for each in subject.delivery.layers.values()),
        "passed": review.passed(subject),
        "totals": {each.value: review.total(subject, each) for each in Severity},
        "features": dict(review.features),
        "titles": {each.id: _title(each.contract.title) for each in subject.delivery.layers.values()},
        "states": dict(subject.delivery.states),
        "groups": list(_groups(subject, review)),
        "findings": listed,
        "cut": total - len(listed),
    }


def ordered(subject: Subject, review: Review) -> list[Finding]:
    """Errors first, then by group; within a check as it told them."""
    checks = subject.catalogue.checks
    weight = {severity: place for place, severity in enumerate(Severity)}
    return sorted(
        review.findings, key=lambda each: (weight[checks[each.check].severity], checks[each.check].group)
    )


def _groups(subject: Subject, review: Review) -> Iterator[Json]:
    by_check: dict[str, list[Outcome]] = {}
    for each in review.outcomes:
        by_check.setdefault(each.check, []).append(each)
    for number, title in enumerate(subject.catalogue.groups, 1):
        yield {
            "number": number,
            "title": _title(title),
            "seconds": round(review.seconds.get(number, 0.0), 2),
            "not_run": number not in review.seconds,
            "checks": [
                _check(subject, each.id, by_check[each.id])
                for each in subject.catalogue.group(number)
                if each.id in by_check
            ],
        }


def _check(subject: Subject, name: str, outcomes: list[Outcome]) -> Json:
    check = subject.catalogue.checks[name]
    return {
        "id": name,
        "title": _title(check.title),
        "severity": check.severity.value,
        "source": check.source,
        "tolerance": check.tolerance,
        "unit": check.unit,
        "total": sum(each.total for each in outcomes),
        "ignored": sum(each.ignored for each in outcomes),
        "layers": [
            {
                "layer": each.layer,
                "examined": each.examined,
                "total": each.total,
                "listed": len(each.findings),
                "ignored": each.ignored,
                "not_run": None if each.not_run is None else _title(each.not_run),
            }
            for each in outcomes
        ],
    }


def _finding(subject: Subject, finding: Finding) -> Json:
    check = subject.catalogue.checks[finding.check]
    spot = place_of(finding)
    return {
        "check": finding.check,
        "severity": check.severity.value,
        "layer": finding.layer,
        "keys": list(finding.keys),
        "zh": finding.zh,
        "en": finding.en,
        "measured": finding.measured,
        "unit": check.unit,
        "point_4490": None if spot is None else [round(spot.x, 9), round(spot.y, 9)],
    }


def place_of(finding: Finding) -> Any:
    """A point of the defect; None where it has no place."""
    shape = finding.shape_4490
    if shape is None or shapely.is_empty(shape):
        return None
    return shape if shape.geom_type == "Point" else shapely.point_on_surface(shape)


def _title(title: Title) -> Json:
    return {"zh": title.zh, "en": title.en}
