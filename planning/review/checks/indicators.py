"""Group 10: the table of indicators against the layers, and against text, maps and database 指标."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from planning.indicators.formula import NoData
from planning.review.model import Figure, Finding, Outcome, outcome, skipped
from planning.review.recomputed import Recomputed, recomputed
from planning.review.subject import Indicators, Subject

_SAID = {
    "table": ("指标表", "table"),
    "text": ("文本", "text"),
    "map": ("图件", "maps"),
    "database": ("数据库", "database"),
}


def indicators(subject: Subject) -> Iterator[Outcome]:
    """Declared = recomputed, rounded as declared; all parts of the results agree; not below the task."""
    figures = subject.delivery.figures or ()
    declared = {**(subject.against.declared or {}), **_table(figures)}
    yield _agreement(subject, figures)
    unclear = [_finding(each.code, each.zh, each.en) for each in subject.delivery.unclear]
    yield outcome("figures-unclear", "", len(unclear), unclear)
    tasks = subject.against.tasks or {}
    checks = ("indicator-differs", "indicator-missing", "task-not-met")
    if not declared and not tasks:
        for check in checks:
            yield skipped(check, "", "未提供指标表", "no table of indicators was given")
        return
    if any(
        each.shapes_4490 is not None and not subject.stands(each) for each in subject.delivery.layers.values()
    ):
        for check in checks:
            yield skipped(check, "", "有图层坐标不在本市", "a layer does not lie in the city")
        return
    found = recomputed(subject.delivery, (*declared, *tasks), subject.epsg)
    units = {each.code: each.unit for each in figures if each.unit is not None}
    yield from _compared(declared, found, units)
    yield _tasks(subject, found, declared)


def _table(figures: tuple[Figure, ...]) -> Indicators:
    """What the delivery's own table declares; the database's column where it has no other."""
    found = {each.code: each.said.get("table", each.said.get("database")) for each in figures}
    return {code: value for code, value in found.items() if value is not None}


def _compared(
    declared: Indicators, found: Mapping[str, Recomputed], units: Mapping[str, str]
) -> Iterator[Outcome]:
    """Each declared value beside the recomputed one, to the last digit that both have."""
    differs: list[Finding] = []
    alone: list[Finding] = []
    compared = 0
    for code, value in sorted(declared.items()):
        there = found.get(code)
        if there is None:
            alone.append(_alone(code, "平台没有此指标的定义", "the platform has no definition of it"))
        elif isinstance(there.value, NoData):
            alone.append(_alone(_named(there), there.value.zh, there.value.en))
        elif units.get(code, there.definition.unit) != there.definition.unit:
            unit = there.definition.unit
            alone.append(
                _alone(
                    _named(there), f"单位应为 {unit},申报为 {units[code]}", f"in {unit}, not {units[code]}"
                )
            )
        else:
            compared += 1
            digits = min(there.definition.decimals, _digits(value))
            if _rounded(value, digits) != _rounded(there.value, digits):
                differs.append(_differs(there, value, there.value))
    yield outcome("indicator-differs", "", compared, differs)
    yield outcome("indicator-missing", "", len(declared), alone)


def _differs(found: Recomputed, declared: Decimal, value: Decimal) -> Finding:
    unit, places = found.definition.unit, found.definition.decimals + 2
    shown = _rounded(value, places)
    return _finding(
        "indicator-differs",
        f"{_named(found)} 申报 {declared} {unit},复算 {shown} {unit}",
        f"{found.definition.code} {found.definition.title.en} is declared as {declared} {unit},"
        f" the layers give {shown} {unit}",
        float(value - declared),
    )


def _alone(code: str, zh: str, en: str) -> Finding:
    return _finding(
        "indicator-missing",
        f"指标无法由图层复算({zh}):{code}",
        f"the layers do not give this indicator ({en}): {code}",
    )


def _agreement(subject: Subject, figures: tuple[Figure, ...]) -> Outcome:
    """Text, maps, database and table must say one number, to the last digit that each has."""
    check = "figures-disagree"
    several = [each for each in figures if len(each.said) > 1]
    if not several:
        return skipped(
            check,
            "",
            "成果中没有文本、图件、数据库的对照数值",
            "no figures of text, maps and database are at hand",
        )
    wrong = []
    for each in several:
        digits = min(_digits(value) for value in each.said.values())
        if len({_rounded(value, digits) for value in each.said.values()}) > 1:
            zh = "、".join(f"{_SAID[source][0]} {value}" for source, value in each.said.items())
            en = ", ".join(f"{_SAID[source][1]} {value}" for source, value in each.said.items())
            spread = float(max(each.said.values()) - min(each.said.values()))
            wrong.append(
                _finding(check, f"{each.code} 数值不一致:{zh}", f"{each.code} disagrees: {en}", spread)
            )
    return outcome(check, "", len(several), wrong)


def _tasks(subject: Subject, found: Mapping[str, Recomputed], declared: Indicators) -> Outcome:
    tasks = subject.against.tasks
    if tasks is None:
        return skipped("task-not-met", "", "未提供上级下达任务", "no tasks handed down were given")
    slack = Decimal(str(subject.tolerance("task-not-met")))
    findings = []
    for code, least in sorted(tasks.items()):
        there = found.get(code)
        computed = None if there is None or isinstance(there.value, NoData) else there.value
        value = declared.get(code) if computed is None else computed
        if value is None or value < least - slack:
            shown = "—" if value is None else f"{value:.4f}"
            findings.append(
                _finding(
                    "task-not-met",
                    f"{code} 下达任务 {least:.4f},实为:{shown}",
                    f"{code}: {least:.4f} is the task, there is: {shown}",
                    None if value is None else float(value - least),
                )
            )
    return outcome("task-not-met", "", len(tasks), findings)


def _named(found: Recomputed) -> str:
    return f"{found.definition.code} {found.definition.title.zh}"


def _digits(value: Decimal) -> int:
    """Digits after the point.

    >>> _digits(Decimal("12.50")), _digits(Decimal("3E+2"))
    (2, 0)
    """
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _finding(check: str, zh: str, en: str, value: float | None = None) -> Finding:
    return Finding(check, "", (), zh, en, value)
