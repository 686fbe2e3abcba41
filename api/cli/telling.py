"""What became of a delivery, told to a person: evidence, differences, rejected rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spatial.exchange.report import LoadReport

SHOWN = 20
WARNINGS = ("contradicted", "dropped", "lost")
"""Kinds of evidence that a person must not overlook."""
OUTCOMES = {
    "loaded": "已载入 loaded",
    "unchanged": "内容未变,未写入 nothing has changed, nothing was written",
    "dry-run": "试运行,未写入 dry run, nothing was written",
    "rejected": "未载入 rejected",
}


def told(report: LoadReport) -> Iterator[str]:
    """The lines of a report."""
    from spatial.exchange.report_text import structure

    yield f"{OUTCOMES[report.outcome]}: {report.file} → {report.layer}" + (
        f"  #{report.changeset}" if report.changeset else ""
    )
    yield f"格式 format     {report.format}, {report.rows} 行 rows, sha256 {report.sha256[:16]}…"
    yield f"编码 encoding   {report.encoding.encoding}"
    yield from _evidence(one.to_json() for one in report.encoding.evidence)
    if report.frame is not None:
        accuracy = "" if report.accuracy_m is None else f", ±{report.accuracy_m:g} m"
        yield f"坐标系 frame    {report.frame.frame} → {' → '.join(report.path) or 'CGCS2000'}{accuracy}"
        yield from _evidence(one.to_json() for one in report.frame.evidence)
    if report.profile is not None:
        yield f"结构 structure  {structure(report.profile)}"
    if report.edition is not None:
        yield f"分类 edition    {report.edition}"
    yield from _evidence(one.to_json() for one in report.notes)
    if report.difference is not None:
        counts = report.difference
        yield (
            f"差异 difference 新增 {counts.inserted} 修改 {counts.updated} 注销 {counts.retired} "
            f"不变 {counts.unchanged} (inserted, updated, retired, unchanged)"
        )
    for change in report.changes[:SHOWN]:
        fields = ", ".join(one.name for one in change.fields)
        yield f"  {change.kind.value:<7} {change.fid}  {fields}"
    if len(report.changes) > SHOWN:
        yield "  … (--json)"


def explained(details: Mapping[str, object]) -> Iterator[str]:
    """What an error knows beyond its sentence: its evidence, or the first rejected rows."""
    report = details.get("report")
    yield from _evidence(_rows(details.get("evidence")))
    rejected = _rows((report if isinstance(report, Mapping) else details).get("rejected"))
    for row in rejected[:SHOWN]:
        line, fid = row.get("line"), row.get("fid") or ""
        yield f"  第 {line} 行 line {line} {fid}: {row.get('zh')} {row.get('en')}"
    if len(rejected) > SHOWN:
        yield f"  … {len(rejected)} (--json)"


def _evidence(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    for row in rows:
        mark = "⚠" if row.get("kind") in WARNINGS else "·"
        yield f"  {mark} {row.get('zh')} {row.get('en')}"


def _rows(value: object) -> list[Mapping[str, object]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []
