"""Legal areas of features 椭球面积, kept by the digest of their content: each is measured once, for good.

``spatial.content_area`` is a cache that only grows. The digest is the one the history keeps of identity,
geometry and attributes; the area is by the plane the edges are straight in, to a millionth of a m².
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Final

import numpy as np
import shapely

from spatial.database import Connection, connect
from spatial.datum import frame, legal_areas_m2

CHUNK: Final = 5_000
"""Features whose shapes are held at once while areas are computed."""
PLACES: Final = 6


def keep(connection: Connection, rows: str, params: Sequence[Any], epsg: int) -> int:
    """Measure and keep what has no kept area yet, in the caller's transaction; how many that were.

    ``rows`` is a select of ``content_sha256`` and ``geom`` (polygons in CGCS2000); ``epsg`` names the plane.
    """
    return sum(_kept(connection, epsg, *each) for each in _measured(connection, rows, params, epsg))


def keep_meanwhile(
    connection: Connection,
    dsn: str,
    rows: str,
    params: Sequence[Any],
    epsg: int,
    step: Callable[[], None],
) -> int:
    """As :func:`keep`, each chunk committed by itself: what was measured stays though the rest is given up.

    ``step`` is called after each chunk, and may end the work.
    """
    found = 0
    with ExitStack() as stack:
        keeping = None
        for contents, areas in _measured(connection, rows, params, epsg):
            keeping = keeping or stack.enter_context(connect(dsn, autocommit=True))
            found += _kept(keeping, epsg, contents, areas)
            step()
    return found


def _kept(connection: Connection, epsg: int, contents: list[bytes], areas: list[float]) -> int:
    connection.execute(
        "insert into spatial.content_area (content_sha256, epsg, area_m2)"
        f" select c, %s, round(a::numeric, {PLACES}) from unnest(%s::bytea[], %s::float8[]) u (c, a)"
        " on conflict do nothing",
        (epsg, contents, areas),
    )
    return len(contents)


def _measured(
    connection: Connection, rows: str, params: Sequence[Any], epsg: int
) -> Iterator[tuple[list[bytes], list[float]]]:
    drawn_in, given_in = frame(f"EPSG:{epsg}"), frame("EPSG:4490")
    with connection.cursor("unmeasured", binary=True) as cursor:
        cursor.itersize = CHUNK
        cursor.execute(
            f"select r.content_sha256, ST_AsBinary(r.geom) from ({rows}) r"
            " where r.geom is not null and not exists (select from spatial.content_area a"
            " where a.content_sha256 = r.content_sha256 and a.epsg = %s)",
            (*params, epsg),
        )
        while chunk := cursor.fetchmany(CHUNK):
            contents, wkb = zip(*chunk, strict=True)
            shapes = shapely.from_wkb(np.array(wkb, dtype=object))
            yield list(contents), legal_areas_m2(shapes, drawn_in, given_in=given_in).tolist()
