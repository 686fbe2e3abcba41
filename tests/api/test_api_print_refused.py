"""What cannot be printed is refused by the value that offends."""

from __future__ import annotations

from typing import Any

import pytest
from printed_sheets import Printed, drawn


@pytest.mark.parametrize(
    ("members", "status", "value"),
    [
        ({"paper": "A5"}, 400, "A5"),
        ({"paper": None}, 400, "None"),
        ({"orientation": "sideways"}, 400, "sideways"),
        ({"scale": 499}, 400, "499"),
        ({"scale": 10_001}, 400, "10001"),
        ({"scale": 1500.5}, 400, "1500.5"),
        ({"scale": True}, 400, "True"),
        ({"scale": "2000"}, 400, "2000"),
        ({"center": [0, 0]}, 400, "[0, 0]"),
        ({"center": [118.79]}, 400, "[118.79]"),
        ({"center": ["a", "b"]}, 400, "['a', 'b']"),
        ({"layers": "marks-500"}, 400, "marks-500"),
        ({"layers": ["names", "names"]}, 400, "names"),
        ({"layers": [{"id": "names", "opacity": 2}]}, 400, "2"),
        ({"layers": ["x"] * 65}, 400, "x"),
        ({"layers": ["notes"]}, 404, "notes"),
        ({"layers": ["none\x00"]}, 404, "none"),
        ({"datetime": "yesterday"}, 400, "yesterday"),
        ({"asof": 7}, 400, "7"),
        ({"images": "terrain-rgb"}, 400, "terrain-rgb"),
        ({"language": "fr"}, 400, "fr"),
        ({"title": "图" * 61}, 400, "图"),
        ({"title": "a\nb"}, 400, "a"),
        ({"title": 7}, 400, "7"),
        ({"colour": "red"}, 400, "colour"),
        ({"sketch": []}, 400, "[]"),
        ({"sketch": {"type": "FeatureCollection", "features": [{"geometry": None}]}}, 400, "None"),
        ({"sketch": drawn({"type": "Point", "coordinates": [1e9, 0]})}, 400, "Point"),
        ({"sketch": drawn({"type": "Polygon", "coordinates": [[["a"]]]})}, 400, "Polygon"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_its_value(
    printed: Printed, members: dict[str, Any], status: int, value: str
) -> None:
    answer = printed.ask(**members)
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert value in said["zh"] and value in said["en"]


def test_bodies_that_are_no_request_are_refused(printed: Printed) -> None:
    client = printed.served.client

    def post(body: bytes, kind: str = "application/json") -> int:
        return client.post("/print", content=body, headers={"content-type": kind}).status_code

    assert post(b"{") in (400, 422)
    assert post(b"[1]") in (400, 422)
    assert post(b"{}", "text/plain") == 415
    assert post(b'{"paper": "A4", "paper": "A3", "scale": 500, "center": [118.8, 36.9]}') in (400, 422)
    assert client.post("/print", json={"sketch": "x" * 1_100_000}).status_code == 413
    assert client.put("/print", json={}).status_code == 405
