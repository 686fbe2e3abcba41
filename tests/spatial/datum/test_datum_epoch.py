"""Plate motion against vector arithmetic of its own and EPSG's own parameters."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod, Transformer, proj_version_str

from spatial.datum import cgcs2000_from_itrf, frame, itrf_from_cgcs2000, move
from spatial.datum.epoch import REALISATIONS
from spatial.errors import BadTime, NoOperation

LON, LAT = 118.7909, 36.8560
_ITRF = {"ITRF97": (8996, 4918), "ITRF2008": (8999, 5332), "ITRF2014": (9000, 7789), "ITRF2020": (9990, 9988)}
_GEOD = Geod(ellps="GRS80")
_MAS = np.pi / 180 / 3600 / 1000
_POLE = np.array([-0.085, -0.531, 0.770]) * _MAS
"""Eurasia in ITRF2014 (Altamimi et al. 2017), rad a year."""


def _cartesian(lon, lat, height=0.0):
    a, f = 6378137.0, 1 / 298.257222101
    e2 = f * (2 - f)
    lam, phi = np.radians(lon), np.radians(lat)
    n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    return np.array(
        [
            (n + height) * np.cos(phi) * np.cos(lam),
            (n + height) * np.cos(phi) * np.sin(lam),
            (n * (1 - e2) + height) * np.sin(phi),
        ]
    )


def _expected(realisation, epoch):
    """CGCS2000 → realisation by EPSG's own ITRF parameters and one cross product."""
    xyz = _cartesian(LON, LAT)
    at_2000 = np.array(Transformer.from_crs(4918, 7789).transform(*xyz, 2000.0)[:3])
    moved = at_2000 + (epoch - 2000.0) * np.cross(_POLE, at_2000)
    if realisation != "ITRF2014":
        moved = np.array(Transformer.from_crs(7789, _ITRF[realisation][1]).transform(*moved, epoch)[:3])
    return moved


@pytest.mark.parametrize("epoch", [2000.0, 2015.0, 2026.9])
@pytest.mark.parametrize("realisation", REALISATIONS)
def test_equals_vector_arithmetic_with_the_parameters_of_epsg(realisation, epoch):
    place = itrf_from_cgcs2000(*(np.array([v]) for v in (LON, LAT, 0.0)), realisation, epoch)
    ours = _cartesian(place.lon[0], place.lat[0], place.height_m[0])
    assert np.abs(ours - _expected(realisation, epoch)).max() < 1e-5


def test_shift_of_today():
    """0.77 m to the east-south-east; the velocity of the plate times 26.9 years."""
    moved = move(LON, LAT, frame("4490"), frame("9000"), epoch=2026.9)
    azimuth, _, distance = _GEOD.inv(LON, LAT, moved.x, moved.y)
    assert distance == pytest.approx(0.7716, abs=5e-4) and azimuth == pytest.approx(108.9, abs=0.1)
    assert moved.accuracy_m == 0.1


def test_proj_reads_neither_time_nor_scale_in_the_short_pipeline():
    """Why the parameters are written out: PROJ ignores t_obs, and the file of 9.5 misspells two of
    ITRF97's (9.8.1 no longer does): what the short pipeline gives depends on the PROJ at hand.
    """
    short = "+proj=pipeline +step +inv +init=ITRF2014:ITRF97 +t_obs={}"
    xyz = _cartesian(LON, LAT)
    shifts = [
        np.array(Transformer.from_pipeline(short.format(t)).transform(*xyz, 2026.9)[:3])
        for t in (1990.0, 2000.0)
    ]
    assert (shifts[0] == shifts[1]).all()
    true = np.array(Transformer.from_crs(4918, 7789).transform(*xyz, 2026.9)[:3])
    if proj_version_str.startswith("9.5."):
        assert np.linalg.norm(shifts[1] - true) > 0.01


@pytest.mark.parametrize("realisation", REALISATIONS)
def test_there_and_back(realisation):
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(118.5, 119.1, 20), rng.uniform(36.7, 37.3, 20)
    height_m = rng.uniform(-10, 200, 20)
    there = itrf_from_cgcs2000(lon, lat, height_m, realisation, 2026.9)
    back = cgcs2000_from_itrf(*there, realisation, 2026.9)
    assert np.abs(back.lon - lon).max() < 1e-12 and np.abs(back.height_m - height_m).max() < 1e-6


def test_itrf97_at_2000_is_cgcs2000():
    place = itrf_from_cgcs2000(*(np.array([v]) for v in (LON, LAT, 10.0)), "ITRF97", 2000.0)
    assert abs(place.lon[0] - LON) < 1e-12 and abs(place.lat[0] - LAT) < 1e-12
    assert abs(place.height_m[0] - 10.0) < 1e-6


def test_between_realisations_no_plate_takes_part():
    moved = move(LON, LAT, frame("9000"), frame("9990"), epoch=2026.9)
    assert _GEOD.inv(LON, LAT, moved.x, moved.y)[2] < 0.01
    assert moved.accuracy_m == 0.01 and "plate" not in moved.path[0]


@pytest.mark.parametrize(("source", "target"), [("4490", "9000"), ("9000", "4549"), ("9000", "9990")])
def test_without_epoch_it_is_refused(source, target):
    with pytest.raises(NoOperation, match="epoch"):
        move(LON, LAT, frame(source), frame(target))


@pytest.mark.parametrize("epoch", [1900.0, 20269.0, float("nan")])
def test_an_epoch_is_a_decimal_year_of_our_time(epoch):
    with pytest.raises(BadTime):
        move(LON, LAT, frame("4490"), frame("9000"), epoch=epoch)
