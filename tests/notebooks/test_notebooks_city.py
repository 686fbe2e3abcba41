"""What a notebook reads of a served platform: times, conditions, keys, refusals; map links."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
import small_city
from serving import Served, database_of, server

from notebooks import MapFrame, Refused, connect
from notebooks.line import Line
from spatial.settings import Settings


@pytest.fixture(scope="module")
def dsn(server_dsn: str, template: str) -> Iterator[str]:
    with database_of(server_dsn, template) as made:
        small_city.build(made)
        yield made


@pytest.fixture(scope="module")
def served(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with server(dsn, tmp_path_factory.mktemp("notebook") / "server.log") as running:
        yield running


def test_a_plain_table_comes_as_a_frame_without_geometry(served: Served) -> None:
    table = connect(served.url)["divisions"].read()
    assert "geometry" not in table and {"code", "name"} <= set(table.columns) and len(table) > 0
    assert table.attrs["asof"]


def test_a_layer_comes_whole_typed_and_in_cgcs2000(served: Served) -> None:
    city = connect(served.url)
    assert {"divisions", "towns", "base-stations"} <= set(city.layers.index)
    sites = city["base-stations"].read()
    assert len(sites) == small_city.SITES and sites.crs.to_epsg() == 4490
    assert sites["height_m"].dtype.kind == "f" and sites.geometry.name == "geometry"
    with psycopg.connect(served.dsn) as held:
        rows = held.execute(
            "select site_id, st_x(geom), st_y(geom) from layer.base_stations order by site_id"
        ).fetchall()
    read = sites.sort_values("site_id")
    assert [(i, p.x, p.y) for i, p in zip(read["site_id"], read.geometry, strict=True)] == rows


def test_conditions_are_joined(served: Served) -> None:
    sites = connect(served.url)["base-stations"]
    whole = sites.read()
    picked = sites.where("operator = 'a' OR operator = 'b'").where("height_m > 40").read()
    expected = whole[whole["operator"].isin(["a", "b"]) & (whole["height_m"] > 40)]
    assert 0 < len(picked) < len(whole) and set(picked["site_id"]) == set(expected["site_id"])


def test_both_clocks(served: Served) -> None:
    towns = connect(served.url)["towns"]
    assert len(towns.on("2026-06-30").read()) == len(towns.read()) > 0
    assert len(towns.on(date(2025, 12, 31)).read()) == 0
    assert len(towns.known(datetime(2020, 1, 1, tzinfo=UTC)).read()) == 0


def test_changes_between_two_days(served: Served) -> None:
    towns = connect(served.url)["towns"]
    appeared = towns.changes("2025-06-30", "2026-06-30")
    assert set(appeared["change"]) == {"insert"} and len(appeared) == len(towns.read())
    none = towns.changes("2026-03-01", "2026-06-30")
    assert len(none) == 0 and none.crs.to_epsg() == 4490


def test_refusals_are_in_the_platforms_words(served: Served) -> None:
    city = connect(served.url)
    with pytest.raises(Refused, match="no-such-layer") as unknown:
        city["no-such-layer"]
    assert unknown.value.status == 404 and "图层" in str(unknown.value)
    with pytest.raises(Refused, match="heigth_m") as misspelt:
        city["base-stations"].where("heigth_m > 3").read()
    assert misspelt.value.status == 400
    with pytest.raises(ValueError, match="2026-13-01"):
        city["towns"].on("2026-13-01")


def test_nobody_there_is_said_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Refused, match=url) as silent:
        connect(url)
    assert silent.value.status == 0 and "./onemap up" in str(silent.value)
    with pytest.raises(ValueError, match="ftp://map"):
        connect("ftp://map")


@contextmanager
def standstill(answers: int, status: int = 503, after: str = "0") -> Iterator[tuple[str, list[str]]]:
    """A platform that stands still for so many answers; its address and what was asked of it."""
    asked: list[str] = []

    class Platform(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            still = len(asked) <= answers
            self.send_response(status if still else 200)
            if still and after:
                self.send_header("Retry-After", after)
            self.end_headers()
            self.wfile.write(('{"zh": "稍候", "en": "wait"}' if still else '{"rows": 3}').encode())

        def log_message(self, *told: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Platform) as platform:
        Thread(target=platform.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{platform.server_port}", asked
        platform.shutdown()


def test_a_platform_that_asks_to_come_again_is_asked_again() -> None:
    with standstill(2) as (url, asked):
        assert Line(url).json("/v1/parse", {"text": "a"}) == {"rows": 3}
    assert asked == ["/v1/parse?text=a"] * 3


@pytest.mark.parametrize(("status", "after"), [(503, ""), (429, "0"), (503, "86400")])
def test_other_refusals_are_told_at_once(status: int, after: str) -> None:
    with standstill(1, status, after) as (url, asked), pytest.raises(Refused, match="稍候") as refused:
        Line(url).json("/v1/parse")
    assert (refused.value.status, len(asked)) == (status, 1)


def test_a_key_says_who_reads_and_is_not_shown(dsn: str, tmp_path: Path) -> None:
    key = small_city.keys(dsn)["ONEMAP_KEY"]
    with server(dsn, tmp_path / "guarded.log", environment={"ONEMAP_ACCESS": "guarded"}) as guarded:
        assert "base-stations" not in connect(guarded.url).layers.index
        city = connect(guarded.url, key)
        assert len(city["base-stations"].read()) == small_city.SITES
        assert key not in repr(city)
        with pytest.raises(Refused) as wrong:
            connect(guarded.url, "omk_00000000_wrong")
        assert wrong.value.status == 401
        policy = guarded.get("/map").headers["content-security-policy"]
        assert "frame-ancestors 'self';" in policy


def test_a_map_is_the_page_at_a_state() -> None:
    frame = MapFrame("http://127.0.0.1:1/map", {"layers": "a,b"}).at(118.79, 36.86, 14)
    assert frame.link == "http://127.0.0.1:1/map#map=118.79000,36.86000,14.00&layers=a,b"
    moved = frame.at(118.0, 36.0, 9).tall(300)
    assert dict(parse_qsl(urlsplit(moved.link).fragment)) == {
        "map": "118.00000,36.00000,9.00",
        "layers": "a,b",
    }
    with pytest.raises(ValueError, match="91"):
        frame.at(118.0, 91.0, 9)
    hostile = MapFrame("http://127.0.0.1:1/map", {"layers": '"><script>alert(1)</script>'})
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(hostile._repr_html_())
    assert [tag for tag, _ in seen] == ["iframe", "p", "a"] and seen[0][1]["src"] == hostile.link


def test_times_of_a_map_are_beijings() -> None:
    frame = connect_nowhere().map(["a"], on="2025-06-30", known=datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC))
    assert frame.state == {
        "layers": "a", "datetime": "2025-06-30T00:00", "asof": "2026-01-01T08:00:05", "panel": "none"
    }  # fmt: skip


def connect_nowhere():  # type: ignore[no-untyped-def]
    from notebooks.city import City
    from notebooks.line import Line

    return City(Line("http://127.0.0.1:1"))


def test_a_map_is_compared_by_its_link() -> None:
    frame = connect_nowhere().map(["a"], on="2026-06-30").compared(on="2020-06-30", how="difference")
    assert frame.state == {
        "layers": "a", "datetime": "2026-06-30T00:00", "panel": "none",
        "compare": "difference", "b.datetime": "2020-06-30T00:00",
    }  # fmt: skip
    other = frame.compared(known="2026-01-01", layers=["b", "c"])
    told = {name: text for name, text in other.state.items() if name.startswith(("b.", "compare"))}
    assert told == {"compare": "swipe", "b.asof": "2026-01-01T00:00", "b.layers": "b,c"}
    with pytest.raises(ValueError, match="spyglass"):
        frame.compared(how="spyglass")


def test_who_may_frame_the_map_is_a_setting() -> None:
    home = {"HOME": "/home/li"}
    assert Settings.read(home).framed_by == ("http://localhost:*", "http://127.0.0.1:*")
    assert Settings.read({**home, "ONEMAP_ACCESS": "guarded"}).framed_by == ()
    named = {**home, "ONEMAP_FRAMED_BY": "https://notebooks.example, http://10.0.0.8:8888"}
    assert Settings.read(named).framed_by == ("https://notebooks.example", "http://10.0.0.8:8888")
    assert Settings.read({**home, "ONEMAP_FRAMED_BY": ""}).framed_by == ()
    for wrong in ("*", "notebooks.example", "https://a.example; script-src *", "https://a/b"):
        with pytest.raises(Exception, match="ONEMAP_FRAMED_BY"):
            Settings.read({**home, "ONEMAP_FRAMED_BY": wrong})
