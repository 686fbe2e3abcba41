"""Points to grid cells: how many a second, beside the database's own join.

Run: python -m benchmarks.cells [--points 1000000] [--dsn DSN]   # with a database that holds ``grid-cells``
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import psycopg
import shapely

from spatial.analysis.assign import Cells
from spatial.sample.assets.rows import generated
from spatial.sample.city import generate
from spatial.sample.loading import SEED


def main() -> None:
    """Print points per second and processor, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--dsn", help="of any PostGIS database, to compare with")
    asked = parser.parse_args()
    city = generate(SEED)
    rows = dict(generated(city, SEED))["grid-cells"]
    codes = [str(row[rows.columns.index("code")]) for row in rows.values]
    areas = shapely.from_wkb([row[rows.columns.index("geom")] for row in rows.values])
    west, south, east, north = city.coverage.city.bounds
    dice = np.random.default_rng(1)
    points = np.column_stack(
        [dice.uniform(west, east, asked.points), dice.uniform(south, north, asked.points)]
    )
    cells = Cells.of(codes, list(areas))
    cells.assign(points[:1000])
    begun = time.process_time()
    found = cells.assign(points)
    ours = asked.points / (time.process_time() - begun)
    outside = (found < 0).mean()
    print(f"{len(codes)} cells, {asked.points} points: {ours:,.0f} a second and core, {outside:.1%} outside")
    if asked.dsn:
        print(f"  × {ours / _joined(asked.dsn, codes, areas, points[:100_000]):.1f} of ST_Covers in one join")


def _joined(dsn: str, codes: list[str], areas: object, points: np.ndarray) -> float:
    with psycopg.connect(dsn) as connection:
        connection.execute("create temporary table cell (code text, geom geometry)")
        with connection.cursor() as cursor, cursor.copy("copy cell from stdin") as copy:
            for code, area in zip(codes, shapely.to_wkb(areas, hex=True), strict=True):
                copy.write_row((code, area))
        connection.execute("create index on cell using gist (geom)")
        connection.execute("analyze cell")
        begun = time.monotonic()
        connection.execute(
            "select p.n, min(c.code) from unnest(%s::float8[], %s::float8[]) with ordinality p(x, y, n)"
            " left join cell c on ST_Covers(c.geom, ST_MakePoint(p.x, p.y)) group by 1",
            (points[:, 0].tolist(), points[:, 1].tolist()),
        ).fetchall()
        return len(points) / (time.monotonic() - begun)


if __name__ == "__main__":
    main()
