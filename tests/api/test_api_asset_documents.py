"""Files of assets' documents: they open, and only for who may read the register and the asset's layer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import monitored_ground as ground
import pypdfium2
import pytest
from api_serving import Served, server
from monitored_ground import Watched
from serving import until

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import Connection, connect
from spatial.exchange.store import Source, keep_source
from spatial.inventory.layers import contract
from spatial.sample.assets.papers import Paper, paper

DOCUMENTS = "asset-documents"
APPROVAL, COMPLETION, DELIVERED = (
    paper("SYN-DOC-1", "hydrants", "H-1", "approval", date(2020, 5, 1)),
    paper("SYN-DOC-2", "hydrants", "H-1", "completion", date(2021, 5, 1)),
    paper("SYN-DOC-3", "hydrants", "H-1", "approval", date(2022, 5, 1)),
)


def row(number: int, file: Paper) -> dict[str, Any]:
    told = {"document_id": f"F-{number}", "layer": "hydrants", "asset": "H-1", "kind": "approval"}
    return {**told, "title": "合成", "sha256": file.sha256.hex(), "data_nature": "合成数据"}


def keep(connection: Connection, file: Paper) -> None:
    keep_source(connection, Source(file.sha256, file.name, len(file.content), packed=False), [file.content])


@pytest.fixture(scope="module")
def served(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Watched]]:
    log = tmp_path_factory.mktemp("documents") / "server.log"
    with ground.watched(server_dsn, template) as found:
        with connect(found.dsn) as connection:
            files = (APPROVAL, COMPLETION, DELIVERED)
            ground.deliver(connection, DOCUMENTS, [row(number, file) for number, file in enumerate(files)])
            for file in files:
                keep(connection, file)
            # The bytes of a delivery of a layer: whoever writes its digest on the register does not get them.
            ground.deliver(
                connection, "hydrants", [ground.hydrant(99, "planned")], source_sha256=DELIVERED.sha256
            )
        with server(found.dsn, log) as running:
            yield running, found


def of(file: Paper) -> str:
    return f"/assets/documents/{file.sha256.hex()}"


def test_the_files_of_the_sample_open(served: tuple[Served, Watched]) -> None:
    text = served[0].get(of(APPROVAL))
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "合成数据" in text.text and "SYN-DOC-1" in text.text
    drawn = served[0].get(of(COMPLETION))
    assert drawn.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(drawn.content).digest() == COMPLETION.sha256
    assert drawn.headers["content-disposition"] == "inline; filename*=UTF-8''SYN-DOC-2.pdf"
    assert drawn.headers["content-security-policy"] == "sandbox"
    document = pypdfium2.PdfDocument(drawn.content)
    said = document[0].get_textpage().get_text_range()
    assert "竣工资料" in said and "合成数据" in said and "2021-05-01" in said
    picture = document[0].render(scale=1).to_numpy()
    assert picture.min() < 100  # something is drawn


def test_what_is_no_document_of_an_asset_is_not_found(served: tuple[Served, Watched]) -> None:
    for digest in ("0" * 64, "x", "A" * 64, DELIVERED.sha256.hex()):
        answer = served[0].get(f"/assets/documents/{digest}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-document"), digest
    assert served[0].get(f"{of(APPROVAL)}?f=json").status_code == 400


def test_only_who_may_read_the_layer_of_the_asset(served: tuple[Served, Watched]) -> None:
    with connect(served[1].dsn) as connection:
        _, stranger = access.add_key(connection, "外人", "教育局", [Role.READER], by="test")
        _, reader = access.add_key(connection, "读者", "水利局", [Role.READER], by="test")
        owner = contract("hydrants").steward
        for department in ("水利局", "教育局"):
            access.add_grant(connection, DOCUMENTS, department, Right.READ_INTERNAL, by="test")
        access.add_grant(connection, "hydrants", "水利局", Right.READ, by="test")
        assert owner not in ("水利局", "教育局")

    def status(key: str, path: str) -> int:
        return served[0].get(path, headers={"X-API-Key": key}).status_code

    until(lambda: status(reader, "/collections/hydrants") == 200)
    until(lambda: status(stranger, f"/collections/{DOCUMENTS}") == 200)
    assert status(reader, of(APPROVAL)) == 200
    assert status(stranger, "/collections/hydrants") == 404
    assert status(stranger, of(APPROVAL)) == 404
    assert status(reader, of(DELIVERED)) == 404
