"""A served One Map as a notebook reads it: layers at any instant, as frames of geopandas."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import shapely.geometry

from notebooks.frame import MapFrame, instant, wall_time
from notebooks.line import Line

CGCS2000 = "EPSG:4490"
DEFAULT_URL = "http://127.0.0.1:8370"

When = str | date | datetime
"""A day (its beginning in Beijing), an instant, or the text of either."""


@dataclass(frozen=True)
class City:
    """One platform and its layers."""

    line: Line

    @property
    def layers(self) -> pd.DataFrame:
        """Those one may see: identifier, title, description."""
        found = self.line.json("/collections")["collections"]
        rows = [(each["id"], each.get("title", ""), each.get("description", "")) for each in found]
        return pd.DataFrame(rows, columns=["id", "title", "description"]).set_index("id")

    def __getitem__(self, layer: str) -> Layer:
        """A layer by its identifier; :class:`~notebooks.line.Refused` where there is none."""
        described = self.line.json(f"/collections/{layer}")
        return Layer(self, described["id"], described.get("title", ""))

    def map(
        self,
        layers: Iterable[str] | None = None,
        *,
        on: When | None = None,
        known: When | None = None,
        **state: str,
    ) -> MapFrame:
        """The planners' map: these layers (all unless told) as they were on a day, as known then.

        Whatever else a link carries (``frame``, ``compare``, …; docs/map.md) may be given by name.
        """
        told = {
            "layers": None if layers is None else ",".join(layers),
            "datetime": None if on is None else wall_time(instant(on)),
            "asof": None if known is None else wall_time(instant(known)),
            "panel": "none",
            **state,
        }
        return MapFrame(
            f"{self.line.url}/map", {name: text for name, text in told.items() if text is not None}
        )


@dataclass(frozen=True)
class Layer:
    """A layer at two times, and the part of it that a condition picks. Nothing is read before ``read``."""

    city: City
    id: str
    title: str = ""
    at: datetime | None = None
    """现状时间: what held in the city at that instant; ``None`` is now."""
    asof: datetime | None = None
    """认知时间: what the platform knew at that instant; ``None`` is now."""
    condition: str | None = None
    """CQL2 text."""

    def on(self, when: When) -> Layer:
        """The layer as it was in the city on a day."""
        return replace(self, at=instant(when))

    def known(self, when: When) -> Layer:
        """The layer as the platform knew it then."""
        return replace(self, asof=instant(when))

    def where(self, condition: str) -> Layer:
        """Only what fulfils a condition in CQL2, ``use = '0701' AND area_m2 > 500``; several are joined."""
        both = f"({self.condition}) AND ({condition})" if self.condition else condition
        return replace(self, condition=both)

    def read(self) -> pd.DataFrame:
        """The features, in CGCS2000 (EPSG:4490), x the longitude; fields have the types of the contract.

        A GeoDataFrame; a plain table 无几何 is a DataFrame.
        """
        asked = {"f": "parquet", **self._times()}
        if self.condition:
            asked["filter"] = self.condition
        content, headers = self.city.line.bytes(f"/collections/{self.id}/items", asked)
        placed = b"geo" in (pq.read_schema(BytesIO(content)).metadata or {})
        frame = gpd.read_parquet(BytesIO(content)) if placed else pd.read_parquet(BytesIO(content))
        frame.attrs |= {"datetime": headers["Onemap-Datetime"], "asof": headers["Onemap-Asof"]}
        if not placed:
            return frame
        # The same frame, by the number that others know it by.
        return frame.set_crs(CGCS2000, allow_override=True).rename_geometry("geometry")

    def changes(self, since: When, until: When, *, axis: str = "valid") -> gpd.GeoDataFrame:
        """What differs between two instants: ``change`` is insert, update or delete, ``fields`` the names.

        ``axis``: ``valid`` 现状 compares what held at both, ``recorded`` 认知 what was known at both.
        """
        asked = {"from": instant(since).isoformat(), "to": instant(until).isoformat(), "axis": axis}
        other = {"valid": "asof", "recorded": "datetime"}.get(axis)
        told = {**asked, "limit": "1000", **{k: v for k, v in self._times().items() if k == other}}
        rows = [
            {
                "fid": feature["id"],
                "change": feature["change"],
                "fields": tuple(field["name"] for field in feature.get("fields", ())),
                **feature["properties"],
                "geometry": feature["geometry"] and shapely.geometry.shape(feature["geometry"]),
            }
            for feature in self._pages(f"/collections/{self.id}/changes", told)
        ]
        columns = None if rows else ["fid", "change", "fields", "geometry"]
        return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CGCS2000)

    def map(self, **state: str) -> MapFrame:
        """This layer on the planners' map, at its times."""
        return self.city.map([self.id], on=self.at, known=self.asof, **state)

    def _times(self) -> dict[str, str]:
        times = {"datetime": self.at, "asof": self.asof}
        return {name: when.isoformat() for name, when in times.items() if when is not None}

    def _pages(self, path: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
        page = self.city.line.json(path, parameters)
        yield from page["features"]
        while following := [link["href"] for link in page["links"] if link["rel"] == "next"]:
            page = self.city.line.json(following[0])
            yield from page["features"]


def connect(url: str | None = None, key: str | None = None) -> City:
    """The platform at an address (``ONEMAP_URL``, else this machine's), read with a key (``ONEMAP_KEY``).

    Refused at once where nobody answers there.
    """
    line = Line(
        (url or os.environ.get("ONEMAP_URL") or DEFAULT_URL).rstrip("/"),
        key or os.environ.get("ONEMAP_KEY") or None,
    )
    line.json("/health/ready")
    return City(line)
