"""The doors of publications under Schemathesis where there is one: with features, comments and answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from serving import Served, database_of, server
from test_conformance_definition import EVERY_CHECK, OPAQUE, definition, run

sys.path.insert(0, str(Path(__file__).parents[1] / "planning"))
import publication_ground as ground
from publication_ground import FARMLAND, ZONES

from planning.publication import comment_store
from planning.publication.comments import Outcome, Person, Said, Stance, State
from planning.publication.publication import publish
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.editing.model import RequestKey
from spatial.history.model import Intent


@pytest.fixture(scope="module")
def shown(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One publication, number 1, with one comment, number 1, that is shown and answered."""
    today = datetime.now(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    by = ("张伟", ground.DEPARTMENT)
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            ground.build(connection)
            until = (today + timedelta(40)).date()
            publish(connection, ground.draft(until), Intent(*by, "公示", today), today.date())
            said = Said(Stance.ASK, "何时实施", Person("赵六", "13700001234"))
            comment_store.take(connection, 1, said, RequestKey("k", b"x" * 32))
            comment_store.moderate(connection, 1, 1, 0, State.SHOWN, "", by)
            comment_store.answer(connection, 1, 1, 1, Outcome.EXPLAINED, "明年", by)
        with server(dsn, tmp_path_factory.mktemp("shown") / "server.log", workers=2) as running:
            yield running


def of_publications(served: Served) -> dict[str, Any]:
    """The definition of these doors alone, its numbers and layers those that there are."""
    document = definition(served)
    document["paths"] = {path: item for path, item in document["paths"].items() if "/publications" in path}
    parameters = document["components"]["parameters"]
    for name in ("publication", "commentNumber"):
        parameters[name]["schema"] = {"type": "integer", "enum": [1]}
    parameters["publishedLayer"]["schema"] = {"type": "string", "enum": [ZONES, FARMLAND]}
    parameters["tms"]["schema"] = {"type": "string", "enum": ["CGCS2000Quad"]}
    for name, most in (("z", 20), ("row", 0), ("col", 0)):
        parameters[name]["schema"] = {"type": "integer", "minimum": 0, "maximum": most}
    return document


def test_no_answer_about_a_publication_breaks_the_definition(shown: Served, tmp_path: Path) -> None:
    run(of_publications(shown), shown, tmp_path, "--phases", "coverage,fuzzing", "-n", "10", *EVERY_CHECK)


def test_what_may_be_read_of_a_publication_is_read(shown: Served, tmp_path: Path) -> None:
    document = of_publications(shown)
    opaque = {f"#/components/parameters/{key}" for key, one in document["components"]["parameters"].items()
              if one["name"] in OPAQUE}  # fmt: skip
    reads = {path: {"get": item["get"]} for path, item in document["paths"].items() if "get" in item}
    for item in reads.values():
        item["get"]["parameters"] = [each for each in item["get"]["parameters"] if each["$ref"] not in opaque]
    document["paths"] = reads
    run(document, shown, tmp_path, "--phases", "coverage", "--checks", "positive_data_acceptance")
