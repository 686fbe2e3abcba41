"""``print``: a sheet to exact scale as a PDF file, by the same request as POST /print."""

from __future__ import annotations

import json
import tomllib
import urllib.error
import urllib.request
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any, Never

import click

from api.cli.server import running
from api.cli.site import Site, data_option
from spatial.errors import (
    Conflict,
    EnvironmentProblem,
    InvalidInput,
    NotFound,
    OneMapError,
    Refused,
    TooLarge,
    Unavailable,
)
from spatial.files import replacing

GIVEN_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
PATIENCE_S = 120.0
_PIECE_BYTES = 1 << 20
_KINDS: dict[int, type[OneMapError]] = {
    HTTPStatus.BAD_REQUEST: InvalidInput,
    HTTPStatus.UNAUTHORIZED: Refused,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
    HTTPStatus.UNPROCESSABLE_ENTITY: Refused,
    HTTPStatus.TOO_MANY_REQUESTS: TooLarge,
}


@click.command(name="print")
@click.argument("target", metavar="FILE.pdf", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--request", "request_file", type=GIVEN_FILE, help="请求 The request, a .toml or .json file.")
@click.option("--paper", help="图幅 A4 to A0.")
@click.option("--orientation", help="方向 across or upright.")
@click.option("--scale", type=int, help="比例尺 Its denominator, 500 to 10000.")
@click.option("--center", type=float, nargs=2, metavar="LON LAT", help="图面中心 Middle of the map.")
@click.option("--layer", "layers", multiple=True, help="图层 Id, from the topmost down; all unless told.")
@click.option("--datetime", "at", help="现状时间 An instant or a Beijing day; the present unless told.")
@click.option("--asof", help="认知时间 As it was known then.")
@click.option("--images", help="影像 picture, heights or hillshade.")
@click.option("--title", help="图名 Title.")
@click.option("--subtitle", help="副标题 Subtitle.")
@click.option("--unit", help="制图单位 Who makes the map.")
@click.option("--language", help="语言 zh or en.")
@click.option("--sketch", "sketch_file", type=GIVEN_FILE, help="草图 GeoJSON drawn above all layers.")
@click.option("--url", help="平台地址 Another platform than the one that runs here.")
@click.option("--key-file", type=GIVEN_FILE, help="密钥文件 Holds the API key, where one is needed.")
@data_option
def print_sheet(
    target: Path,
    request_file: Path | None,
    sketch_file: Path | None,
    url: str | None,
    key_file: Path | None,
    data: Path | None,
    **options: Any,
) -> None:
    """出图 Print a sheet to exact scale into a PDF file, which is replaced whole.

    What options say goes before what the file of --request says; its members are
    those of POST /print (docs/print.md). The platform must run (./onemap up).

    \b
    Example:
      ./onemap print 城区.pdf --paper A3 --scale 2000 --center 118.7909 36.8560 --title 城区现状图
      ./onemap print 月报.pdf --request 月报.toml --datetime 2026-06-30
    """
    document = _read(request_file) if request_file else {}
    document |= _said(options)
    if sketch_file is not None:
        document["sketch"] = _read(sketch_file)
    address = url.rstrip("/") if url else _here(data)
    key = key_file.read_text(encoding="utf-8").strip() if key_file else None
    size_bytes = _fetch(f"{address}/print", document, key, target)
    click.echo(f"已出图 printed: {target} ({size_bytes / 1000:,.0f} kB)")


def _said(options: dict[str, Any]) -> dict[str, Any]:
    """What the options say, as members of the request."""
    names = {"at": "datetime"}
    return {
        names.get(name, name): list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value not in (None, ())
    }


def _read(file: Path) -> dict[str, Any]:
    """A JSON or TOML document; the days and instants of TOML as texts."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text) if file.suffix.lower() == ".toml" else json.loads(text)
    except (UnicodeDecodeError, ValueError) as broken:  # both readers' errors are ValueErrors
        raise InvalidInput(
            f"文件读不懂,须为 UTF-8 的 TOML 或 JSON:{file}({broken})",
            f"the file must be TOML or JSON in UTF-8: {file} ({broken})",
            value=str(file),
        ) from None
    if not isinstance(document, dict):
        raise InvalidInput(
            f"文件须为一个 JSON 对象:{file}", f"the file must hold one JSON object: {file}", value=str(file)
        )
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in document.items()}


def _here(data: Path | None) -> str:
    server = running(Site.read(data))
    if server is None:
        raise EnvironmentProblem(
            "平台没有运行,请先启动:./onemap up",
            "the platform does not run, start it first: ./onemap up",
            value="./onemap up",
        )
    return server.url


def _fetch(address: str, document: dict[str, Any], key: str | None, target: Path) -> int:
    """Ask for the sheet and put it in its place as a whole; its size."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["X-API-Key"] = key
    request = urllib.request.Request(address, json.dumps(document).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with (
            opener.open(request, timeout=PATIENCE_S) as answer,
            replacing(target) as beside,
            beside.open("wb") as made,
        ):
            while piece := answer.read(_PIECE_BYTES):
                made.write(piece)
            _require_whole(made.tell(), answer.headers.get("Content-Length"))
            return made.tell()
    except urllib.error.HTTPError as refused:
        _refused(refused)
    except urllib.error.URLError as failure:
        raise Unavailable(
            f"平台没有应答,请检查后重试:{address}({failure.reason})",
            f"the platform does not answer, look after it and try again: {address} ({failure.reason})",
            value=address,
        ) from None


def _require_whole(size_bytes: int, told: str | None) -> None:
    if told is not None and size_bytes != int(told):
        raise Unavailable(
            f"传输中断,请重试:{size_bytes} / {told} 字节",
            f"the line was cut, try again: {size_bytes} of {told} bytes",
            value=size_bytes,
        )


def _refused(refused: urllib.error.HTTPError) -> Never:
    """The platform's own words, as the kind of error that its status stands for."""
    try:
        told = json.loads(refused.read())
        zh, en, value = told["zh"], told["en"], told.get("value")
    except (ValueError, KeyError, TypeError):
        zh, en, value = (
            f"平台拒绝了请求:{refused.code}",
            f"the platform refused: {refused.code}",
            refused.code,
        )
    raise _KINDS.get(refused.code, Unavailable)(zh, en, value=value) from None
