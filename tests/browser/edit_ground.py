"""A guarded city with layers to edit, and keys of who may and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from serving import database_of, server, until

from spatial.access import store as access
from spatial.access.model import Role
from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Quality, Sharing, Title
from spatial.database import connect

STEWARD = "自然资源和规划局"
GEOJSON, MERGE = "application/geo+json", "application/merge-patch+json"

PARCELS = Contract(
    id="parcels",
    title=Title("宗地", "Parcels"),
    description=Title("为测试而设", "made for tests"),
    steward=STEWARD,
    source_standard="为测试而设",
    geometry="Polygon",
    key="code",
    valid_time=Title("登记有效", "registered"),
    legend=Legend(
        "fill", "#f2c94c", outline="#8a6d1f", label="name", by="use",
        colors=(("0701", "#f2c94c"), ("0901", "#d9534f")),
    ),
    order=10,
    sharing=Sharing.OPEN,
    quality=Quality(unique=(("name",),)),
    fields=(
        Field("code", FieldType.TEXT, Title("编码", "Code"), required=True, pattern=r"P-\d{2}"),
        Field("name", FieldType.TEXT, Title("名称", "Name"), required=True, max_length=40),
        Field(
            "use",
            FieldType.TEXT,
            Title("用途", "Use"),
            codes=(("0701", Title("城镇住宅用地", "dwellings")), ("0901", Title("商业用地", "shops"))),
        ),
        Field("floors", FieldType.INTEGER, Title("层数", "Floors"), minimum=0, maximum=200),
        Field("height", FieldType.NUMBER, Title("高度", "Height"), unit="m"),
        Field("surveyed", FieldType.DATE, Title("测绘日期", "Surveyed")),
        Field("listed", FieldType.BOOLEAN, Title("保护建筑", "Listed")),
    ),
)  # fmt: skip
WELLS = Contract(
    id="wells",
    title=Title("机井", "Wells"),
    description=Title("为测试而设", "made for tests"),
    steward=STEWARD,
    source_standard="为测试而设",
    geometry="Point",
    key="",
    valid_time=Title("实地存在", "existence on the ground"),
    legend=Legend("circle", "#2b6cb0", radius_px=6),
    order=20,
    sharing=Sharing.CONDITIONAL,
    fields=(Field("name", FieldType.TEXT, Title("名称", "Name"), required=True, max_length=40),),
)
WEST, SOUTH, SIDE = 118.74, 36.94, 0.01


def square(column: int, line: int) -> dict[str, Any]:
    west, south = WEST + column * SIDE, SOUTH + line * SIDE
    east, north = round(west + SIDE, 6), round(south + SIDE, 6)
    west, south = round(west, 6), round(south, 6)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@dataclass(frozen=True)
class Ground:
    """A running platform, and the keys of an editor, a second editor and a reader of another department."""

    url: str
    dsn: str
    keys: dict[str, str]
    ids: dict[str, str]

    def map(self, **state: str) -> str:
        parts = [f"{key}={value}" for key, value in state.items()]
        return f"{self.url}/map" + (f"#{'&'.join(parts)}" if parts else "")

    def ask(self, method: str, path: str, who: str = "second", **options: Any) -> httpx.Response:
        headers = {"X-API-Key": self.keys[who], **options.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=20, **options)

    def item(self, fid: str, layer: str = "parcels") -> dict[str, Any] | None:
        """As the API tells it."""
        answer = self.ask("GET", f"/collections/{layer}/items/{fid}")
        return answer.json() if answer.status_code == 200 else None

    def versions(self, fid: str, layer: str = "parcels") -> list[dict[str, Any]]:
        """All that was ever believed of it, the oldest first."""
        found = self.ask("GET", f"/collections/{layer}/items/{fid}/versions").json()["features"]
        return sorted(found, key=lambda each: int(each["opened_by"]))

    def believed(self, fid: str) -> list[dict[str, Any]]:
        """What is believed of it now, in the order of its validity."""
        held = [each for each in self.versions(fid) if each["recorded_to"] is None]
        return sorted(held, key=lambda each: str(each["properties"]["valid_from"]))

    def changesets(self, fid: str) -> int:
        """How often it was written to."""
        return len({each["opened_by"] for each in self.versions(fid)})

    def edit(self, fid: str, geometry: dict[str, Any] | None = None, **values: Any) -> None:
        """By the second editor, whatever is there."""
        patch = {"properties": values, **({"geometry": geometry} if geometry else {})}
        headers = {"Content-Type": MERGE, "If-Match": "*", "Onemap-Reason": "second look"}
        answer = self.ask("PATCH", f"/collections/parcels/items/{fid}", json=patch, headers=headers)
        assert answer.status_code < 300, answer.text

    def create(self, fid: str, column: int, line: int, **values: Any) -> None:
        """A parcel by the second editor."""
        properties = {"code": fid, "name": f"宗地 {fid}", "use": "0701", "floors": 6, **values}
        feature = {"type": "Feature", "geometry": square(column, line), "properties": properties}
        answer = self.ask(
            "POST", "/collections/parcels/items", json=feature, headers={"Content-Type": GEOJSON}
        )
        assert answer.status_code == 201, answer.text

    def remove(self, fid: str) -> None:
        answer = self.ask("DELETE", f"/collections/parcels/items/{fid}", headers={"If-Match": "*"})
        assert answer.status_code in (204, 404), answer.text

    def new_key(self, subject: str, department: str = STEWARD, role: Role = Role.EDITOR) -> str:
        """A key that the server knows already."""
        with connect(self.dsn) as connection:
            key, text = access.add_key(connection, subject, department, frozenset({role}), by="test")
        self.keys[subject], self.ids[subject] = text, key.shown
        until(lambda: self.ask("GET", "/access/me", subject).status_code == 200)
        return text

    def revoke(self, subject: str) -> None:
        with connect(self.dsn) as connection:
            access.revoke_key(connection, self.ids[subject], by="test")
        until(lambda: self.ask("GET", "/access/me", subject).status_code == 401)


@contextmanager
def ground(server_dsn: str, template: str, log: Path) -> Iterator[Ground]:
    """Parcels that anybody sees and wells that only who is granted does; both edited by the steward alone."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            for contract in (PARCELS, WELLS):
                store.publish(connection, contract)
        with server(dsn, log, environment={"ONEMAP_ACCESS": "guarded"}) as served:
            made = Ground(served.url, dsn, {}, {})
            made.new_key("张工")
            made.new_key("second")
            made.new_key("学校", "教育局", Role.READER)
            for number in range(4):
                made.create(f"P-0{number}", number, 0)
            yield made


def shifted(column: int, line: int, by: float) -> dict[str, Any]:
    """The parcel with its eastern side moved."""
    shape = square(column, line)
    (ring,) = shape["coordinates"]
    west = ring[0][0]
    return {**shape, "coordinates": [[[x + by if x > west else x, y] for x, y in ring]]}
