"""The platform's fonts over HTTP: every character of the database, and nothing about hidden ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import httpx
import psycopg
import pytest
from api_serving import Place, contract, database_of, deliver, publish, server
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from psycopg.sql import SQL, Identifier
from serving import ROOT
from shapely import Point

from spatial.catalogue.contract import Sharing
from spatial.database import connect
from tiles.fonts.outlines import Outlines
from tiles.fonts.shelf import Shelf
from tiles.fonts.slices import Group, gb_2312, own, whole
from tiles.fonts.sources import missing
from tiles.fonts.typesetter import Typesetter, undrawn

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no fonts here: {missing()}")
OPEN_NAME, CLOSED_NAME = "齄𬀩泊", "㙟𠂉鼋"
"""Of a layer that everybody may read, and of one that stays with its steward."""
RULE = re.compile(r"url\((\w+\.woff2)\)[^}]*unicode-range:([^}]+)\}")


@dataclass(frozen=True)
class Lettered:
    """A running platform, what is in its database, and its shelf."""

    url: str
    dsn: str
    shelf: Shelf


@pytest.fixture(scope="module")
def lettered(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lettered]:
    log = tmp_path_factory.mktemp("fonts") / "server.log"
    shelf = Shelf(log.with_suffix("") / "fonts")
    with database_of(server_dsn, template) as dsn:
        publish(dsn, replace(contract("open-places"), sharing=Sharing.OPEN))
        publish(dsn, replace(contract("secret-places"), sharing=Sharing.CLOSED))
        deliver(dsn, "open-places", [Place("P1", Point(118.8, 36.9), OPEN_NAME)])
        deliver(dsn, "secret-places", [Place("P1", Point(118.8, 36.9), CLOSED_NAME)])
        wanted = in_database(dsn)
        outlines = Outlines()
        # The whole takes minutes: of it, what this database needs.
        needed = [part for part in whole(outlines.covered) if wanted.intersection(part.characters)]
        list(shelf.fill(outlines, needed, {Group.COMMON, Group.ROW}))
        with server(dsn, log) as running:
            yield Lettered(running.url, dsn, shelf)


def in_database(dsn: str) -> set[int]:
    """Every character of every text column of every layer's history, read as a stranger would."""
    found: set[int] = set()
    with psycopg.connect(dsn) as connection:
        columns = connection.execute(
            "select c.table_name, c.column_name from information_schema.columns c"
            " join history.layout l on l.name = c.table_name"
            " where c.table_schema = 'history' and c.data_type = 'text'"
        ).fetchall()
        for table, column in columns:
            statement = SQL("select distinct {} from history.{}").format(
                Identifier(column), Identifier(table)
            )
            for (text,) in connection.execute(statement):
                found.update(ord(mark) for mark in text or "")
    return {each for each in found if chr(each).isprintable()}


def offered(url: str) -> dict[int, str]:
    """The file that a browser loads for each character: the last rule that has it."""
    sheet = httpx.get(f"{url}/fonts/fonts.css").text
    files: dict[int, str] = {}
    for file, written in RULE.findall(sheet):
        for part in written.split(","):
            first, _, last = part.removeprefix("U+").partition("-")
            for each in range(int(first, 16), int(last or first, 16) + 1):
                files[each] = file
    return files


def test_every_character_of_the_database_has_a_glyph_in_what_is_served(lettered: Lettered) -> None:
    wanted, files = in_database(lettered.dsn), offered(lettered.url)
    assert {ord(each) for each in OPEN_NAME + CLOSED_NAME if each != " "} <= wanted
    assert wanted - {0x20} <= set(files)
    for file in {files[each] for each in wanted}:
        font = TTFont(BytesIO(httpx.get(f"{lettered.url}/fonts/{file}").content))
        names, drawn = font.getBestCmap(), font.getGlyphSet()
        for each in wanted - {0x20}:
            if files[each] == file:
                pen = BoundsPen(drawn)
                drawn[names[each]].draw(pen)
                assert pen.bounds is not None, f"U+{each:04X}"


def test_every_character_of_the_sample_can_be_drawn() -> None:
    covered = Outlines().covered
    files = [*(ROOT / "spatial" / "sample").glob("*.csv"), *(ROOT / "spatial" / "sample").glob("*.py")]
    written = {ord(mark) for file in files for mark in file.read_text("utf-8-sig") if mark.isprintable()}
    assert {ord(each) for each in "寿光"} <= written
    assert written - {0x20} <= set(covered)


def test_what_no_file_draws_is_named_with_its_layer(lettered: Lettered, tmp_path: Path) -> None:
    with connect(lettered.dsn) as connection:
        assert undrawn(connection, lettered.shelf) == {}
        lacking = undrawn(connection, Shelf(tmp_path))
    assert lacking[ord("𠂉")] == ("secret-places",)
    assert lacking[ord("𬀩")] == ("open-places",)


def test_the_list_for_the_map_names_the_same_files_in_the_other_order(lettered: Lettered) -> None:
    answer = httpx.get(f"{lettered.url}/fonts/faces.json")
    listed = answer.json()
    rules = RULE.findall(httpx.get(f"{lettered.url}/fonts/fonts.css").text)
    assert [(f"fonts/{file}", written.split(",")) for file, written in reversed(rules)] == [
        (face["url"], face["unicode-range"]) for face in listed["faces"]
    ]
    assert listed["family"] == "One Map Sans"


def test_files_never_change_and_the_lists_are_asked_again(lettered: Lettered) -> None:
    file = next(iter(offered(lettered.url).values()))
    answer = httpx.get(f"{lettered.url}/fonts/{file}")
    assert answer.headers["content-type"] == "font/woff2"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = httpx.get(f"{lettered.url}/fonts/{file}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path, media in (("fonts.css", "text/css; charset=utf-8"), ("faces.json", "application/json")):
        listed = httpx.get(f"{lettered.url}/fonts/{path}")
        assert (listed.headers["content-type"], listed.headers["cache-control"]) == (media, "no-cache")
        known = {"If-None-Match": listed.headers["etag"]}
        assert httpx.get(f"{lettered.url}/fonts/{path}", headers=known).status_code == 304


@pytest.mark.parametrize(
    "name", ["list.json", "lock", "..%2Fserver.log", "0" * 20 + ".woff2", "x.woff2", "0" * 20 + ".woff2.part"]
)
def test_only_fonts_leave_the_folder(lettered: Lettered, name: str) -> None:
    answer = httpx.get(f"{lettered.url}/fonts/{name}")
    assert answer.status_code == 404
    assert name[:5] != "list." or "list.json" in answer.json()["zh"]


def test_a_server_without_fonts_offers_none(server_dsn: str, template: str, tmp_path: Path) -> None:
    with database_of(server_dsn, template) as dsn, server(dsn, tmp_path / "server.log") as running:
        sheet = running.get("/fonts/fonts.css")
        assert (sheet.status_code, sheet.text) == (200, "")
        assert running.get("/fonts/faces.json").json()["faces"] == []


def test_what_is_offered_says_nothing_of_hidden_layers(lettered: Lettered, tmp_path: Path) -> None:
    """The slices of the whole do not look at the data, and public text is that of open layers alone."""
    outlines = Outlines()
    setter = Typesetter(outlines, Shelf(tmp_path), ())
    with connect(lettered.dsn) as connection:
        list(setter.published(connection))
    held = {each for face in setter.shelf.faces() for each in face.part.characters}
    assert {ord(each) for each in OPEN_NAME} <= held
    assert not {ord(each) for each in CLOSED_NAME} & held
    assert ord("某") not in held, "an internal field of an open layer"
    assert {ord("㙟"), ord("𠂉")} <= {each for part in whole(outlines.covered) for each in part.characters}


def test_words_of_our_own_are_small(lettered: Lettered, tmp_path: Path) -> None:
    """Nine slices at most for a thousand characters: a first view stays below 300 kB."""
    outlines = Outlines()
    words = dict.fromkeys(gb_2312()[:800], 1)
    shelf = Shelf(tmp_path)
    list(shelf.fill(outlines, own(outlines.covered, words), {Group.OWN}))
    assert sum((shelf.folder / face.file).stat().st_size for face in shelf.faces()) < 200_000
