"""The defects as a GeoPackage 问题图层: points, lines, areas, and what has no place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from planning.review.model import Finding
from planning.review.subject import Subject

_KINDS: Final = {
    "defect_points": ("MultiPoint", (0, 4)),
    "defect_lines": ("MultiLineString", (1, 5)),
    "defect_areas": ("MultiPolygon", (3, 6)),
}
TABLE: Final = "defects_without_place"


def write_geopackage(subject: Subject, findings: Iterable[Finding], path: Path) -> None:
    """Every finding with its shape in EPSG:4490; layers are there also where they are empty."""
    import pyogrio.raw

    all_ = list(findings)
    shapes = np.empty(len(all_), object)
    shapes[:] = [None if each.shape_4490 is None else shapely.force_2d(each.shape_4490) for each in all_]
    kinds = shapely.get_type_id(shapes)
    placed = np.zeros(len(all_), np.bool_)
    made = False
    for layer, (kind, ids) in _KINDS.items():
        chosen = np.isin(kinds, ids) & ~shapely.is_empty(shapes)
        placed |= chosen
        names, columns = _columns(subject, [all_[at] for at in np.flatnonzero(chosen)])
        pyogrio.raw.write(
            path,
            geometry=shapely.to_wkb(_many(shapes[chosen], kind)),
            field_data=columns,
            fields=names,
            layer=layer,
            driver="GPKG",
            geometry_type=kind,
            crs="EPSG:4490",
            append=made,
        )
        made = True
    names, columns = _columns(subject, [all_[at] for at in np.flatnonzero(~placed)])
    pyogrio.raw.write(
        path,
        geometry=None,
        field_data=columns,
        fields=names,
        layer=TABLE,
        driver="GPKG",
        geometry_type=None,
        crs=None,
        append=True,
    )


def _many(shapes: Any, kind: str) -> Any:
    maker = {
        "MultiPoint": shapely.multipoints,
        "MultiLineString": shapely.multilinestrings,
        "MultiPolygon": shapely.multipolygons,
    }[kind]
    made = np.empty(len(shapes), object)
    made[:] = [maker(shapely.get_parts(each)) for each in shapes]
    return made


def _columns(subject: Subject, findings: list[Finding]) -> tuple[list[str], list[Any]]:
    checks = subject.catalogue.checks
    texts = {
        "check": [each.check for each in findings],
        "title": [checks[each.check].title.zh for each in findings],
        "severity": [checks[each.check].severity.value for each in findings],
        "layer": [each.layer for each in findings],
        "bsm": [" ".join(each.keys) for each in findings],
        "zh": [each.zh for each in findings],
        "en": [each.en for each in findings],
        "unit": [checks[each.check].unit for each in findings],
    }
    columns: list[Any] = [np.array(values, dtype=object) for values in texts.values()]
    measured = [np.nan if each.measured is None else each.measured for each in findings]
    stamp = any(each.contract.synthetic for each in subject.delivery.layers.values())
    nature = np.array(["合成数据" if stamp else ""] * len(findings), dtype=object)
    return [*texts, "measured", "data_nature"], [*columns, np.array(measured, dtype=np.float64), nature]
