"""Back-fill from CSV 历史数据回补: rows of device, property, time and value, each taken or refused by itself.

Columns are found by their names, Chinese or English; others are passed over and named in the report. A
time without a zone is Beijing time, as files of offices are written. An empty value says that the value is
missing. Rows that say the same thing twice count once; rows that contradict an earlier one are refused.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import shorten
from spatial.exchange import encoding
from spatial.observe.telemetry import store
from spatial.observe.telemetry.arrival import AHEAD, Arrival, key_of
from spatial.observe.telemetry.errors import BackFillTooLarge, BadBackFill
from spatial.observe.telemetry.model import Quality, Reading
from spatial.observe.telemetry.sink import Sink
from spatial.observe.telemetry.store import Offered

CHANNEL = "csv"
LARGEST = 64 * 1024 * 1024
LISTED = 1000
"""Refusals that are told one by one; the others are counted."""

_COLUMNS = {
    "device": ("device", "设备", "设备编号", "测站", "测站编码", "站号"),
    "property": ("property", "要素", "指标", "监测项", "因子"),
    "time": ("time", "时间", "观测时间", "监测时间"),
    "value": ("value", "数值", "测值", "值", "监测值"),
    "unit": ("unit", "单位"),
}
_NEEDED = ("device", "property", "time", "value")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.:-]{0,119}", re.ASCII)
_SPREADSHEET = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?) (\d\d?):(\d\d?)(?::(\d\d?))?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d{1,18}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken; ``row`` counts lines of the file, the header being 1."""

    row: int
    zh: str
    en: str


@dataclass(slots=True)
class Report:
    """What became of a file."""

    taken: int = 0
    repeated: int = 0
    """Rows that say what an earlier row of the file says."""
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()
    """Columns that were not read."""
    message: int = 0
    known: bool = False
    """Whether the same file had come before; rows that are stored already count once."""


def read(data: bytes, now: datetime, *, option: str | None = None) -> tuple[list[Reading], Report]:
    """The readings of a file and what was refused; BadBackFill where its header cannot be meant.

    ``option`` names the text encoding where the file itself does not tell.
    """
    if len(data) > LARGEST:
        raise BackFillTooLarge(
            f"回补文件超过 {LARGEST // 1024 // 1024} MB,请按时间拆分:{len(data)} 字节",
            f"a back-fill file has at most {LARGEST // 1024 // 1024} MB, split it by time: {len(data)} bytes",
            value=len(data),
        )
    text = data.removeprefix(b"\xef\xbb\xbf")
    found = encoding.decide((text,), name="CSV", option=option)
    # Undecodable bytes become a mark that no key and no number has: their row is refused, no other.
    rows = csv.reader(io.StringIO(text.decode(found.encoding, "replace"), newline=""), strict=True)
    header = [name.strip() for name in _next(rows) or []]
    columns = _columns(header)
    report = Report(passed_over=tuple(name for n, name in enumerate(header) if n not in columns.values()))
    readings: dict[tuple[str, str, datetime], Reading] = {}
    while (row := _next(rows)) is not None:
        if not row:
            continue
        refusal = _longer(row, header) or _take(row, columns, now, readings, report)
        if refusal:
            report.refused += 1
            if len(report.refusals) < LISTED:
                report.refusals.append(Refusal(rows.line_num, *refusal))
    report.taken = len(readings)
    return list(readings.values()), report


def _next(rows: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error as failure:
        line = getattr(rows, "line_num", 0)
        raise BadBackFill(
            f"CSV 格式有误({failure}),请检查引号:第 {line} 行",
            f"the file is no CSV ({failure}); look at its quotes: line {line}",
            value=line,
        ) from failure


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Where each column stands."""
    places: dict[str, int] = {}
    for name, spellings in _COLUMNS.items():
        at = [n for n, given in enumerate(header) if given.lower() in spellings]
        if len(at) > 1 or (not at and name in _NEEDED):
            raise BadBackFill(
                "表头须各有一列 设备、要素、时间、数值(或 device, property, time, value),请改正:"
                + "、".join(header),
                "the header needs device, property, time and value, each once; mend it: " + ", ".join(header),
                value=name,
            )
        if at:
            places[name] = at[0]
    return places


def _longer(row: Sequence[str], header: Sequence[str]) -> tuple[str, str] | None:
    """A cell more than the header has: a comma within a number, and the number would be another one."""
    extra = [cell for cell in row[len(header) :] if cell.strip()]
    if not extra:
        return None
    return (
        f"列数多于表头(小数点须为“.”,含逗号的须加引号):{len(row)}",
        f"more cells than the header (a decimal point is a '.', what holds a comma is quoted): {len(row)}",
    )


def _take(
    row: Sequence[str],
    columns: dict[str, int],
    now: datetime,
    readings: dict[tuple[str, str, datetime], Reading],
    report: Report,
) -> tuple[str, str] | None:
    """Take a row; else why not, in both languages."""
    if len(row) <= max(columns.values()):
        return f"列数不足:{len(row)}", f"too few columns: {len(row)}"
    cells = {name: row[at].strip() for name, at in columns.items()}
    for name in ("device", "property"):
        if not _KEY.fullmatch(cells[name]):
            return (
                f"{_COLUMNS[name][1]}不是有效的标识:{shorten(cells[name], 60)}",
                f"no {name} key: {shorten(cells[name], 60)}",
            )
    time = _time(cells["time"])
    if time is None:
        return f"时间无法识别:{shorten(cells['time'], 40)}", f"no time: {shorten(cells['time'], 40)}"
    if time > now + AHEAD:
        return (
            f"时间晚于当前:{shorten(cells['time'], 40)}",
            f"time in the future: {shorten(cells['time'], 40)}",
        )
    value = None
    if cells["value"]:
        value = float(cells["value"]) if _DECIMAL.fullmatch(cells["value"]) else math.nan
        if not math.isfinite(value):
            return f"数值无法识别:{shorten(cells['value'], 40)}", f"no number: {shorten(cells['value'], 40)}"
    reading = Reading(
        _keyed(cells["device"]),
        _keyed(cells["property"]),
        cells.get("unit") or None,
        time,
        value,
        Quality.MISSING if value is None else Quality.NOT_EVALUATED,
    )
    key = (reading.device, reading.observed_property, time)
    earlier = readings.setdefault(key, reading)
    if earlier is reading:
        return None
    if (earlier.value, earlier.unit) == (reading.value, reading.unit):
        report.repeated += 1
        return None
    return (
        f"与前面的行矛盾:{shorten(cells['value'], 40) or '(空)'},前为 {earlier.value}",
        f"contradicts an earlier row: {shorten(cells['value'], 40) or '(empty)'}, before {earlier.value}",
    )


def _keyed(text: str) -> str:
    """A key with its protocol; one without is of this door."""
    return text if ":" in text else f"{CHANNEL}:{text}"


def _time(text: str) -> datetime | None:
    """ISO 8601, or as spreadsheets here write it: 2026/8/1 8:05."""
    parts = _SPREADSHEET.fullmatch(text)
    try:
        if parts:
            found = datetime(*(int(part) for part in parts.groups("0")))  # type: ignore[arg-type]
        else:
            found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= 10 or not 1900 <= found.year <= 2200:
        return None
    return found.replace(tzinfo=BEIJING) if found.tzinfo is None else found.astimezone(BEIJING)


def arrival(data: bytes, name: str, now: datetime) -> Arrival:
    """What a file gives now, as one message; BadBackFill where its header cannot be meant."""
    readings, report = read(data, now)
    return replace(_whole(data, name, now, report), readings=tuple(readings))


def _whole(data: bytes, name: str, now: datetime, report: Report) -> Arrival:
    told = f"{report.taken} readings, {report.refused} rows refused"
    if report.refusals:
        told += f", line {report.refusals[0].row}: {report.refusals[0].en}"
    key = key_of(CHANNEL, data)
    return Arrival(now, CHANNEL, name[:400], data, key, "data", detail=told, unread=report.refused)


def back_fill(
    connection: Connection, sink: Sink, data: bytes, name: str, now: datetime, *, option: str | None = None
) -> Report:
    """Keep a file byte-exact and write its rows, in the caller's transaction; the same file is kept once.

    A device that the sink refuses is told as a refusal of row 0, with the number of its rows. What was not
    taken is listed with the file, and comes with a replay once it can be.
    """
    readings, report = read(data, now, option=option)
    whole = _whole(data, name, now, report)
    ((number, message),) = store.claim(connection, [whole])
    report.message, report.known = message, number != message
    grouped: dict[str, list[Reading]] = {}
    for reading in readings:
        grouped.setdefault(reading.device, []).append(reading)
    offered = {n: store.numbered(own, message) for n, own in enumerate(grouped.values())}
    reason = None
    for device, done in zip(grouped, store.offer(connection, offered, sink).values(), strict=True):
        if done.unstored:
            report.taken, report.refused = report.taken - done.unstored, report.refused + done.unstored
            zh = f"设备 {device} 有 {done.unstored} 个数值未入库:{done.detail}"
            report.refusals.insert(0, Refusal(0, zh, f"{device}, not stored: {done.detail}"))
            whole = replace(whole, detail=f"{whole.detail}; {report.refusals[0].en}")
            reason = reason or done.reason
    whole = whole if report.taken or reason is None else whole.rejected(reason, whole.detail)
    store.enter(connection, [(number, message)], [whole], [report.refused])
    if report.known and store.troubled(connection, message):
        store.note_replay(connection, message, Offered(report.refused, whole.reason, whole.detail))
    return report
