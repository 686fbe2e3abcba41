"""A layer with a hidden field of every kind, each with a title, a name and a value said nowhere else."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet
from api_serving import Served, contract, database_of, publish, server, until

from spatial.access import store
from spatial.access.model import Right, Role
from spatial.catalogue.contract import Contract, Field, FieldType, Quality, Secrecy, Sharing, Title
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.exchange.load import LoadOptions, load

LAYER, FEATURES = "sealed", 6
HIDDEN: dict[str, tuple[FieldType, str]] = {
    "zz_owner": (FieldType.TEXT, "密主甲"),
    "zz_phone": (FieldType.TEXT, "tel-55019"),
    "zz_grade": (FieldType.TEXT, "grade-77031"),
    "zz_rank": (FieldType.INTEGER, "73519246"),
    "zz_price": (FieldType.NUMBER, "918273.625"),
    "zz_pawned": (FieldType.BOOLEAN, "true"),
    "zz_signed": (FieldType.DATE, "1987-06-05"),
    "zz_noted": (FieldType.INSTANT, "1988-07-06T05:04:03+08:00"),
}
"""Name, type, and value; of texts a number is appended, that each feature has its own."""
CHANGED = "密主乙"
"""What the owner of the first feature became by an edit."""
MARKS = (
    b"zz_",
    *(mark.encode() for mark in ("密题", "sealed-title", "密主", "tel-55019", "grade-77031", "密级")),
    *(b"73519246", b"918273", b"1987-06-05", b"1988-07-0", b"19870605"),
    struct.pack("<q", 73519246),
    struct.pack("<d", 918273.625),
)
"""What no answer to somebody who may not see the fields may hold, as text or in a format of bytes."""
ROLES: dict[str, tuple[tuple[Role, ...], str | None]] = {
    "anonymous": ((), None),
    "stranger": ((Role.READER,), "教育局"),
    "lent editor": ((Role.EDITOR,), "农业农村局"),
    "lent steward": ((Role.STEWARD,), "农业农村局"),
    "security administrator": ((Role.SECURITY_ADMINISTRATOR,), "自然资源和规划局"),
    "auditor": ((Role.AUDITOR,), None),
    "trusted": ((Role.READER,), "住建局"),
    "own editor": ((Role.EDITOR,), "自然资源和规划局"),
    "own steward": ((Role.STEWARD,), "自然资源和规划局"),
}
SEEING = ("trusted", "own editor", "own steward")
BLIND = tuple(name for name in ROLES if name not in SEEING)


def sealed() -> Contract:
    """Shared without conditions, its hidden fields unique and bounded by rules."""
    made = contract(LAYER)
    codes = tuple((f"grade-77031{n}", Title(f"密级{n}", f"sealed-title-grade-{n}")) for n in range(FEATURES))
    bounds: dict[str, dict[str, Any]] = {
        "zz_grade": {"codes": codes},
        "zz_price": {"unit": "1"},
        "zz_rank": {"minimum": 1.0, "maximum": 99999999.0},
        "zz_owner": {"max_length": 40, "required": True},
    }
    hidden = tuple(
        Field(
            name,
            kind,
            Title(f"密题{name}", f"sealed-title-{name}"),
            secrecy=Secrecy.INTERNAL,
            **bounds.get(name, {}),
        )
        for name, (kind, _) in HIDDEN.items()
    )
    return replace(
        made,
        sharing=Sharing.OPEN,
        fields=tuple(field for field in made.fields if field.name != "owner") + hidden,
        quality=Quality(unique=(("zz_phone",), ("name", "zz_rank"))),
    )


def delivered(folder: Path) -> Path:
    """A table as a department sends it."""
    path = folder / "交付.csv"
    lines = [",".join(["code", "name", "floors", "lon", "lat", *HIDDEN])]
    for n in range(FEATURES):
        values = [f"{value}{n}" if kind is FieldType.TEXT else value for kind, value in HIDDEN.values()]
        lines.append(",".join([f"X{n:03d}", f"甲{n}", str(n), str(118.7 + n / 100), "36.9", *values]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class Sealed:
    """A guarded server with the one layer, and a client for everybody."""

    served: Served
    keys: dict[str, str]
    log: Path

    def ask(self, method: str, who: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        shown = {} if who == "anonymous" else {"X-API-Key": self.keys[who]}
        return self.served.client.request(method, path, headers={**shown, **headers}, json=body)

    def get(self, who: str, path: str) -> httpx.Response:
        return self.ask("GET", who, path)


@contextmanager
def sealed_server(server_dsn: str, template: str, folder: Path) -> Iterator[Sealed]:
    """Loaded as a delivery is, so that it has measures and an original, and edited since."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, sealed())
        options = LoadOptions(
            "李工", "自然资源和规划局", "首次入库", source_crs="EPSG:4490", coordinates=("lon", "lat"),
            valid_from=parse_instant("2026-01-01"),
        )  # fmt: skip
        assert load(dsn, delivered(folder), LAYER, options).outcome == "loaded"
        keys = {}
        with connect(dsn) as connection:
            for name, (roles, department) in ROLES.items():
                if roles:
                    _, keys[name] = store.add_key(connection, name, department, roles, by="test")
            store.add_grant(connection, LAYER, "住建局", Right.READ_INTERNAL, by="test")
            for right in (Right.EDIT, Right.REVIEW):
                store.add_grant(connection, LAYER, "农业农村局", right, by="test")
        log = folder / "sealed.log"
        with server(dsn, log, environment={"ONEMAP_ACCESS": "guarded"}) as running:
            made = Sealed(running, keys, log)
            tag = made.get("own editor", f"/collections/{LAYER}/items/X000").headers["etag"]
            changed = made.ask(
                "PATCH",
                "own editor",
                f"/collections/{LAYER}/items/X000",
                {"properties": {"zz_owner": CHANGED}},
                **{"If-Match": tag, "Content-Type": "application/merge-patch+json"},
            )
            assert changed.status_code in (200, 204), changed.text
            until(lambda: made.get("trusted", f"/collections/{LAYER}/quality").json()["measures"] != [])
            yield made


def found_in(answer: httpx.Response, without: tuple[str, ...] = ()) -> list[bytes]:
    """The marks that stand anywhere in an answer: status line, headers, body, unpacked columns.

    ``without`` is what was asked with, and may be repeated.
    """
    whole = [answer.content, *(name + b": " + value for name, value in answer.headers.raw)]
    if answer.content[:4] == b"PAR1":
        table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
        whole += [str(table.schema).encode(), str(table.to_pylist()).encode()]
    blob = b"\n".join(whole)
    for text in without:
        blob = blob.replace(text.encode(), b"")
    escaped = blob.decode("utf-8", "replace").encode("ascii", "backslashreplace")
    forms = [(mark, mark.decode("utf-8", "replace").encode("ascii", "backslashreplace")) for mark in MARKS]
    return [mark for mark, form in forms if mark in blob or (len(form) > 8 and form in escaped)]
