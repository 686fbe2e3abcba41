"""proposals: listed, shown, reviewed by another, applied once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from api_serving import contract, deliver, places, publish
from installation import Installation, installation

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.proposals import course
from spatial.proposals.content import Target
from spatial.proposals.model import Actor


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    publish(database, contract("points"))
    deliver(database, "points", places(5))
    body = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": "P000001", "properties": {"name": "新名"}},
            {"type": "Feature", "id": "P000002", "properties": {}, "action": "retire"},
        ],
    }
    with connect(database) as connection:
        layer = catalogue.get(connection, "points")
        target = Target(layer.contract, layer.table, ("code", "name"))
        now = datetime(2026, 3, 1, tzinfo=UTC)
        told = json.dumps(body).encode()
        course.propose(connection, target, Actor("张伟", "民政局"), "核查", now, told, read_city("370783"))
    with installation(ONEMAP_DATABASE_URL=database) as made:
        yield made


def test_a_proposal_is_reviewed_by_another_and_applied(site: Installation) -> None:
    listed = site.run("proposals", "list")
    assert all(told in listed.stdout for told in ("1  proposed  points", "张伟", "核查")), listed.stderr
    shown = site.run("proposals", "show", "1").stdout
    assert "圣城街道 1 号" in shown
    assert "新名" in shown
    assert "注销 retired" in shown
    who = ("--author", "张伟", "--department", "民政局")
    refused = site.run("proposals", "review", "1", "--approve", *who, "--reason", "我看行")
    assert refused.returncode != 0
    assert "不能审核自己的提案" in refused.stderr
    other = ("--author", "王芳", "--department", "民政局")
    assert site.run("proposals", "apply", "1", *other).returncode != 0  # not approved yet
    approved = site.run("proposals", "review", "1", "--approve", *other, "--reason", "属实")
    assert approved.returncode == 0, approved.stderr
    applied = site.run("proposals", "apply", "1", *other)
    assert applied.returncode == 0, applied.stderr
    assert "applied" in applied.stdout
    assert "提案 1" in site.run("history", "points").stdout
    again = site.run("proposals", "apply", "1", *other)
    assert "applied" in again.stderr
    assert again.returncode != 0
