"""Urban extent: connection by steps, shares of villages, runs that can be made again."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_ground import START, deliver, parcel, prepare
from shapely.geometry import box

from planning.errors import BadParameter, ModelWithoutData, UnknownModel
from planning.indicators.overlay import Plane
from planning.indicators.states import whole_city
from planning.models.register import again, keep, model, run
from planning.models.urban_extent import URBAN_EXTENT, connected, extent
from spatial.database import Connection

PLANE = Plane.of(4549)
EAST, NORTH = 390_000.0, 4_080_000.0


def boxes(*corners: tuple[float, float, float, float]) -> np.ndarray:
    made = [box(EAST + w, NORTH + s, EAST + e, NORTH + n) for w, s, e, n in corners]
    return np.array(made, dtype=object)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=25), st.integers(1, 12)
)
@settings(max_examples=40, deadline=None)
def test_what_is_connected_is_the_closure_of_near(places: list[tuple[int, int]], reach: int) -> None:
    points = shapely.points(np.array(places, float))
    seeds = np.zeros(len(places), bool)
    seeds[0] = True
    near = shapely.distance(points[:, None], points[None, :]) <= reach
    closure = np.linalg.matrix_power(near.astype(float), len(places)) > 0  # reached by any number of steps
    assert connected(points, seeds, float(reach)).tolist() == closure[0].tolist()


def test_steps_are_from_edge_to_edge_and_shares_decide() -> None:
    parcels = boxes((0, 0, 100, 100), (150, 0, 250, 100), (340, 0, 440, 100), (700, 0, 800, 100))
    initial = np.array([True, False, False, False])
    units = boxes((0, 0, 200, 100), (200, 0, 600, 100), (600, 0, 900, 100))
    found = extent(parcels, initial, units, PLANE, buffer_m=100.0, share_min=0.5)
    assert found.physical.tolist() == [True, True, True, False]
    assert found.shares == pytest.approx([150 / 200, 150 / 400, 0], abs=1e-4)
    assert found.kept.tolist() == [True, False, False]
    nearer = extent(parcels, initial, units, PLANE, buffer_m=60.0, share_min=0.1)
    assert nearer.physical.tolist() == [True, True, False, False]
    assert nearer.kept.tolist() == [True, True, False]


def test_city_parcels_are_never_dropped() -> None:
    parcels = boxes((0, 0, 1, 1), (5000, 0, 5100, 100))
    found = extent(parcels, np.array([True, True]), boxes((0, 0, 9, 9)), PLANE, buffer_m=0.0, share_min=1)
    assert found.physical.all()


def now(connection: Connection) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def test_a_run_is_made_again_from_its_digests(scratch: Connection) -> None:
    prepare(scratch, ["land-use-survey", "villages"])
    at = START + timedelta(days=9)
    with pytest.raises(ModelWithoutData):
        run(scratch, URBAN_EXTENT, whole_city(), PLANE, at, now(scratch))
    shapes = PLANE.degrees(
        boxes((0, 0, 100, 100), (150, 0, 250, 100), (900, 0, 1000, 100), (260, 0, 300, 100))
    )
    classes = ("0701", "0702", "0601", "0102")
    rows = [parcel(n, shape, code) for n, (shape, code) in enumerate(zip(shapes, classes, strict=True))]
    rows[2]["czcsxm"] = None
    deliver(scratch, "land-use-survey", rows)
    villages = PLANE.degrees(boxes((0, 0, 300, 100), (800, 0, 1100, 100)))
    deliver(
        scratch,
        "villages",
        [
            {
                "code": f"37078310120{n}",
                "name": f"村{n}",
                "kind": "村",
                "town_code": "370783101",
                "geom": shape,
                "data_nature": "合成数据",
            }
            for n, shape in enumerate(villages)
        ],
    )
    first = run(scratch, model("urban-extent"), whole_city(), PLANE, at, now(scratch))
    assert first.outputs["physical_parcels"] == [row["bsm"] for row in rows[:2]]
    assert [(each["code"], each["kept"]) for each in first.outputs["units"]] == [("370783101200", True)]
    assert float(first.outputs["physical_area_m2"]) == pytest.approx(20_000, rel=1e-3)
    assert set(first.unverified) == {"buffer_m", "share_min"}
    number = keep(scratch, first)
    deliver(scratch, "land-use-survey", [rows[1] | {"dlbm": "0102"}], valid_from=at - timedelta(days=1))
    made, same = again(scratch, number, whole_city(), PLANE)
    assert same and made.outputs == first.outputs
    newer = run(scratch, URBAN_EXTENT, whole_city(), PLANE, at, now(scratch))
    assert newer.inputs_sha256 != first.inputs_sha256 and newer.outputs != first.outputs


def test_parameters_and_models_that_are_none() -> None:
    assert URBAN_EXTENT.settled({"buffer_m": 50}) == {"buffer_m": 50.0, "share_min": 0.5}
    for wrong in ({"buffer": 1.0}, {"buffer_m": -1.0}, {"share_min": float("nan")}):
        with pytest.raises(BadParameter):
            URBAN_EXTENT.settled(wrong)
    with pytest.raises(UnknownModel):
        model("growth")
