"""A city's made-up transformation from Xi'an 80 and points measured in both frames, 合成数据."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import psycopg

from spatial.datum import frame, move

SOURCE, TARGET = "EPSG:2385", "EPSG:4549"
CENTRE = np.array([392000.0, 4081000.0])
SHIFT_M = np.array([61.8033988, -31.4159265])
ANGLE_RAD, SCALE = np.radians(3.2 / 3600), 1 + 4.1e-6
NOISE_M = 0.01
PLANTED = ("31415926", "27182818")
"""Digits of the first point's source position."""
RING = (118.60, 118.75, 118.95, 119.02, 118.98, 118.80, 118.62, 118.70, 118.88)
LATITUDES = (36.78, 36.74, 36.76, 36.95, 37.20, 37.26, 37.10, 36.90, 37.00)


def target_of(source: np.ndarray) -> np.ndarray:
    """The truth: CGCS2000 plane of positions in Xi'an 80."""
    cos, sin = SCALE * np.cos(ANGLE_RAD), SCALE * np.sin(ANGLE_RAD)
    dx, dy = (source - CENTRE).T
    return CENTRE + SHIFT_M + np.column_stack((cos * dx - sin * dy, sin * dx + cos * dy))


def source_of(lon: Sequence[float], lat: Sequence[float]) -> np.ndarray:
    """Xi'an 80 plane of positions in CGCS2000 degrees, by the truth's inverse."""
    moved = move(np.array(lon), np.array(lat), frame("EPSG:4490"), frame(TARGET))
    cos, sin = SCALE * np.cos(ANGLE_RAD), SCALE * np.sin(ANGLE_RAD)
    dx, dy = (np.column_stack((moved.x, moved.y)) - CENTRE - SHIFT_M).T
    return CENTRE + np.column_stack((cos * dx + sin * dy, cos * dy - sin * dx)) / SCALE**2


def rows(blunder_m: float = 0.0) -> list[list[str]]:
    """Lines of a control file: points around the city with a centimetre of noise, the fifth perhaps wrong."""
    source = source_of(RING, LATITUDES).round(3)
    source[0] = np.floor(source[0])
    source[0] += np.array([0.31415926, 0.27182818])
    target = target_of(source) + np.random.default_rng(5).normal(0, NOISE_M, source.shape)
    target[4, 0] += blunder_m
    numbers = np.hstack((source, target))
    return [[f"K{index + 1}", *(repr(float(one)) for one in line)] for index, line in enumerate(numbers)]


HEADER = ("id", "source_x", "source_y", "target_x", "target_y")


def write(path: Path, lines: Sequence[Sequence[str]] | None = None, header: Sequence[str] = HEADER) -> Path:
    """A control file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(rows() if lines is None else lines)])
    return path


def secrets(dsn: str) -> list[str]:
    """The beginnings of all secret numbers in the database, and the planted digits."""
    with psycopg.connect(dsn) as connection:
        held = connection.execute("select parameters, control_points from spatial.datum_operation").fetchall()
    numbers = [one for row in held for document in row for one in _numbers(document)]
    found = [form for one in numbers for form in _forms(abs(one))]
    assert len(found) > 40
    return found


def leaks(text: str, known: Sequence[str]) -> list[str]:
    """Which secrets a text shows, the planted digits also when written in groups."""
    plain = text.replace(",", "").replace("_", "").replace(" ", "")
    return [one for one in known if one in text] + [one for one in PLANTED if one in plain]


def _forms(number: float) -> list[str]:
    """Ten characters of a number as Python and as the database write it; none of a round one."""
    told = repr(number)
    if len(told) < 9:
        return []
    return [told[:10]] if "e" not in told else [told[:10], f"{Decimal(told):f}"[:-4]]


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        value = [inner for key, inner in value.items() if key not in ("degrees_of_freedom", "sigma0_m")]
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, float):
        yield value
