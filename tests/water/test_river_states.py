"""The network of a day: read from the history, kept until something turns, redrawn from a day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from serving import database_of

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Intent
from water import layers
from water.errors import BadNetwork, BeyondEnd, UnknownRoute
from water.network import kept, store
from water.network.model import Mode
from water.network.navigate import at_node, navigate
from water.network.rebase import Event, rebase
from water.network.rivers import centreline_of
from water.sample import loading

MARCH, MAY = parse_instant("2026-03-01"), parse_instant("2026-05-01")
NANYANG = "SYN-ROUTE-NANYANG"


@pytest.fixture(scope="module")
def loaded(server_dsn: str, template: str) -> Iterator[str]:
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        yield dsn


@pytest.fixture
def connection(loaded: str) -> Iterator[Connection]:
    """Whatever a test does there is taken back."""
    with connect(loaded) as opened, opened.transaction(force_rollback=True):
        yield opened


def now(connection: Connection) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


def held(connection: Connection, layer_id: str, fid: str) -> dict[str, Any]:
    table = catalogue.get(connection, layer_id).table
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    row = connection.execute(
        f'select ST_AsBinary(geom), {listed} from history."{table.believed}" where fid = %s', (fid,)
    ).fetchone()
    assert row is not None
    return dict(zip(["geom", *names], row, strict=True))


def changed(connection: Connection, layer_id: str, fid: str, day: datetime, **values: object) -> None:
    """A feature that is otherwise from a day on."""
    table = catalogue.get(connection, layer_id).table
    row = held(connection, layer_id, fid) | values
    staging = write.create_staging(connection, table)
    write.copy_rows(connection, staging, ["line", "fid", *row], [(1, fid, *row.values())])
    write.canonicalise(connection, staging)
    assert write.apply(connection, staging, Intent("李工", "水利局", "改绘", day)) is not None
    write.drop_staging(connection, staging)


def test_a_state_is_built_once_and_kept_until_something_changes(connection: Connection) -> None:
    first = kept.rivers(connection, MARCH, now(connection))
    assert kept.rivers(connection, MARCH + timedelta(days=90), now(connection)) is first
    before = now(connection)
    changed(connection, layers.REACHES, "SYN-REACH-DAN-DIVERSION-01", MAY, state="open")
    march, june = (kept.rivers(connection, at, now(connection)) for at in (MARCH, MAY + timedelta(days=31)))
    assert march is not june
    assert (march.until, june.since) == (MAY, MAY)
    arms = []
    for network in (march.network, june.network):
        head = at_node(network, network.node_numbers["SYN-NODE-DIVERSION-HEAD"])
        arms.append(len(navigate(network, head, Mode.DOWNSTREAM_DIVERSIONS).reach))
    assert arms == [3, 4]
    assert kept.rivers(connection, MAY, before) is first  # as it was known then


def test_a_route_that_is_redrawn_is_a_version_of_its_own(connection: Connection) -> None:
    """Both versions are there to carry events from the one to the other."""
    old = kept.rivers(connection, MARCH, now(connection)).line(NANYANG)
    moved = old.places(np.linspace(0, old.to_m, 300), np.linspace(-8, 8, 300))
    wkb = shapely.to_wkb(shapely.LineString(np.round(moved, 9)))
    changed(connection, layers.ROUTES, NANYANG, MAY, version=2, from_m=500.0, geom=wkb)
    assert kept.rivers(connection, MARCH, now(connection)).line(NANYANG).version == 1
    new = kept.rivers(connection, MAY, now(connection)).line(NANYANG)
    assert (new.version, new.from_m) == (2, 500.0)
    found = store.route_version(connection, NANYANG, 1, now(connection))
    assert found is not None
    told = rebase(centreline_of(*found), new, [Event(str(m), float(m)) for m in range(100, 28_000, 900)])
    assert all(each.after and each.ground_m is not None and each.ground_m < 0.5 for each in told)
    assert store.route_version(connection, NANYANG, 3, now(connection)) is None


def test_an_address_leads_to_its_reach_and_back(connection: Connection) -> None:
    rivers = kept.rivers(connection, MARCH, now(connection))
    dice = np.random.default_rng(5)
    for route in ("SYN-ROUTE-MI", "SYN-ROUTE-DAN", NANYANG):
        line = rivers.line(route)
        for chainage in dice.uniform(line.from_m, line.to_m, 40).tolist():
            spot = rivers.spot(route, chainage)
            assert rivers.chainage_m(spot.reach, spot.along_m) == pytest.approx(chainage, abs=0.001)
            there = line.locate([rivers.place(spot)])
            assert there.chainage_m[0] == pytest.approx(chainage, abs=0.001)
            assert abs(there.offset_m[0]) < 0.001
    with pytest.raises(BeyondEnd):
        rivers.spot(NANYANG, 90_000.0)
    with pytest.raises(UnknownRoute):
        rivers.line("nobody")


def test_water_against_the_line_goes_the_other_way(connection: Connection) -> None:
    """逆向: the upper node is the one the line ends at, and lengths count from there."""
    changed(connection, layers.REACHES, "SYN-REACH-NANYANG-01", MAY, flow="reverse")
    rivers = kept.rivers(connection, MAY, now(connection))
    network = rivers.network
    number = network.reach_numbers["SYN-REACH-NANYANG-01"]
    assert network.nodes[network.tail[number]].id == "SYN-NODE-NANYANG-MOUTH"
    spot = rivers.spot(NANYANG, 1_000.0)
    assert spot.along_m == pytest.approx(network.length_m[number] - 1_000.0, abs=0.01)
    assert rivers.line(NANYANG).locate([rivers.place(spot)]).chainage_m[0] == pytest.approx(
        1_000.0, abs=0.001
    )
    assert rivers.chainage_m(number, spot.along_m) == pytest.approx(1_000.0, abs=0.001)


def test_shapes_are_joined_to_what_is_nearest(connection: Connection) -> None:
    rivers = kept.rivers(connection, MARCH, now(connection))
    line = rivers.line("SYN-ROUTE-MI")
    right, left = line.places([88_000.0, 88_000.0], [120.0, -80.0])
    across = shapely.LineString(line.places([95_000.0, 95_000.0], [-300.0, 300.0]))
    shapes = np.array(
        [shapely.Point(right), shapely.Point(left), across, shapely.Point(117, 36)], dtype=object
    )
    found = rivers.joined(shapes, 500.0)
    assert found.shape.tolist() == [0, 1, 2]
    assert found.away_m == pytest.approx([120.0, 80.0, 0.0], abs=0.5)
    assert found.left.tolist()[:2] == [False, True]
    chainages = [rivers.chainage_m(int(r), float(a)) for r, a in zip(found.reach, found.along_m, strict=True)]
    assert chainages == pytest.approx([88_000.0, 88_000.0, 95_000.0], abs=3.0)
    assert len(rivers.joined(shapes[:0], 500.0).shape) == 0


def test_a_reach_without_its_node_breaks_no_silence(connection: Connection) -> None:
    changed(connection, layers.REACHES, "SYN-REACH-YAO-01", MAY, from_node="nobody")
    with pytest.raises(BadNetwork) as refused:
        kept.rivers(connection, MAY, now(connection))
    assert refused.value.value == "SYN-REACH-YAO-01"
    assert kept.rivers(connection, MARCH, now(connection)).network.reach_numbers["SYN-REACH-YAO-01"] >= 0
