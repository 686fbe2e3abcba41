"""Every curl and ogrinfo command that the documents print works as printed, block by block."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from raster_files import flown, photograph
from serving import ROOT, Served, database_of, server

from spatial.database import connect
from spatial.observe.things import store
from spatial.observe.things.model import ENTITIES
from spatial.observe.things.reading_document import draft
from spatial.sample.observations.loading import MEASUREMENT, SENSOR

PRINTED = "http://127.0.0.1:8370"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
PROGRAMS = ("curl", "ogrinfo")


@pytest.fixture(scope="module")
def untouched(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample city as it is after the first ``up``, and an image catalogued."""
    from spatial import sample
    from water.sample import loading as rivers

    folder = tmp_path_factory.mktemp("docs")
    log = folder / "server.log"
    with database_of(server_dsn, template) as dsn:
        sample.build(dsn, progress=lambda line: None)
        rivers.build(dsn)
        flown(dsn, [photograph(folder / "2024.tif")], log.with_suffix(""))
        measuring(dsn)
        with server(dsn, log) as running:
            yield running


def measuring(dsn: str) -> None:
    """A station with its first datastream, as the sample's observations begin."""
    station = {
        "name": "合成监测站 1",
        "description": "合成数据",
        "Locations": [
            {
                "name": "合成监测站 1",
                "description": "合成数据",
                "encodingType": "application/geo+json",
                "location": {"type": "Point", "coordinates": [118.74, 36.88]},
            }
        ],
        "Datastreams": [
            {
                "name": "PM2.5",
                "description": "合成数据",
                "observationType": MEASUREMENT,
                "unitOfMeasurement": {"name": "microgram", "symbol": "ug/m3", "definition": "urn:ucum:ug/m3"},
                "Sensor": SENSOR,
                "ObservedProperty": {"name": "PM2.5", "definition": "urn:pm25", "description": "合成数据"},
            }
        ],
    }
    with connect(dsn) as connection:
        store.create(connection, draft(ENTITIES["Thing"], station), lambda _: None)


def blocks() -> Iterator[tuple[str, list[list[str]]]]:
    """The commands of each code block, in order; those with variables of the shell are tested elsewhere."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            if language not in ("", "sh"):
                continue
            found = [words for words in commands(block) if any(PRINTED in word for word in words)]
            found = [words for words in found if words[0] in PROGRAMS and "-N" not in words]
            if found and "$" not in block:
                yield f"{page.name}:{found[0][-1]}"[:80], found


def commands(block: str) -> Iterator[list[str]]:
    """Lines, joined where a quotation is open or a backslash stands at the end."""
    text = ""
    for line in block.splitlines():
        text += line
        if text.endswith("\\"):
            text = text[:-1]
            continue
        try:
            words = shlex.split(text, comments=True)
        except ValueError:
            text += "\n"
            continue
        if words:
            yield words
        text = ""


@pytest.mark.parametrize("printed", [pytest.param(found, id=name) for name, found in blocks()])
def test_printed_commands_work(untouched: Served, tmp_path: Path, printed: list[list[str]]) -> None:
    for words in printed:
        if shutil.which(words[0]) is None:
            pytest.skip(f"not installed: {words[0]}")
        run = [word.replace(PRINTED, untouched.url) for word in words]
        answer = tmp_path / "answer"
        if run[0] == "curl":
            run[1:1] = [
                "-sS",
                "-w",
                "%{stderr}%{http_code}",
                *([] if "-O" in "".join(run) else ["-o", str(answer)]),
            ]
        ran = subprocess.run(run, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert ran.returncode == 0, (words, ran.stderr)
        if run[0] == "curl":
            said = answer.read_text(errors="replace")[:600] if answer.exists() else ""
            assert ran.stderr[-3:] in ("200", "201", "204", "304"), (words, ran.stderr, said)
