"""The city's profile agrees with its real outline and with PROJ."""

from __future__ import annotations

import pyproj
import pytest

from spatial.catalogue.city import read_city
from spatial.errors import NotFound


def test_the_extent_holds_the_outline() -> None:
    city = read_city("370783")
    # Corners of the outline's box, converted exactly from GCJ-02.
    for lon, lat in ((118.538968, 36.719604), (119.115791, 37.303647)):
        assert city.extent_4490.holds(lon, lat)
    assert not city.extent_4490.holds(118.5, 36.9)
    assert not city.extent_4490.holds(36.9, 118.8)


def test_the_zone_is_the_one_its_codes_name() -> None:
    city = read_city("370783")
    for epsg, easting in ((city.epsg_without_prefix, 500_000), (city.epsg_with_prefix, 40_500_000)):
        operation = pyproj.CRS.from_epsg(epsg).coordinate_operation
        assert operation is not None
        parameters = {parameter.name: parameter.value for parameter in operation.params}
        assert parameters["Longitude of natural origin"] == city.central_meridian_deg
        assert parameters["False easting"] == easting
    assert city.zone * 3 == city.central_meridian_deg
    middle = (city.extent_4490.west + city.extent_4490.east) / 2
    assert abs(middle - city.central_meridian_deg) < 1.5


def test_an_unknown_city_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"370783.*370000"):
        read_city("370000")
