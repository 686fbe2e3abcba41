"""Heights: kinds are declared, conversion needs a grid, nothing is extrapolated."""

from __future__ import annotations

import numpy as np
import pytest

from spatial.datum import GeoidGrid, HeightType, compound_frame, convert_height
from spatial.errors import BadCoordinate, NoOperation, OutsideArea, UnknownFrame

_LON, _LAT = np.array([118.7, 118.75]), np.array([36.9, 36.93])
_H = np.array([23.4, 12.0])


def _grid():
    lon, lat = np.meshgrid(118.5 + 0.1 * np.arange(7), 36.7 + 0.1 * np.arange(7))
    return GeoidGrid("grid", 118.5, 36.7, 0.1, 0.03, -1.0 + 2.0 * (lon - 118.5) + 3.0 * (lat - 36.7))


@pytest.mark.parametrize("source", list(HeightType))
@pytest.mark.parametrize("target", list(HeightType))
def test_without_a_grid_only_the_same_known_kind_is_given_back(source, target):
    if source is target and source in (HeightType.NORMAL_1985, HeightType.ELLIPSOIDAL):
        assert (convert_height(_LON, _LAT, _H, source, target).height_m == _H).all()
        return
    with pytest.raises(NoOperation, match="格网"):
        convert_height(_LON, _LAT, _H, source, target)


@pytest.mark.parametrize("unknown", [HeightType.UNKNOWN, HeightType.NONE])
def test_a_grid_does_not_make_unknown_heights_known(unknown):
    with pytest.raises(NoOperation):
        convert_height(_LON, _LAT, _H, unknown, HeightType.ELLIPSOIDAL, _grid())


def test_a_grid_converts_both_ways():
    up = convert_height(_LON, _LAT, _H, HeightType.NORMAL_1985, HeightType.ELLIPSOIDAL, _grid())
    anomaly_m = -1.0 + 2.0 * (_LON - 118.5) + 3.0 * (_LAT - 36.7)
    assert np.allclose(up.height_m, _H + anomaly_m, atol=1e-12)
    assert (up.grid, up.accuracy_m, up.height_type) == ("grid", 0.03, HeightType.ELLIPSOIDAL)
    down = convert_height(_LON, _LAT, up.height_m, HeightType.ELLIPSOIDAL, HeightType.NORMAL_1985, _grid())
    assert np.allclose(down.height_m, _H, atol=1e-12)


def test_the_corners_belong_to_the_grid_and_nothing_beyond():
    grid = _grid()
    corner = grid.at(np.array([118.5, 119.1]), np.array([36.7, 37.3]))
    assert corner == pytest.approx([grid.anomaly_m[0, 0], grid.anomaly_m[-1, -1]])
    with pytest.raises(OutsideArea):
        grid.at(np.array([119.11]), np.array([36.9]))


def test_a_grid_is_whole_states_its_accuracy_and_keeps_its_values():
    with pytest.raises(ValueError, match="full grid"):
        GeoidGrid("g", 118.5, 36.7, 0.1, 0.03, np.array([[1.0, np.nan], [1.0, 1.0]]))
    with pytest.raises(ValueError, match="accuracy"):
        GeoidGrid("g", 118.5, 36.7, 0.1, 0.0, np.ones((2, 2)))
    assert "anomaly" not in repr(_grid())


def test_heights_are_finite():
    with pytest.raises(BadCoordinate, match="第 2 点"):
        convert_height(
            _LON, _LAT, np.array([1.0, np.nan]), HeightType.NORMAL_1985, HeightType.ELLIPSOIDAL, _grid()
        )


def test_compound_codes():
    found = compound_frame("EPSG:4549+5737")
    assert (found.horizontal.id, found.height) == ("EPSG:4549", HeightType.NORMAL_1985)
    for text in ("EPSG:4549", "EPSG:4549+5736", "EPSG:4549+", "EPSG:1+5737"):
        with pytest.raises(UnknownFrame):
            compound_frame(text)


def test_the_kinds_are_those_that_contracts_declare():
    from spatial.catalogue.contract import HeightType as Declared

    assert [each.value for each in HeightType] == [each.value for each in Declared]
    with pytest.raises(NoOperation):
        convert_height(_LON, _LAT, _H, Declared.UNKNOWN, Declared.ELLIPSOIDAL, _grid())
    up = convert_height(_LON, _LAT, _H, Declared.NORMAL_1985, Declared.ELLIPSOIDAL, _grid())
    assert up.height_m[0] != _H[0]
