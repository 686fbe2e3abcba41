"""A run as a coverage 推演覆盖: a part of it by box, instants and scale, as GeoTIFF or CoverageJSON.

Parameters are those of OGC API Coverages. A run is no collection of the catalogue, so no class of that
standard is declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import orjson
from starlette.routing import Route

from api.crs import CRS84, Edges, areas
from api.desk import Desk
from api.door import route
from api.flood import rasters
from api.flood.held import HeldRuns
from api.flood.told import UCUM, titles
from api.parameters import given, language, moment, whole
from api.problem import BadParameter
from api.wire import WHO, Header, Reply, Request
from spatial.catalogue.contract import stamped
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import shorten
from water.flood import plane, subset
from water.flood.extent import Raster, Single
from water.flood.run import STAMP, Run
from water.flood.subset import Window

FORMS: Final[Mapping[str, str]] = {
    "GeoTIFF": "image/tiff; application=geotiff",
    "CoverageJSON": "application/prs.coverage+json",
}
VALUES_MOST: Final[Mapping[str, int]] = {"GeoTIFF": 24_000_000, "CoverageJSON": 1_000_000}
READ_MOST: Final = 200_000_000
"""Of the cells that the run kept, however few values they come to; 0.8 GB before packing."""
ASKED: Final = ("bbox", "datetime", "scale-factor", "properties", "f", "lang")
UNITS: Final[Mapping[str, str]] = {
    "depth": "m", "arrival": "s", "speed": "m/s", "difference": "m", "probability": "1",
}  # fmt: skip


class FloodCoverage:
    """The handler of coverages of runs."""

    def __init__(self, held: HeldRuns, desk: Desk, edges: Edges) -> None:
        self._held = held
        self._desk = desk
        self._edges = edges

    def routes(self) -> list[Route]:
        """One coverage a run."""
        return [route("/flood/runs/{run}/coverage", self.coverage)]

    async def coverage(self, request: Request) -> Reply:
        """``/flood/runs/{run}/coverage``: ``properties`` is one quantity, depth where none is named; with
        ``datetime`` it is depth at the kept instants of an interval, or at the one nearest to an instant.
        """
        parameters = given(request.query_string, ASKED)
        language(request, parameters)
        run = await self._held.one(request.principal, request.path_params["run"])
        form = _form(request, parameters)
        quantity = rasters.quantity("properties", parameters.get("properties"), run)
        numbers = _numbers(parameters.get("datetime"), run, quantity)
        window = self._window(parameters, run)
        part = window.raster(run.raster)
        count = part.rows * part.columns * max(1, len(numbers or ()))
        if count > VALUES_MOST[form]:
            raise BadParameter(
                "scale-factor",
                f"一次至多 {VALUES_MOST[form]} 个值({form}),请加大或缩小范围、时段",
                f"lets {VALUES_MOST[form]} values at once ({form}): take a larger one, a smaller box or time",
                value=str(count),
            )

        rows, columns = window.cells
        reads = (rows.stop - rows.start) * (columns.stop - columns.start) * len(numbers or ())
        if reads > READ_MOST:
            raise BadParameter(
                "datetime",
                f"一次至多读 {READ_MOST} 个格次的水深,请减少时刻或缩小范围",
                f"lets depths of {READ_MOST} cells be read at once; take fewer instants or a smaller box",
                value=str(reads),
            )

        def read(connection: Connection) -> list[Single]:
            least = quantity == "arrival"
            if numbers is None:
                return [window.values(rasters.whole(connection, run, quantity), least=least)]
            return [window.coarse(rasters.then(connection, run, each, window)) for each in numbers]

        values = await self._desk.run(read)
        times = [] if numbers is None else [_instant(run, each) for each in numbers]
        make = _tiff if form == "GeoTIFF" else _document
        headers: list[Header] = [
            (b"content-type", FORMS[form].encode()),
            (b"cache-control", b"private, no-cache"),
        ]
        if form == "GeoTIFF":
            name = quote(f"{run.id}-{quantity}.tif")
            headers.append((b"content-disposition", f"attachment; filename*=UTF-8''{name}".encode()))
        return Reply(200, headers, make(run, quantity, part, times, values), vary=list(WHO))

    def _window(self, parameters: Mapping[str, str], run: Run) -> Window:
        factor = whole("scale-factor", parameters.get("scale-factor"), digits=4) or 1
        text, box = parameters.get("bbox"), None
        if text is not None:
            (first, *_) = areas("bbox", text, self._edges.by_uri[CRS84])
            box = (first.west, first.south, first.east, first.north)
        found = subset.window(run.raster, box, factor)
        if found is None:
            raise BadParameter(
                "bbox", "不在推演范围内", "does not touch the area of the run", value=shorten(text or "")
            )
        return found


def _form(request: Request, parameters: Mapping[str, str]) -> str:
    wanted = parameters.get("f")
    if wanted is None:
        accepted = request.header(b"accept")
        return "CoverageJSON" if "coverage+json" in accepted else "GeoTIFF"
    if wanted not in FORMS:
        raise BadParameter("f", f"须为 {'、'.join(FORMS)}", f"is {' or '.join(FORMS)}", value=wanted)
    return wanted


def _numbers(text: str | None, run: Run, quantity: str) -> list[int] | None:
    """The kept instants that are asked for; None for a quantity over the whole of the run."""
    asked = moment("datetime", text)
    if asked is None:
        return None
    times = run.told.get("times_s")
    if times is None or quantity != "depth":
        raise BadParameter(
            "datetime", "只用于水深过程", "goes with depth through time alone", value=shorten(text or "")
        )
    seconds = np.asarray(times, np.float64)
    if isinstance(asked, datetime):
        at = (asked - run.begins_at).total_seconds()
        inside = [int(np.argmin(np.abs(seconds - at)))] if seconds[0] <= at <= seconds[-1] else []
    else:
        start = -np.inf if asked.start is None else (asked.start - run.begins_at).total_seconds()
        end = np.inf if asked.end is None else (asked.end - run.begins_at).total_seconds()
        inside = np.flatnonzero((seconds >= start) & (seconds <= end)).tolist()
    if not inside:
        raise BadParameter(
            "datetime", "在推演时段之外", "lies outside the time of the run", value=shorten(text or "")
        )
    return inside


def _instant(run: Run, number: int) -> str:
    return format_instant(run.begins_at + timedelta(seconds=run.told["times_s"][number]))


def _tiff(run: Run, quantity: str, part: Raster, times: Sequence[str], values: Sequence[Single]) -> bytes:
    """A band for each instant, named by it."""
    from rasterio.crs import CRS
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    profile: dict[str, Any] = {
        "driver": "GTiff", "dtype": "float32", "count": len(values), "width": part.columns,
        "height": part.rows, "crs": CRS.from_epsg(part.zone), "nodata": float("nan"), "compress": "DEFLATE",
        "predictor": 3, "transform": from_origin(part.west_m, part.north_m, part.cell_m, part.cell_m),
    }  # fmt: skip
    with MemoryFile() as file:
        with file.open(**profile) as out:
            for number, each in enumerate(values, 1):
                out.write(each, number)
                if times:
                    out.set_band_description(number, times[number - 1])
            stamp = {"ONEMAP": STAMP} if run.synthetic else {}
            out.update_tags(RUN=run.id, QUANTITY=quantity, UNIT=UNITS[quantity], **stamp)
        return bytes(file.read())


def _document(run: Run, quantity: str, part: Raster, times: Sequence[str], values: Sequence[Single]) -> bytes:
    """A grid in the plane of the run, in the form of CoverageJSON."""
    east, north = plane.centres(part)
    axes: dict[str, Any] = {
        "x": {"start": float(east[0]), "stop": float(east[-1]), "num": part.columns},
        "y": {"start": float(north[0]), "stop": float(north[-1]), "num": part.rows},
    }
    frame = f"http://www.opengis.net/def/crs/EPSG/0/{part.zone}"
    systems = [{"coordinates": ["x", "y"], "system": {"type": "ProjectedCRS", "id": frame}}]
    names, shape = ["y", "x"], [part.rows, part.columns]
    if times:
        axes["t"] = {"values": list(times)}
        calendar = {"type": "TemporalRS", "calendar": "Gregorian"}
        systems.append({"coordinates": ["t"], "system": calendar})
        names, shape = ["t", *names], [len(times), *shape]
    label = titles(quantity)
    flat = np.round(np.concatenate([each.ravel() for each in values]).astype(np.float64), 4)
    told: dict[str, Any] = {
        "type": "Coverage",
        "domain": {"type": "Domain", "domainType": "Grid", "axes": axes, "referencing": systems},
        "parameters": {
            quantity: {
                "type": "Parameter",
                "observedProperty": {"label": label},
                "unit": {"symbol": {"value": UNITS[quantity], "type": UCUM}},
            }
        },
        "ranges": {
            quantity: {
                "type": "NdArray", "dataType": "float", "axisNames": names, "shape": shape, "values": flat,
            }
        },
    }  # fmt: skip
    told |= stamped(run.synthetic)
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)  # what is no number becomes null
