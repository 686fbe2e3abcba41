"""The sample rivers: what joins what, in a database as it is loaded; a second time writes nothing."""

from __future__ import annotations

import itertools

import numpy as np
import shapely

from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import STAMP
from spatial.database import connect
from spatial.sample.city import draws
from spatial.sample.loading import SEED
from spatial.sample.outline import ROUGH_OUTLINE_DEG
from spatial.sample.rivers import rivers as courses_of_the_city
from water import layers
from water.network.graph import build
from water.network.model import Flow, Mode
from water.network.navigate import at_node, navigate
from water.network.sums import within
from water.sample import loading
from water.sample.rows import NODE, Rivers, rivers


def above(sample: Rivers, key: str) -> set[str]:
    """Reservoirs from which water comes to a node."""
    net = build(sample.reaches, sample.nodes)
    nodes = within(net, net.node_numbers[NODE + key])
    return {net.nodes[n].id.removeprefix(NODE) for n in nodes if net.nodes[n].kind == "reservoir"}


def test_what_lies_above_what() -> None:
    sample = rivers(SEED)
    assert above(sample, "YEYUAN") == {"TANGSHUIYA"}
    assert above(sample, "TANFANG") == {"TANGSHUIYA", "YEYUAN", "SONGSHAN", "HEIHUSHAN"}
    assert above(sample, "DAN-MOUTH") == {"TANGSHUIYA", "YEYUAN", "SONGSHAN", "HEIHUSHAN", "DAN-RESERVOIR"}


def test_the_mi_splits_and_takes_the_dan_by_its_main_arm() -> None:
    sample = rivers(SEED)
    net = build(sample.reaches, sample.nodes)
    split = at_node(net, net.node_numbers[f"{NODE}SPLIT"])
    main = navigate(net, split, Mode.DOWNSTREAM_MAIN)
    assert {net.reaches[r].route for r in main.reach.tolist()} == {"SYN-ROUTE-MI"}
    every = navigate(net, split, Mode.DOWNSTREAM_DIVERSIONS)
    mouths = {net.nodes[net.head[r]].name for r in every.reach.tolist() if not net.leaving(int(net.head[r]))}
    assert mouths == {"央子港入海口", "羊口入海口", "弥河分流北支入海口(合成)"}
    assert all(reach.flow is Flow.TIDAL for reach in sample.reaches if reach.id == "SYN-REACH-MI-12")


def test_rivers_meet_at_their_nodes_alone() -> None:
    sample = rivers(SEED)
    lines = {line.route: shapely.LineString(line.points_4490) for line in sample.lines.values()}
    nodes = {(node.lon_deg, node.lat_deg) for node in sample.nodes}
    for first, second in itertools.combinations(lines.values(), 2):
        shared = shapely.get_coordinates(shapely.intersection(first, second))
        assert len(shared) <= 1
        for lon, lat in shared.tolist():
            assert min(np.hypot(lon - x, lat - y) for x, y in nodes) < 1e-8


def test_inside_the_city_they_run_where_the_city_draws_them() -> None:
    mi = rivers(SEED).lines["MI"]
    outline = shapely.MultiPolygon([shapely.Polygon(ROUGH_OUTLINE_DEG)])
    drawn = next(each.line for each in courses_of_the_city(outline, draws(SEED)[1]) if each.name == "弥河")
    spot = shapely.get_coordinates(drawn)[40:41]
    found = mi.locate(spot)
    assert abs(found.offset_m[0]) < 0.001


def test_the_sample_is_loaded_once_and_stamped(database: str) -> None:
    written = loading.build(database)
    assert written > 60
    assert loading.build(database) == 0
    with connect(database) as connection:
        for layer_id in layers.NETWORK:
            table = catalogue.get(connection, layer_id).table
            natures = connection.execute(f"select distinct data_nature from layer.{table.name}").fetchall()
            assert natures == [(STAMP,)]


def test_what_somebody_wrote_is_left_alone(database: str) -> None:
    with connect(database) as connection, connection.transaction():
        layers.publish(connection)
        catalogue.withdraw(connection, layers.STAKES)
    assert loading.build(database) == 0
