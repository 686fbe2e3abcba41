"""Composing the report 编制报告: from values, the declared table, the ledger and the layers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from planning.indicators import formula
from planning.indicators.declared import Compared
from planning.indicators.definition import figures
from planning.indicators.evaluate import Value
from planning.indicators.measuring import Reading
from planning.indicators.states import WHOLE, digest
from planning.ledger.store import balances
from planning.monitoring import limits
from planning.monitoring.alerts import State
from planning.monitoring.store import raised
from planning.report.document import Chapter, Column, Report, Table
from planning.report.maps import maps
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING

DIMENSIONS: Final = {
    "AQ": "安全 Safety",
    "CX": "创新 Innovation",
    "XT": "协调 Coordination",
    "LS": "绿色 Green",
    "KF": "开放 Openness",
    "GX": "共享 Sharing",
    "CG": "总体规划指标 Plan indicators",
}
"""The six dimensions of the check-up, and the plan's own indicators, by the beginning of the code."""
_DIRECTIONS: Final = {"more": "越大越好", "less": "越小越好", "within": "适度"}
_LEVELS: Final = {"blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"}
_STATES: Final = {
    State.RAISED: "已发出",
    State.ACKNOWLEDGED: "已签收",
    State.HANDLED: "已处置",
    State.CLOSED: "已销号",
}
_NO_DATA: Final = "无数据"


def compose(
    connection: Connection,
    city: City,
    reading: Reading,
    values: Sequence[Value],
    compared: Sequence[Compared],
    written: datetime,
) -> Report:
    """The report of what was evaluated in one reading."""
    year = reading.at.astimezone(BEIJING).year
    return Report(
        title=f"{city.name.zh}国土空间规划城市体检报告({year} 年度)",
        subtitle=f"Territorial planning check-up of {city.name.en}, {year}",
        facts=(
            ("区域 Region", f"{reading.region.title}({reading.region.id})"),
            *([("规划版本 Plan version", reading.plan_version)] if reading.plan_version else []),
            ("数据时点 Valid at", format_instant(reading.at)),
            ("登记时点 As of", format_instant(reading.asof)),
            ("生成时间 Written at", format_instant(written.replace(microsecond=0))),
        ),
        synthetic=_synthetic(connection, reading, values),
        chapters=(
            _summary(values, compared),
            *_dimensions(values),
            *([_table(values, compared)] if compared else []),
            Chapter("图件 Maps", ("示意图,不作为权属与审批依据。",), maps=maps(reading)),
            *_alerts(connection, reading),
            *_ledger(connection, reading),
            _inputs(reading, values),
        ),
        digest=digest([value.inputs_sha256 for value in values]),
    )


def _synthetic(connection: Connection, reading: Reading, values: Sequence[Value]) -> bool:
    named = {layer for value in values for layer in value.definition.layers}
    return any(
        catalogue.get(connection, layer).contract.synthetic
        for layer in named
        if reading.state(layer) is not None
    )


def _summary(values: Sequence[Value], compared: Sequence[Compared]) -> Chapter:
    known = [value for value in values if value.value is not None]
    open_ = sum(not value.definition.verified for value in values)
    alarming = [value for value in known if value.level is not None]
    text = [
        f"共 {len(values)} 项指标,算得 {len(known)} 项,无数据 {len(values) - len(known)} 项;"
        f"公式或条款待核 {open_} 项。"
    ]
    if alarming:
        listed = "、".join(f"{v.definition.title.zh}({_LEVELS[v.level or '']})" for v in alarming)
        text.append(f"达到预警阈值 {len(alarming)} 项:{listed}。")
    if compared:
        counts: dict[str, int] = {}
        for each in compared:
            counts[each.verdict.value] = counts.get(each.verdict.value, 0) + 1
        said = ",".join(f"{verdict} {count} 项" for verdict, count in counts.items())
        text.append(f"申报指标表 {len(compared)} 项:{said}。")
    text.append("面积为椭球面积(国土调查办发〔2008〕32号);缺数据者不计为零。")
    return Chapter("概要 Summary", tuple(text))


def _dimensions(values: Sequence[Value]) -> list[Chapter]:
    chapters = []
    for begin, title in DIMENSIONS.items():
        chosen = [value for value in values if value.definition.code.startswith(f"{begin}-")]
        if chosen:
            chapters.append(Chapter(title, tables=(_values(chosen),)))
    other = [v for v in values if v.definition.code.partition("-")[0] not in DIMENSIONS]
    return [*chapters, *([Chapter("其他指标 Others", tables=(_values(other),))] if other else [])]


def _values(values: Sequence[Value]) -> Table:
    columns = (
        Column("编号", 0.09),
        Column("指标 Indicator", 0.34),
        Column("值", 0.14, right=True),
        Column("单位", 0.1),
        Column("方向", 0.11),
        Column("说明", 0.22),
    )
    return Table(columns, tuple(_value(value) for value in values))


def _value(value: Value) -> tuple[str, ...]:
    definition = value.definition
    notes = [] if definition.verified else ["待核"]
    if definition.binding:
        notes.insert(0, "约束性")
    absent = [
        figures().get(name, name) for name in formula.givens(definition.tree) if name not in _given(value)
    ]
    if value.lacking is not None:
        notes.append(f"缺{'、'.join(dict.fromkeys(absent))}" if absent else value.lacking.zh)
    if value.level is not None:
        notes.append(f"{_LEVELS[value.level]}色预警")
    return (
        definition.code,
        definition.title.zh,
        _NO_DATA if value.rounded is None else f"{value.rounded:,}",
        definition.unit,
        _DIRECTIONS[definition.direction],
        ";".join(notes),
    )


def _table(values: Sequence[Value], compared: Sequence[Compared]) -> Chapter:
    titles = {value.definition.code: value.definition.title.zh for value in values}
    columns = (
        Column("编号", 0.1),
        Column("指标", 0.32),
        Column("申报值", 0.16, right=True),
        Column("重算值", 0.16, right=True),
        Column("差", 0.14, right=True),
        Column("结论", 0.12),
    )
    rows = tuple(
        (
            each.declared.code,
            titles.get(each.declared.code, ""),
            f"{each.declared.value:,}",
            _NO_DATA if each.recomputed is None else f"{each.recomputed:,}",
            "" if each.difference is None else f"{each.difference:+,}",
            each.verdict.value,
        )
        for each in compared
    )
    return Chapter("申报指标核对 Declared table", tables=(Table(columns, rows),))


def _alerts(connection: Connection, reading: Reading) -> list[Chapter]:
    """Those that stood open as of the reading."""
    rows = tuple(
        (
            limits.limit(each.code).title.zh,
            _LEVELS[each.level],
            _STATES[each.state],
            f"{each.value:,}",
            f"{each.limit:,}",
            each.document,
        )
        for each in raised(connection, reading.region.id, reading.asof)
    )
    if not rows:
        return []
    columns = (
        Column("监测项", 0.24),
        Column("级别", 0.08),
        Column("状态", 0.1),
        Column("监测值 m²", 0.19, right=True),
        Column("限值 m²", 0.19, right=True),
        Column("文件", 0.2),
    )
    return [Chapter("未销号预警 Open alerts", tables=(Table(columns, rows),))]


def _ledger(connection: Connection, reading: Reading) -> list[Chapter]:
    """Of the whole city alone: accounts know no other region."""
    if reading.region.id != WHOLE:
        return []
    held = balances(connection, reading.at.astimezone(BEIJING).date(), reading.asof)
    rows = tuple((each.account, f"{each.amount:,}", each.unit) for each in held if each.amount)
    if not rows:
        return []
    columns = (Column("账户 Account", 0.6), Column("余额", 0.25, right=True), Column("单位", 0.15))
    return [Chapter("指标台账余额 Quota ledger", tables=(Table(columns, rows),))]


def _inputs(reading: Reading, values: Sequence[Value]) -> Chapter:
    named = dict.fromkeys(layer for value in values for layer in value.definition.layers)
    states = [state for layer in named if (state := reading.state(layer)) is not None]
    columns = (
        Column("图层", 0.26),
        Column("变更集", 0.1, right=True),
        Column("登记时间", 0.24),
        Column("链哈希 SHA-256", 0.4),
    )
    rows = tuple(
        (
            state.layer,
            str(state.changeset),
            format_instant(state.recorded_at.replace(microsecond=0)),
            state.chain_hash,
        )
        for state in states
    )
    given = {
        f"{figures().get(name, name)}:{figure['value']}({figure['source']})"
        for value in values
        for name, figure in _given(value).items()
    }
    text = ("按下列状态、定义与范围重算,得同一值。", *sorted(given))
    return Chapter("依据与复算 Inputs", text, tables=(Table(columns, rows),))


def _given(value: Value) -> dict[str, dict[str, str]]:
    found = value.inputs["given"]
    assert isinstance(found, dict)
    return found
