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
from spatial.history import ledger, write
from spatial.history.model import Intent
from water import layers
from water.errors import BadCentreline, BadNetwork, BeyondEnd, UnknownRoute
from water.network import carry_store, kept, redraw_store, store
from water.network.drawing import draw
from water.network.model import Mode
from water.network.navigate import at_node, navigate
from water.network.rebase import Event, rebase
from water.network.redraw import redraw
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


def bent(connection: Connection, aside_m: float) -> np.ndarray:
    """南阳河 drawn again, to the side of where it was, through other vertices."""
    line = kept.rivers(connection, MARCH, now(connection)).line(NANYANG)
    at = np.linspace(0, line.to_m, 400)
    return line.places(at, aside_m * np.sin(at / 900.0) * np.minimum(1, at[::-1] / 500.0))


def test_a_redrawn_line_takes_its_reaches_and_nodes_along(connection: Connection) -> None:
    before = kept.rivers(connection, MARCH, now(connection))
    version = redraw_store.next_version(connection, NANYANG)
    assert version == 2
    plan = redraw(before, NANYANG, version, bent(connection, 12.0), from_m=300.0)
    done = redraw_store.apply(connection, plan, Intent("李工", "水利局", "重测", MAY), "水文〔2026〕1 号")
    assert set(done) == {layers.ROUTES, layers.REACHES, layers.NODES}
    after = kept.rivers(connection, MAY, now(connection))
    reach = after.network.reaches[after.network.reach_numbers["SYN-REACH-NANYANG-01"]]
    line = after.line(NANYANG)
    assert (reach.route_version, line.version, line.from_m) == (2, 2, 300.0)
    assert reach.length_m == pytest.approx(line.length_m, abs=0.01)
    for chainage in (400.0, 9_876.5, 25_000.0):
        spot = after.spot(NANYANG, chainage)
        assert after.chainage_m(spot.reach, spot.along_m) == pytest.approx(chainage, abs=0.001)
        assert abs(line.locate([after.place(spot)]).offset_m[0]) < 0.001
    assert kept.rivers(connection, MARCH, now(connection)).line(NANYANG).version == 1
    ends = {node.id: node for node in after.network.nodes if node.route == NANYANG}
    assert ends["SYN-NODE-NANYANG-SOURCE"].chainage_m == 300.0
    assert ledger.verify(connection).ok


def test_measures_of_the_source_become_stakes(connection: Connection) -> None:
    rivers = kept.rivers(connection, MARCH, now(connection))
    points = bent(connection, 5.0)
    drawn = draw(NANYANG, 9, np.round(points, 9))
    measures = np.interp(drawn.along_m, [0, 9_000, 20_000, drawn.length_m], [1_000, 10_050, 20_900, 30_000])
    plan = redraw(rivers, NANYANG, 2, points, measures_m=measures.tolist())
    assert 2 <= len(plan.stakes) < 20
    redraw_store.apply(connection, plan, Intent("李工", "水利局", "重测", MAY), "水文〔2026〕1 号")
    line = kept.rivers(connection, MAY, now(connection)).line(NANYANG)
    assert np.abs(line.measures_m - measures).max() < 0.001


def test_a_line_of_another_river_is_refused(connection: Connection) -> None:
    rivers = kept.rivers(connection, MARCH, now(connection))
    with pytest.raises(BadCentreline) as refused:
        redraw(rivers, NANYANG, 2, rivers.line("SYN-ROUTE-YAO").points_4490)
    assert refused.value.value == "SYN-REACH-NANYANG-01"
    with pytest.raises(BadCentreline):  # against the water
        redraw(rivers, NANYANG, 2, bent(connection, 3.0)[::-1])


def test_what_lies_along_a_route_is_carried_over_with_it(connection: Connection) -> None:
    """Stakes are placed by chainage like any other layer; one off the old line stays, and is named."""
    rivers = kept.rivers(connection, MARCH, now(connection))
    line = rivers.line("SYN-ROUTE-MI")
    at = np.linspace(0, line.to_m, 1_500)
    points = line.places(at, 6.0 * np.sin(at / 1_100.0))
    changed(connection, layers.STAKES, "SYN-STAKE-MI-010", MARCH, chainage_m=900_000.0)
    plan = redraw(rivers, "SYN-ROUTE-MI", 2, points, from_m=250.0)
    carried = carry_store.carry(connection, layers.STAKES, plan, MAY)
    assert carried.lost == ("SYN-STAKE-MI-010",) and len(carried.rows) == 12
    done = carry_store.apply(connection, [carried], Intent("李工", "水利局", "重测", MAY))
    assert set(done) == {layers.STAKES}
    after = connection.execute(
        "select chainage_m from history.river_stakes_believed where fid = %s and route_version = 2",
        ("SYN-STAKE-MI-050",),
    ).fetchone()
    assert after is not None
    assert plan.new.locate(line.places([50_000.0])).chainage_m[0] == pytest.approx(after[0], abs=0.001)
    with pytest.raises(BadCentreline):
        carry_store.carry(connection, layers.REACHES, plan, MAY)
