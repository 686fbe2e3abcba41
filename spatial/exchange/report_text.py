"""A load report to be read and filed 入库报告: Markdown or HTML, Chinese first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from spatial.errors import InvalidInput, OneMapError

LISTED = 1000
"""Rejected rows and changes listed; the counts are whole."""
OUTCOMES = {
    "loaded": ("已载入", "loaded"),
    "unchanged": ("内容未变,未写入", "nothing has changed, nothing was written"),
    "dry-run": ("试运行,未写入", "dry run, nothing was written"),
    "rejected": ("未载入", "rejected, nothing was written"),
    "refused": ("未载入", "refused, nothing was written"),
}
_DOUBTS = ("contradicted", "dropped", "lost", "skipped")
"""Kinds of evidence that a reader must not overlook."""

Report = Mapping[str, object]
"""A report as ``LoadReport.to_json`` gives it."""
Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def require_form(path: Path) -> None:
    """A report is Markdown or HTML, as its file's name says; InvalidInput for another."""
    if path.suffix.lower() not in (".md", ".txt", ".html", ".htm"):
        raise InvalidInput(
            f"报告文件应为 .md、.txt 或 .html:{path.name}",
            f"a report is .md, .txt or .html: {path.name}",
            value=path.name,
        )


def save(path: Path, report: Report) -> None:
    """Write a report; the file's name tells the form (``.md``, ``.txt``, ``.html``)."""
    require_form(path)
    text = html(report) if path.suffix.lower().startswith(".htm") else markdown(report)
    path.write_text(text, encoding="utf-8")


def refused(file: str, layer: str, error: OneMapError) -> Report:
    """The report of a load that an error stopped: that of its rejected rows, where it has one."""
    known = error.details.get("report")
    base: dict[str, object] = dict(known) if isinstance(known, Mapping) else {"outcome": "refused"}
    evidence = error.details.get("evidence")
    return {
        "file": file,
        "layer": layer,
        **({"notes": evidence} if isinstance(evidence, list) and not known else {}),
        **base,
        "error": {"code": error.code, "zh": error.zh, "en": error.en},
    }


def markdown(report: Report) -> str:
    """The report as Markdown."""
    lines = [f"# {_title(report)}", ""]
    for heading, parts in _sections(report):
        lines += [f"## {heading}", ""]
        for part in parts:
            if isinstance(part, str):
                lines.append(f"- {_marked(part)}")
            else:
                names, rows = part
                lines += ["", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
                lines += [f"| {' | '.join(_marked(cell) for cell in row)} |" for row in rows]
        lines.append("")
    return "\n".join(lines)


def html(report: Report) -> str:
    """The report as one HTML page without scripts or references."""
    title = escape(_title(report))
    body = [f"<h1>{title}</h1>"]
    for heading, parts in _sections(report):
        body.append(f"<h2>{escape(heading)}</h2>")
        for part in parts:
            if isinstance(part, str):
                body.append(f"<p>{escape(part)}</p>")
            else:
                names, rows = part
                head = "".join(f"<th>{escape(name)}</th>" for name in names)
                cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
                body.append(f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>")
    style = (
        "body{font:15px/1.6 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2em .6em;text-align:left}"
    )
    return (
        f'<!doctype html>\n<html lang="zh"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _marked(text: str) -> str:
    """Text in which nothing is taken for Markdown or HTML: what strangers wrote stays what it is."""
    flat = " ".join(text.splitlines())
    for mark in ("\\", "|", "`", "*", "_", "[", "]", "<", ">", "#"):
        flat = flat.replace(mark, f"\\{mark}")
    return flat


def _title(report: Report) -> str:
    zh, _ = OUTCOMES.get(str(report.get("outcome")), ("", ""))
    return f"入库报告 Load report: {report.get('file')} → {report.get('layer')}({zh})"


def _sections(report: Report) -> Iterator[tuple[str, list[str | Table]]]:
    yield "结论 Outcome", list(_outcome(report))
    if "format" in report:
        yield "判读 What was detected", list(_detected(report))
    elif report.get("notes"):
        yield "判读 What was detected", list(_evidence(report.get("notes")))
    if report.get("fields"):
        yield "字段 Fields", list(_fields(report))
    if rejected := _maps(report.get("rejected")):
        yield "不合格的行 Rejected rows", [_rejected_table(rejected), *_more(rejected, report)]
    if changes := _maps(report.get("changes")):
        yield "变化 Changes", [_changes_table(changes)]
    if report.get("confined"):
        yield "安全 Safety", [_fences(report)]


def _outcome(report: Report) -> Iterator[str]:
    zh, en = OUTCOMES.get(str(report.get("outcome")), ("", ""))
    yield f"{zh} {en}"
    error = report.get("error")
    if isinstance(error, Mapping):
        yield f"{error['zh']}"
        yield f"{error['en']} ({error['code']})"
    if report.get("changeset"):
        yield f"变更集 changeset #{report['changeset']}"
    if "rows" in report:
        yield f"行数 rows: {report['rows']}"
    counts = report.get("difference")
    if isinstance(counts, Mapping):
        yield (
            f"新增 inserted {counts['inserted']},修改 updated {counts['updated']},"
            f"注销 retired {counts['retired']},不变 unchanged {counts['unchanged']}"
        )
    if report.get("rejected_total"):
        yield f"不合格 rejected: {report['rejected_total']}"


def _detected(report: Report) -> Iterator[str]:
    layer = f",图层 layer {report['source_layer']}" if report.get("source_layer") else ""
    yield f"格式 format: {report['format']}{layer}"
    yield f"摘要 SHA-256: {report['sha256']}"
    encoding = report.get("encoding")
    if isinstance(encoding, Mapping):
        yield f"编码 encoding: {encoding['encoding']}"
        yield from _evidence(encoding.get("evidence"))
    frame = report.get("frame")
    if isinstance(frame, Mapping):
        path = report.get("path")
        moved = " → ".join(map(str, path)) if isinstance(path, list | tuple) and path else "CGCS2000"
        accuracy = report.get("accuracy_m")
        told = f",精度 accuracy ±{accuracy} m" if accuracy is not None else ""
        yield f"坐标系 frame: {frame['frame']} → {moved}{told}"
        yield from _evidence(frame.get("evidence"))
    profile = report.get("profile")
    if isinstance(profile, Mapping):
        yield f"图层结构 profile: {structure(profile)}"
    if report.get("edition"):
        yield f"分类版本 edition of the classes: {report['edition']}"
    yield from _evidence(report.get("notes"))


def structure(profile: Mapping[str, object]) -> str:
    """A profile in one line."""
    title = profile["title"]
    name = title["zh"] if isinstance(title, Mapping) else ""
    unchecked = "" if profile.get("verified") else ",待核 unverified"
    return f"{name} {profile['id']} {profile['version']}{unchecked}"


def _evidence(value: object) -> Iterator[str]:
    for one in _maps(value):
        mark = "⚠ " if one.get("kind") in _DOUBTS else "依据 because: "
        yield f"{mark}{one.get('zh')} {one.get('en')}"


def _fields(report: Report) -> Iterator[str | Table]:
    rows = [(str(one["column"]), str(one["field"])) for one in _maps(report.get("fields"))]
    yield ("文件的列 Column", "图层的字段 Field"), rows
    for key, zh, en in (
        ("unmapped", "没有对应字段的列", "columns without a field"),
        ("missing", "文件没有的字段", "fields that the file does not bring"),
    ):
        names = report.get(key)
        if isinstance(names, list | tuple) and names:
            yield f"{zh} {en}: {'、'.join(map(str, names))}"


def _rejected_table(rejected: list[Report]) -> Table:
    rows = [
        (str(one.get("line")), str(one.get("fid") or ""), str(one.get("zh")), str(one.get("en")), _place(one))
        for one in rejected[:LISTED]
    ]
    return ("行 Line", "标识 Feature", "原因", "Reason", "位置 Place (CGCS2000)"), rows


def _more(rejected: list[Report], report: Report) -> list[str]:
    total = report.get("rejected_total")
    if not isinstance(total, int) or total <= min(len(rejected), LISTED):
        return []
    return [f"共 {total} 处,此处列出前 {min(len(rejected), LISTED)} 处 the first of {total} are listed"]


def _place(row: Report) -> str:
    place = row.get("place")
    return f"{place[0]:.7f}, {place[1]:.7f}" if isinstance(place, list | tuple) else ""


def _changes_table(changes: list[Report]) -> Table:
    kinds = {"insert": "新增 insert", "update": "修改 update", "retire": "注销 retire"}
    rows = [
        (
            kinds.get(str(one.get("kind")), str(one.get("kind"))),
            str(one.get("fid")),
            "、".join(f"{each['name']}: {each['old']} → {each['new']}" for each in _maps(one.get("fields"))),
        )
        for one in changes[:LISTED]
    ]
    return ("变化 Change", "标识 Feature", "字段 Fields"), rows


def _fences(report: Report) -> str:
    names = {
        "limits": "资源上限 limits",
        "network_namespace": "断网 no network",
        "system_calls": "系统调用过滤 system calls",
        "file_system": "文件隔离 file system",
    }
    confined = report.get("confined")
    stands = confined.items() if isinstance(confined, Mapping) else ()
    held = [names.get(str(name), str(name)) for name, here in stands if here]
    return f"读取时的隔离 fences while reading: {'、'.join(held)}"


def _maps(value: object) -> list[Report]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []
