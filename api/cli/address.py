"""``address``: the register of place names and addresses on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from api.cli.access import instant
from api.cli.address_lists import audit, match, parse
from api.cli.site import data_option, json_option, site_of


@click.group()
@data_option
@click.pass_context
def address(ctx: click.Context, data: Path | None) -> None:
    """标准地名地址 The address register: read texts, match lists, generate a sample, bring a register in.

    \b
    Example:
      ./onemap address parse 寿光市圣城街道商务小区3号楼2单元501室
      ./onemap address match 企业名单.xlsx -o 企业名单_匹配.xlsx
      ./onemap address sample register.zip --size 1000000
      ./onemap address import register.zip --replace \\
          --author 张伟 --department 民政局 --reason 换用百万样例
    """
    ctx.obj = data


address.add_command(parse)
address.add_command(match)
address.add_command(audit)


@address.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--size", type=int, default=1_000_000, show_default=True, help="地址数 Addresses, about.")
@click.option("--seed", type=int, default=370783, show_default=True, help="种子 Same seed, same register.")
def sample(file: Path, size: int, seed: int) -> None:
    """生成样例登记簿文件 Generate a sample register into a file; no database is needed.

    Divisions are real, all else is generated and stamped 合成数据.

    \b
    Example:
      ./onemap address sample register.zip --size 1000000
    """
    from address import bundle
    from address.sample import draw
    from api.cli.steps import step

    with step("生成样例登记簿(合成数据) generating the register (synthetic)"):
        drawn = draw(size, seed).bundle()
        bundle.write(drawn, file)
    held = drawn.snapshot
    addresses, components = len(held.addresses.key), len(held.components.key)
    click.echo(f"{file}: {addresses} 个地址 addresses, {components} 个构件 components")


@address.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--author", required=True, help="经办人 Who hands it in.")
@click.option("--department", required=True, help="部门 For which department.")
@click.option("--reason", required=True, help="原因 Why it changes.")
@click.option("--valid-from", help="生效时间 From when it is true in the city, as 2026-01-01; else today.")
@click.option("--replace", is_flag=True, help="替换 Retire what the register holds and the file does not.")
@data_option
@json_option
def import_register(
    file: Path,
    author: str,
    department: str,
    reason: str,
    valid_from: str | None,
    replace: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    """导入登记簿文件 Bring a whole register in: its layers, in one transaction, all or nothing.

    \b
    Example:
      ./onemap address import register.zip --author 张伟 --department 民政局 --reason 初始入库
    """
    import hashlib

    from address import bundle, ingest, layers
    from spatial.database import connect
    from spatial.datum.clock import BEIJING, beijing_day
    from spatial.history.model import Intent

    read = bundle.read(file)
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").digest()
    today = beijing_day(datetime.now(BEIJING).date()).start
    day = instant(valid_from) or today
    assert day is not None
    intent = Intent(author, department, reason, day, source_sha256=digest)
    with connect(site_of(data).dsn()) as connection, connection.transaction():
        layers.publish(connection)
        if not replace:
            ingest.require_empty(connection)
        done = ingest.load(connection, read, intent, lambda line: click.echo(f"  {line}", err=True))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in done], ensure_ascii=False))
        return
    for one in done:
        state = f"changeset {one.changeset}" if one.changeset else "没有变化 unchanged"
        click.echo(f"{one.layer:<20} {one.opened:>9}  {state}")
