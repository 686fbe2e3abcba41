"""OpenStreetMap files that GDAL would take for what they are not: refused by name, or told as lacking."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from exchange_files import counts, options, read_content, rows_of
from pbf_files import Node, blob, number, packed, text, varint, write_pbf, zigzag

from spatial.errors import OneMapError, UnreadableFile
from spatial.exchange import sandbox
from spatial.exchange.load import load
from spatial.exchange.osm_pbf import Gaps, check
from spatial.exchange.sandbox import Job

HEAD = blob(b"OSMHeader", text(4, b"OsmSchema-V0.6") + text(4, b"DenseNodes") + text(16, b"onemap tests"))
TAGGED = packed(2, [1]) + packed(3, [2])
NODES: list[Node] = [(n, 118.7 + n / 1000, 36.8, {"amenity": "school"}) for n in range(1, 20)]
Bytes = Callable[[], bytes]


def data(*groups: bytes, more: bytes = b"") -> bytes:
    """A block of these groups, with a table of three words."""
    words = b"".join(text(1, word) for word in (b"", b"amenity", b"school"))
    return blob(b"OSMData", text(1, words) + b"".join(text(2, group) for group in groups) + more)


def dense(ids: Sequence[int], lats: Sequence[int], lons: Sequence[int], tags: Sequence[int] = ()) -> bytes:
    lists = [packed(at, [zigzag(each) for each in told]) for at, told in ((1, ids), (8, lats), (9, lons))]
    return text(2, b"".join(lists) + (packed(10, tags) if tags else b""))


def way(identity: int, refs: Sequence[int], tags: bytes = TAGGED) -> bytes:
    steps = [after - before for before, after in zip([0, *refs], refs, strict=False)]
    return text(3, number(1, identity % 2**64) + tags + packed(8, [zigzag(one) for one in steps]))


THREE = dense([1, 1, 1], [368_000_000, 10, 10], [1_187_000_000, 10, 10], [1, 2, 0, 1, 2, 0, 1, 2, 0])
BROKEN: dict[str, tuple[bytes, str]] = {
    "dense nodes lack a latitude": (HEAD + data(dense([1, 1, 1], [9, 0], [9, 0, 0])), "2 latitudes"),
    "dense nodes have one too many": (HEAD + data(dense([1], [9, 0], [9, 0])), "1 ids"),
    "dense nodes lack tags": (HEAD + data(dense([1, 1], [9, 0], [9, 0], [1, 2, 0])), "the tags of 1"),
    "a list ends within a number": (HEAD + data(text(2, text(1, b"\x02\x80"))), "cut off"),
    "a number without an end": (HEAD + data(text(2, text(1, b"\xff" * 11 + b"\0"))), "ten bytes"),
    "a node without an id": (HEAD + data(text(1, number(8, 2) + number(9, 2))), "without an id"),
    "a way without an id": (HEAD + data(text(3, packed(8, [2]))), "without an id"),
    "a key without a value": (HEAD + data(THREE, way(5, [1, 2], packed(2, [1]))), "without a value"),
    "a field beyond its message": (HEAD + blob(b"OSMData", b"\x0a\x7f" + b"a"), "127 bytes"),
    "a field of no number": (HEAD + blob(b"OSMData", bytes(1 << 20)), "number 0"),
    "a kind of field that is none": (HEAD + blob(b"OSMData", b"\x0c\0"), "type 4"),
    "a bomb": (HEAD + blob(b"OSMData", b"a" * (33 << 20)), str(33 << 20)),
    "a bomb that says it is small": (HEAD + blob(b"OSMData", b"a" * (33 << 20), 100), "announces 100"),
    "a size beyond numbers": (HEAD + blob(b"OSMData", b"a", 2**40), str(2**40)),
    "a blob of two gigabytes": (
        HEAD + (len(head := text(1, b"OSMData") + number(3, 2**31 - 1))).to_bytes(4, "big") + head + b"x",
        str(2**31 - 1),
    ),
    "a header of four gigabytes": (HEAD + b"\xff" * 8, str(2**32 - 1)),
    "zeros behind": (HEAD + data(THREE) + bytes(64), "0 bytes"),
    "words behind": (HEAD + data(THREE) + b"\0\0\0\x05hello", "a.osm.pbf"),
    "damaged packing": (
        HEAD + data(THREE).replace(zlib.compress(b"")[:2], b"\x78\x9d"),
        "zlib",
    ),
}


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / "a.osm.pbf"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_as_the_format_has_it_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        check(file_of(tmp_path, content))
    assert said in refused.value.en and refused.value.value == "a.osm.pbf"
    assert "a.osm.pbf" in refused.value.zh


def test_a_cut_anywhere_but_between_blobs_is_refused(tmp_path: Path) -> None:
    """Between two blobs nothing tells a cut file from a short one."""
    pieces = (HEAD, data(THREE), data(way(5, [1, 2, 3])))
    whole, ends = b"".join(pieces), {len(b"".join(pieces[:count])) for count in range(4)}
    for size in range(len(whole) + 1):
        path = file_of(tmp_path, whole[:size])
        if size in ends:
            check(path)
            continue
        with pytest.raises(UnreadableFile):
            check(path)


def test_ways_that_lack_nodes_are_counted(tmp_path: Path) -> None:
    assert check(file_of(tmp_path, HEAD)) == Gaps(0, 0, None)
    assert check(file_of(tmp_path, HEAD + data(THREE, way(5, [1, 2, 3])))) == Gaps(1, 0, None)
    ways = (way(7, [1, 2]), way(8, [1, 99, 2]), way(-9, [3, 2**62]), way(10, [], b""))
    assert check(file_of(tmp_path, HEAD + data(b"".join(ways)) + data(THREE))) == Gaps(4, 2, 8)
    negative = dense([-5, -1], [368_000_000, 0], [1_187_000_000, 0])
    assert check(file_of(tmp_path, HEAD + data(negative, way(-1, [-5, -6])))) == Gaps(1, 0, None)
    assert check(file_of(tmp_path, HEAD + data(way(1, [1, 2])))) == Gaps(1, 1, 1)


def test_lists_are_read_as_one_by_one(tmp_path: Path) -> None:
    """Random ways against sets of Python: which lack a node."""
    chance = random.Random(3)
    for _ in range(20):
        held = sorted(chance.sample(range(-(2**60), 2**60), 30))
        steps = [held[0], *(b - a for a, b in pairwise(held))]
        flat = [0] * len(held)
        ways, lacking = [], []
        for identity in range(1, 40):
            refs = [chance.choice([*held, 7]) for _ in range(chance.randrange(6))]
            ways.append(way(identity, refs))
            if 7 in refs and 7 not in held:
                lacking.append(identity)
        content = HEAD + data(dense(steps, flat, flat)) + data(b"".join(ways[:20]), b"".join(ways[20:]))
        assert check(file_of(tmp_path, content)) == Gaps(39, len(lacking), lacking[0] if lacking else None)


def read(path: Path, work: Path, geometry: str) -> tuple[int, list[str]]:
    """How many rows a reader behind its fences finds, and what it notes beside the licence."""
    work.mkdir()
    staged = work / path.name
    staged.write_bytes(path.read_bytes())
    sandbox.run(Job(path=str(staged), work=str(work), geometry=geometry))
    content = read_content(work)
    return len(rows_of(content)), [one.en for one in content.notes[1:]]


def test_a_line_that_is_not_whole_is_told(tmp_path: Path) -> None:
    path = write_pbf(tmp_path / "a.osm.pbf", NODES, [(100, [1, 2, 3, 77, 4], {"highway": "primary"})])
    rows, notes = read(path, tmp_path / "w", "LineString")
    assert rows == 1
    assert notes == ["1 of 1 ways name nodes that are not in the file and are not whole, the first is 100"]
    whole = write_pbf(tmp_path / "b.osm.pbf", NODES, [(100, [1, 2, 3, 4], {"highway": "primary"})])
    assert read(whole, tmp_path / "v", "LineString") == (1, [])


HOSTILE: dict[str, Bytes] = {
    "dense nodes of unequal lists": lambda: (
        HEAD + data(dense([1, 1, 1], [368_000_000, 0], [1_187_000_000] * 3))
    ),
    "an id beyond numbers": lambda: (
        b'<osm version="0.6"><node id="999999999999999999999999" lat="36.8" lon="118.7">'
        b'<tag k="amenity" v="x"/></node></osm>'
    ),
    "entities": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY b%d "%s">' % (n, (b"&b%d;" % (n - 1) if n else b"&a;") * 10) for n in range(9))
        + b']><osm version="0.6"><node id="1" lat="36.8" lon="118.7"><tag k="a" v="&b8;"/></node></osm>'
    ),
    "another file": lambda: (
        b'<!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/passwd">]><osm version="0.6">'
        b'<node id="1" lat="36.8" lon="118.7"><tag k="a" v="&x;"/></node></osm>'
    ),
    "elements without end": lambda: b'<osm version="0.6">' + b"<a>" * 300_000,
    "no position": lambda: (
        b'<osm version="0.6"><node id="1" lat="nan" lon="inf"><tag k="a" v="x"/></node></osm>'
    ),
    "a word that is not in the table": lambda: (
        HEAD + data(text(1, number(1, 2) + packed(2, [999]) + packed(3, [2]) + number(8, 2) + number(9, 2)))
    ),
    "a million nodes of one way": lambda: HEAD + data(THREE, way(5, [1, 2, 3] * 340_000)),
    "a deep message": lambda: HEAD + blob(b"OSMData", _deep(5000)),
}


def _deep(levels: int) -> bytes:
    found = b""
    for _ in range(levels):
        found = b"\x12" + varint(len(found)) + found
    return found


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_is_written_of_a_hostile_file(dsn: str, tmp_path: Path, made: Bytes) -> None:
    content = made()
    path = tmp_path / ("a.osm" if content.startswith(b"<") else "a.osm.pbf")
    path.write_bytes(content)
    before = counts(dsn)
    with pytest.raises(OneMapError) as refused:
        load(dsn, path, "test-stations", options(source_crs="EPSG:4326"))
    assert refused.value.zh and refused.value.en
    assert counts(dsn) == before
