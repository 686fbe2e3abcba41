"""River courses of the sample city: 弥河 and 丹河 by name, their courses and tributaries generated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from spatial.sample.curve import through, winding
from spatial.sample.outline import DAN_RIVER_DEG, MI_RIVER_DEG
from spatial.sample.plane import Floats, to_degrees, to_plane

STEP_M: Final = 90.0
TRIBUTARIES: Final = ((0, 5), (1, 4))
"""Which main river takes how many tributaries."""
TRIES: Final = 60


@dataclass(frozen=True, slots=True)
class River:
    """A generated course, drawn downstream, in degrees of CGCS2000."""

    name: str
    order: int
    """1 for a main river 干流, 2 for a tributary 支流."""
    into: str
    """Name of what it flows into."""
    width_m: float
    line: shapely.LineString


def rivers(city: shapely.MultiPolygon, generator: np.random.Generator) -> tuple[River, ...]:
    """The two main rivers, from the south to Laizhou Bay, and their tributaries."""
    area = shapely.transform(city, to_plane)
    courses = [_inside(area, course) for course in main_courses(generator)]
    found = [
        River("弥河", 1, "莱州湾", 120.0, _line(courses[0])),
        River("丹河", 1, "莱州湾", 60.0, _line(courses[1])),
    ]
    for main, count in TRIBUTARIES:
        for at in np.linspace(0.16, 0.78, count) + generator.uniform(-0.04, 0.04, count):
            course = _tributary(courses[main], float(at), area, courses, generator)
            if course is not None:
                courses.append(course)
                name = f"合成支流-{len(courses) - 2:02d}"
                width = float(np.round(generator.uniform(8, 28), 1))
                found.append(River(name, 2, found[main].name, width, _line(course)))
    return tuple(found)


def main_courses(generator: np.random.Generator) -> list[Floats]:
    """弥河 and 丹河 in the plane, from before they enter the city to the bay, not yet cut at its outline."""
    return [
        winding(through(to_plane(guide), STEP_M), generator, reach, (5200.0, 2900.0, 1500.0))
        for guide, reach in ((MI_RIVER_DEG, 620.0), (DAN_RIVER_DEG, 480.0))
    ]


def _tributary(
    main: Floats, at: float, area: shapely.MultiPolygon, others: list[Floats], generator: np.random.Generator
) -> Floats | None:
    """A course that joins ``main`` and meets no other; None where there is no room."""
    mouth_index = int(at * (len(main) - 1))
    mouth, downstream = main[mouth_index], main[mouth_index + 3] - main[mouth_index - 3]
    downstream = downstream / np.hypot(*downstream)
    lines = shapely.multilinestrings([shapely.linestrings(other) for other in others])
    for _ in range(TRIES):
        side = generator.choice((-1.0, 1.0))
        length = generator.uniform(6_000.0, 15_000.0)
        angle = side * generator.uniform(0.45, 0.95)
        back = -downstream @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        bend = generator.normal(0, 0.08 * length, (2, 2))
        guide = [mouth + back * length, mouth + back * length * 0.65 + bend[0],
                 mouth + back * length * 0.3 + bend[1], mouth]  # fmt: skip
        course = winding(through(guide, STEP_M), generator, 330.0, (2600.0, 1400.0))
        upper = shapely.linestrings(course[:-4])
        if shapely.distance(upper, lines) > 120.0 and shapely.contains(area, upper) and upper.is_simple:
            return course
    return None


def _inside(area: shapely.MultiPolygon, course: Floats) -> Floats:
    """The longest piece of a course within the city."""
    parts = shapely.get_parts(shapely.intersection(shapely.linestrings(course), area))
    return np.asarray(shapely.get_coordinates(parts[np.argmax(shapely.length(parts))]))


def _line(course: Floats) -> shapely.LineString:
    return shapely.LineString(to_degrees(course))
