"""What ``compliance-check`` does; imported when it runs."""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import shapely

import spatial.datum.area_kernel  # noqa: F401 - read once, before processes that judge units part
from planning import roles
from planning.compliance import compliance
from planning.compliance.compliance import Checked
from planning.compliance.project import read
from planning.ledger import store as ledger_store
from planning.model import Asked, Project
from planning.rules import shipped
from spatial.catalogue.city import City, read_city
from spatial.database import connect
from spatial.datum import BEIJING, STANDARD, parse_instant
from spatial.errors import Unauthenticated
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import registry_for

UNIT: Final = compliance.AT_ONCE
"""Projects that one process judges at a time."""
FEATURES_A_SITE: Final = 100
"""About so many features a site is weighed as, for whether a job is spread."""


def run(context: Context, inputs: Inputs) -> Outputs:
    """Judge every project over one state of the layers, and keep the checks in one transaction."""
    if not context.owner.known:
        raise Unauthenticated(
            "合规性审查会留存,请先认证:compliance-check",
            "compliance checks are kept; say who you are: compliance-check",
            value="compliance-check",
        )
    given = inputs["projects"].get("features", ())
    if len(given) > UNIT:
        context.ready(weight=len(given) * FEATURES_A_SITE)
    projects = _projects(context, inputs)
    asked = Asked(
        parse_instant(inputs["datetime"]) if "datetime" in inputs else context.now,
        parse_instant(inputs["asof"]) if "asof" in inputs else None,
    )
    city, only, shown = read_city(context.city), tuple(inputs.get("rules", ())), set(context.owner.layers)
    if inputs["projects"]["type"] == "Feature":
        (checked,) = _here(context, projects, asked, city, only)
        return {"result": Document({"check": checked.id, **veiled(checked.result, shown)})}
    path = context.work / "evidence.ndjson"
    told: list[dict[str, Any]] = [{} for _ in projects]
    judged = _together if len(projects) <= UNIT else _spread
    with _lines(path, len(projects)) as lines, closing(judged(context, projects, asked, city, only)) as found:
        for place, checked in found:
            lines.add(place, _line(checked, shown))
            told[place] = _short(projects[place], checked)
    counts = Counter(each["verdict"]["id"] for each in told)
    return {
        "result": Document({"checks": told, "counts": dict(sorted(counts.items()))}),
        "evidence": Filed(path, "application/x-ndjson", "合规性审查.ndjson"),
    }


def _projects(context: Context, inputs: Inputs) -> list[Project]:
    given, registry = inputs["projects"], registry_for(context) if "crs" in inputs else STANDARD
    frame = registry.frame(inputs.get("crs", "EPSG:4490"))
    if given["type"] == "Feature":
        return [read(given, "/inputs/projects", frame, registry)]
    features: Sequence[Any] = given.get("features", ())
    return [
        read(each, f"/inputs/projects/features/{number}", frame, registry)
        for number, each in enumerate(features)
    ]


def _here(
    context: Context, projects: Sequence[Project], asked: Asked, city: City, only: Sequence[str]
) -> list[Checked]:
    with context.session() as connection, compliance.one_state(connection):
        left = ledger_store.left(connection, asked.at.astimezone(BEIJING).date())
        who = context.owner.department
        return compliance.check(
            connection, projects, asked, shipped(), city, only=only, balances=left, department=who
        )


def _together(
    context: Context, projects: Sequence[Project], asked: Asked, city: City, only: Sequence[str]
) -> Generator[tuple[int, Checked]]:
    """All of them here, by place."""
    yield from enumerate(_here(context, projects, asked, city, only))


def _spread(
    context: Context, projects: Sequence[Project], asked: Asked, city: City, only: Sequence[str]
) -> Generator[tuple[int, Checked]]:
    """Units judged side by side over states pinned before, kept as they come, in the end as one."""
    with connect(context.dsn) as connection:
        left = ledger_store.left(connection, asked.at.astimezone(BEIJING).date())
        pinned = compliance.pinned(connection, asked, shipped(), city, only, left)
        compliance.keep_rules(connection, pinned)
    parts = np.array_split(_side_by_side(projects), -(-len(projects) // UNIT))
    places = {str(number): part.tolist() for number, part in enumerate(parts)}
    units = {key: ([projects[place] for place in own], pinned, context.city) for key, own in places.items()}
    with connect(context.dsn) as connection, connection.transaction():
        for key, judged in context.each(unit, units, weight=len(projects) * FEATURES_A_SITE):
            kept = compliance.keep(connection, units[key][0], judged, pinned, context.owner.department)
            yield from zip(places[key], kept, strict=True)


def _side_by_side(projects: Sequence[Project]) -> np.ndarray[Any, Any]:
    """Places of projects in an order in which neighbours follow each other (Morton's): they share zones."""
    sites = shapely.from_wkb(np.array([each.wkb for each in projects], dtype=object))
    bounds = shapely.bounds(sites)
    low, extent = bounds.min(axis=0)[:2], np.maximum(np.ptp(bounds[:, :2], axis=0), 1e-9)
    cell = ((bounds[:, :2] - low) / extent * 0xFFFF).astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        cell = (cell | (cell << np.uint64(shift))) & np.uint64(mask)
    return np.argsort(cell[:, 0] | (cell[:, 1] << np.uint64(1)), kind="stable")


def unit(
    dsn: str, projects: Sequence[Project], pinned: compliance.Pinned, city: str
) -> list[tuple[bytes, str]]:
    """One unit of projects, in a process of its own: results and verdicts."""
    with connect(dsn) as connection, compliance.one_state(connection):
        return compliance.judge_pinned(connection, projects, pinned, read_city(city))


def _short(project: Project, checked: Checked) -> dict[str, Any]:
    return {
        "check": checked.id,
        "code": project.facts.get("code"),
        "name": project.facts.get("name"),
        "verdict": checked.verdict.document,
    }


class _Lines:
    """Lines of a file that come in any order."""

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self._spool_path = path.with_suffix(".spool")
        self._spool = self._spool_path.open("w+b")
        self._spans = [(0, 0)] * count
        self._end = 0

    def add(self, place: int, line: bytes) -> None:
        """Keep a line by its place."""
        self._spool.write(line)
        self._spans[place] = (self._end, self._end + len(line))
        self._end += len(line)

    def write(self) -> None:
        """The file, its lines in their order."""
        self._spool.flush()
        with (
            mmap.mmap(self._spool.fileno(), 0, access=mmap.ACCESS_READ) as whole,
            self._path.open("wb") as file,
        ):
            for start, end in self._spans:
                file.write(whole[start:end])

    def close(self) -> None:
        """Let go of what came in any order."""
        self._spool.close()
        self._spool_path.unlink()


@contextmanager
def _lines(path: Path, count: int) -> Iterator[_Lines]:
    lines = _Lines(path, count)
    try:
        yield lines
        lines.write()
    finally:
        lines.close()


def _line(checked: Checked, shown: AbstractSet[str]) -> bytes:
    """All evidence of one check, as a line of JSON."""
    if all(role.layer in shown for role in roles.shipped().values()):
        return b'{"check":%b,%b\n' % (orjson.dumps(checked.id), checked.result[1:])
    return orjson.dumps({"check": checked.id, **veiled(checked.result, shown)}) + b"\n"


def veiled(result: bytes, shown: AbstractSet[str]) -> dict[str, Any]:
    """A result for who may see these layers: of the others areas stay, shapes and codes do not."""
    document: dict[str, Any] = orjson.loads(result)
    hidden = {name for name in document["layers"] if name not in shown}
    for rule in document["rules"]:
        for group in rule["groups"]:
            if group["layer"] in hidden:
                group |= {"geometry": None, "features": len(group["features"]), "withheld": True}
    for name in hidden:
        document["layers"][name] = {"withheld": True, "features": len(document["layers"][name]["features"])}
    return document
