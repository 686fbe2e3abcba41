"""A frame that is said, held against trusted positions 矛盾: warned of in metres, refused where it is gross.

A person or a file may say any frame, and a wrong word moves a whole layer by
tens or hundreds of metres without a single row looking odd. Where the delivery
names features or control points whose places are known, the word is tested.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spatial.catalogue.city import City
from spatial.datum import STANDARD, Registry
from spatial.datum.frames import Kind
from spatial.errors import FrameContradicted, NoOperation, UnknownFrame
from spatial.exchange.evidence import Evidence
from spatial.exchange.residuals import (
    OUTLINE_M,
    TRUSTED_AT_LEAST,
    TRUSTED_M,
    Candidate,
    Survey,
    Trusted,
    clearly_best,
    outline_residual_m,
    residual_m,
    told,
)

CONTRADICTED_M = 100.0
"""No survey and no old datum of the country is this far off; from here on a word is not enough."""
_TARGET = "EPSG:4490"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is trusted lies elsewhere than the said frame puts it."""

    kind: str
    """``believed``, ``control-points`` or ``outline``."""
    said: Candidate
    off_m: float
    count: int
    better: Candidate | None
    """A reading that does meet what is trusted."""
    better_m: float

    @property
    def gross(self) -> bool:
        """Too far, and from too many places, to be let through on a word."""
        enough = self.kind != "outline" and self.count >= TRUSTED_AT_LEAST
        return enough and self.off_m >= CONTRADICTED_M


@dataclass(frozen=True, slots=True)
class Holding:
    """The residuals of a said frame, and where they contradict it."""

    evidence: tuple[Evidence, ...]
    contradictions: tuple[Contradiction, ...]


def hold(
    said: Candidate,
    others: Sequence[Candidate],
    survey: Survey,
    city: City,
    trusted: Sequence[Trusted],
    registry: Registry = STANDARD,
) -> Holding:
    """Residuals of the said reading; ``others`` are the readings that the numbers allow besides.

    A frame from which the registry knows no way is not measured: its load is refused for that.
    """
    try:
        registry.route(said.frame, registry.frame(_TARGET))
    except (NoOperation, UnknownFrame):
        return Holding((), ())
    others = [one for one in others if one.frame.id != said.frame.id]
    seen: list[Evidence] = []
    found: list[Contradiction] = []
    for group in trusted:
        count = len(group.file_x)
        off_m = residual_m(group, said, registry)
        seen.append(told(group.kind, said, off_m, count))
        if off_m <= TRUSTED_M:
            continue
        residuals = {one: residual_m(group, one, registry) for one in others}
        better = clearly_best({**residuals, said: off_m}, TRUSTED_M)
        better_m = math.inf if better is None else residuals[better]
        found.append(Contradiction(group.kind, said, off_m, count, better, better_m))
    found += _outline(said, others, survey, city) if not trusted else ()
    return Holding(tuple(seen), tuple(found))


def _outline(
    said: Candidate, others: Sequence[Candidate], survey: Survey, city: City
) -> Iterator[Contradiction]:
    """The four sides of a file that covers the city tell degrees from shifted degrees, nothing finer."""
    if said.frame.kind not in (Kind.GEOGRAPHIC, Kind.OFFSET):
        return
    residuals = {one: outline_residual_m(survey, one, city) for one in others}
    off_m = outline_residual_m(survey, said, city)
    better = clearly_best({**residuals, said: off_m}, OUTLINE_M)
    if better is not None and better is not said:
        yield Contradiction("outline", said, off_m, 4, better, residuals[better])


def weigh(
    found: Sequence[Contradiction], *, name: str, seen: Sequence[Evidence], trust: bool
) -> list[Evidence]:
    """The contradictions as warnings; raises FrameContradicted for a gross one unless ``trust``."""
    warnings = [_warning(one) for one in found]
    gross = next((one for one in found if one.gross), None)
    if gross is None or trust:
        return warnings
    frame_id = gross.said.frame.id
    instead = "" if gross.better is None else f" --source-crs {gross.better.frame.id}"
    raise FrameContradicted(
        f"按 {frame_id} 读,与可信位置相差 {_metres(gross.off_m)}({gross.count} 处),未载入。"
        + (f"请改用{instead};" if instead else "请核对文件和坐标系;")
        + f"若实地确已变动,请加 --trust-source-crs:{name}",
        f"read as {frame_id} it is {_metres(gross.off_m)} off trusted positions ({gross.count}), "
        + "nothing loaded; "
        + (f"use{instead}, " if instead else "check the file and its frame, ")
        + f"or --trust-source-crs if things really moved: {name}",
        value=name,
        details={
            "options": ["--source-crs", "--trust-source-crs"],
            "said": frame_id,
            "residual_m": round(gross.off_m, 1) if math.isfinite(gross.off_m) else None,
            "candidates": [] if gross.better is None else [gross.better.frame.id],
            "evidence": [one.to_json() for one in (*seen, *warnings)],
        },
    )


def _warning(one: Contradiction) -> Evidence:
    where = {
        "believed": ("库中同键要素", "the believed features of the same keys"),
        "control-points": ("控制点", "control points"),
        "outline": ("城市四至", "the city's sides"),
    }[one.kind]
    zh = f"与所说的 {one.said.frame.id} 矛盾:与{where[0]}相差 {_metres(one.off_m)}({one.count} 处)"
    en = f"contradicts {one.said.frame.id}: {_metres(one.off_m)} off {where[1]} ({one.count})"
    numbers = {"residual_m": round(one.off_m, 3) if math.isfinite(one.off_m) else -1.0, "count": one.count}
    if one.better is not None:
        zh += f",按 {one.better.frame.id} 读只差 {_metres(one.better_m)}"
        en += f"; read as {one.better.frame.id} only {_metres(one.better_m)}"
        numbers["better_m"] = round(one.better_m, 3)
    return Evidence("contradicted", zh, en, numbers)


def _metres(value: float) -> str:
    return f"{value:.1f} m" if math.isfinite(value) else "∞ m"
