"""``address parse``, ``match`` and ``audit``: what texts say, lists against the register, its own quality."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from address import FOLDER
from address.rules.findings import CHECKS
from api.cli.site import data_option, json_option, site_of
from api.cli.steps import step

if TYPE_CHECKING:
    from address.batch import Listing, Matcher
    from address.match import Index
    from address.model import Parsed


@click.command()
@click.argument("texts", nargs=-1, metavar="TEXT...")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="名单 A list (CSV, XLSX, Parquet), a column for each element behind its own.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="成果 Where the list goes: .csv, .xlsx or .parquet; else beside it.",
)
@click.option("--column", "columns", multiple=True, help="地址列 Column of the address; else found.")
@click.option("--encoding", help="编码 Text encoding of the list, as GB18030; else detected.")
@click.option("--sheet", help="工作表 Sheet of a workbook that has several.")
@click.option("--alternatives", type=click.IntRange(0, 9), default=0, help="其他读法 So many other readings.")
@data_option
@json_option
def parse(
    texts: tuple[str, ...],
    file: Path | None,
    output: Path | None,
    columns: tuple[str, ...],
    encoding: str | None,
    sheet: str | None,
    alternatives: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """地址解析 What texts, or the rows of a list, say, element by element, against the register.

    \b
    Example:
      ./onemap address parse 寿光市圣城街道商务小区3号楼2单元501室
      ./onemap address parse --json 寿光菜都路与渤海路交叉口东北角
      ./onemap address parse --file 企业名单.csv -o 企业名单_解析.xlsx
    """
    if bool(texts) == (file is not None):
        raise click.UsageError("请给出文本或 --file 之一 Give texts or --file, one of them.")
    if file is not None:
        _parse_list(file, output, columns, (encoding, sheet), data, as_json)
        return
    parser = _index(data).parser
    read = [parser.parse(text, alternatives) for text in texts]
    if as_json:
        click.echo(json.dumps([_document(each) for each in read], ensure_ascii=False))
        return
    for each in read:
        click.echo(each.text)
        _tell(each)
        for other in each.alternatives:
            click.echo("  另读 or")
            _tell(other)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="成果 Where it goes: .csv, .xlsx or .parquet; else beside the list.",
)
@click.option(
    "--column", "columns", multiple=True, help="地址列 Column of the address, several are joined; else found."
)
@click.option("--encoding", help="编码 Text encoding of the list, as GB18030; else detected.")
@click.option("--sheet", help="工作表 Sheet of a workbook that has several.")
@click.option("--no-positions", is_flag=True, help="不带坐标 Leave positions out.")
@click.option("--preview", type=click.IntRange(1, 1000), help="预览 Show so many rows and write nothing.")
@data_option
@json_option
def match(
    file: Path,
    output: Path | None,
    columns: tuple[str, ...],
    encoding: str | None,
    sheet: str | None,
    no_positions: bool,
    preview: int | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """名单匹配 Match a list (CSV, XLSX, Parquet) with the register: automatic, to review, failed.

    Its own columns stay as they came; the results stand after them. A run that was
    cut off goes on where it was, as long as neither list nor register has changed.

    \b
    Example:
      ./onemap address match 企业名单.xlsx -o 企业名单_匹配.xlsx
      ./onemap address match list.csv --column 镇街 --column 详细地址
    """
    from address.batch import Matcher, chosen, opened
    from spatial.exchange import sandbox

    target = _target(file, output)
    with sandbox.work_folder() as work:
        with step("读取名单 reading the list"):
            listing = opened(file, work, encoding, sheet)
        with step("登记簿 register"):
            index = _index(data)
        taken = chosen(listing, index.parser, columns)
        matcher = Matcher(index, listing, taken, placed=not no_positions)
        rows: list[dict[str, Any]] = []
        if preview is not None:
            rows = [row for block in matcher.run(preview) for row in block.to_pylist()]
        else:
            _write(matcher, listing, index, taken, target)
    report = {
        "list": listing.name,
        "encoding": listing.encoding,
        "columns": list(taken),
        "register": index.snapshot.version,
        **matcher.totals.to_json(),
    }
    if as_json:
        click.echo(json.dumps(report | ({"preview": rows} if preview else {}), ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['匹配_处理']}  {row['匹配_标准地址'] or '-'}  {row['匹配_说明']}")
    _report(report)
    if preview is None:
        click.echo(f"成果 result: {target}")


@click.command()
@click.option("--town", help="镇街 One town by name or code, else the whole city.")
@click.option(
    "--check",
    "checks",
    multiple=True,
    type=click.Choice([*CHECKS]),
    help="检查项 Look for this; else for all.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="清单 Every finding into a file: .csv, .xlsx or .parquet.",
)
@data_option
@json_option
def audit(
    town: str | None, checks: tuple[str, ...], output: Path | None, data: Path | None, as_json: bool
) -> None:
    """质量检查 Audit the register by the city's rules: door numbers, names, positions.

    \b
    Example:
      ./onemap address audit
      ./onemap address audit --town 圣城街道 --check parity -o 单双号.xlsx
    """
    from address.processes import audit_work
    from spatial.database import connect
    from spatial.files import replacing

    if output is not None:
        _kind(output)
    site = site_of(data)
    with connect(site.dsn()) as connection:
        report, found = audit_work.audited(connection, site.settings.city, town, checks or None)
    if output is not None:
        with replacing(output) as beside:
            audit_work.write(beside, _kind(output), found)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for name, counts in report["by_town"].items():
        told = "、".join(f"{CHECKS[check]} {number}" for check, number in sorted(counts.items()))
        click.echo(f"{name}  {told}")
    click.echo(f"共 {report['total']} 处 findings in all")
    if output is not None:
        click.echo(f"清单 findings: {output}")


def _parse_list(
    file: Path,
    output: Path | None,
    columns: Sequence[str],
    told: tuple[str | None, str | None],
    data: Path | None,
    as_json: bool,
) -> None:
    """``told``: encoding and sheet."""
    from address.batch import Reading, Sheet, chosen, opened
    from spatial.exchange import sandbox
    from spatial.files import replacing

    target = _target(file, output, "解析")
    with sandbox.work_folder() as work:
        listing = opened(file, work, *told)
        parser = _index(data).parser
        taken = chosen(listing, parser, columns)
        reading = Reading(parser, listing, taken)
        with (
            step("解析 parsing"),
            replacing(target) as beside,
            Sheet(beside, _kind(target), "解析结果") as sheet,
        ):
            for block in reading.run():
                sheet.write(block)
    report = {"columns": list(taken), "rows": reading.rows, "conflicts": reading.doubtful}
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    click.echo(f"地址列 columns    {' + '.join(taken)} ({listing.encoding})")
    click.echo(f"共 {reading.rows} 行,与登记簿有矛盾 {reading.doubtful} 行 rows, and those in conflict")
    click.echo(f"成果 result: {target}")


def _kind(path: Path) -> str:
    from address.batch import FORMATS

    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise click.BadParameter(f"应为 .csv、.xlsx 或 .parquet; one of these: {path.name}", param_hint="-o")
    return kind


def _target(file: Path, output: Path | None, done: str = "匹配") -> Path:
    target = output or file.with_name(f"{file.stem}_{done}{file.suffix.lower()}")
    _kind(target)
    if target.resolve() == file.resolve():
        raise click.BadParameter(f"不能覆盖名单本身; it is the list itself: {target}", param_hint="-o")
    return target


def _write(matcher: Matcher, listing: Listing, index: Index, columns: Sequence[str], target: Path) -> None:
    from address.batch import Parts, Sheet
    from spatial.files import replacing

    state = {
        "list": listing.sha256,
        "columns": list(columns),
        "results": list(matcher.columns),
        "register": index.snapshot.version,
    }
    parts = Parts(target.with_name(f".{target.name}.parts"), state)
    kind = _kind(target)
    with step("匹配 matching"), replacing(target) as beside, Sheet(beside, kind) as sheet:
        for block in matcher.run(parts=parts):
            sheet.write(block)
            click.echo(f"  {matcher.totals.rows} / {listing.count}", err=True)
    parts.remove()


def _report(report: dict[str, Any]) -> None:
    click.echo(f"地址列 columns    {' + '.join(report['columns'])} ({report['encoding']})")
    total = max(1, report["rows"])
    english = ("automatic", "to review", "failed")
    for (zh, number), en in zip(report["buckets"].items(), english, strict=True):
        click.echo(f"{zh} {en:<12} {number:>9}  {100 * number / total:5.1f} %")
    click.echo(f"自动中预计有误 expected wrong among automatic: {report['expected_wrong']}")


def _index(data: Path | None) -> Index:
    from address.engine import ENGINE
    from spatial.database import connect

    site = site_of(data)
    ENGINE.folder = site.data_dir / FOLDER
    with connect(site.dsn()) as connection:
        return ENGINE.index(connection)


def _tell(parsed: Parsed) -> None:
    for part in parsed.parts:
        known = "" if part.components or part.number is not None else "  登记簿没有 not in the register"
        mark = "°" if part.inferred else ""
        click.echo(f"  {part.element.name.lower():<10} {part.name}{mark}{known}")
    for qualifier in parsed.qualifiers:
        click.echo(f"  {qualifier.kind.value:<10} {qualifier.text}")
    for conflict in parsed.conflicts:
        click.echo(f"  ! {conflict.message_zh}\n    {conflict.message_en}")


def _document(parsed: Parsed) -> dict[str, object]:
    return {
        "text": parsed.text,
        "parts": [
            {
                "element": part.element.name.lower(),
                "name": part.name,
                "start": part.start,
                "end": part.end,
                "known": bool(part.components),
                "inferred": part.inferred,
            }
            for part in parsed.parts
        ],
        "qualifiers": [{"kind": each.kind.value, "text": each.text} for each in parsed.qualifiers],
        "conflicts": [
            {"code": each.code, "zh": each.message_zh, "en": each.message_en} for each in parsed.conflicts
        ],
        "alternatives": [_document(each) for each in parsed.alternatives],
    }
