"""The ladder of generalisation 综合分级 of far tiles: what a contract may say, and what holds without it.

Areas whose legend tells classes are dissolved by them, points are clustered;
lines, and areas without classes, stay single. A level is a zoom of the nation's
and the world's set; the city's own counts four less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from spatial.catalogue.contract import Contract, Rung, Secrecy, Step

NEAR = 14
"""From this level on every tile holds every feature."""
THIN = 11
"""Below this level a feature carries only what the legend draws and names it by."""
CLUSTERED = 13
"""Below this level points lie together."""
GRIDS_PX = (0.25, 0.5, 1.0, 2.0)
"""Sides of the grid of ``dissolve``: whole numbers of cells to a tile and to its buffer."""
CELLS_PX = (16, 32, 64, 128)
"""Sides of the cells of ``cluster``: an edge of a tile cuts none."""
_AREAS = ("Polygon", "MultiPolygon")
_SHOWN = ("fid", "count", "classes", "area_m2")

Fault = tuple[str, str, str, object]
"""Where, in Chinese, in English, what offends."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A rung as it holds for somebody who is shown some fields."""

    step: Step
    by: str | None
    minimum_px: float
    single_px: float
    cell_px: int
    fields: frozenset[str] | None
    """Attributes that single features keep; ``None``: all."""

    def keeps(self, name: str) -> bool:
        """Whether single features carry a field.

        >>> Resolved(Step.SINGLE, None, 1.0, 4.0, 32, frozenset({"use"})).keeps("owner")
        False
        """
        return self.fields is None or name in self.fields


def ladder_of(contract: Contract) -> tuple[Rung, ...]:
    """What the contract says, else what its geometry and legend suggest; from near to far."""
    if contract.ladder or contract.geometry is None:
        return contract.ladder
    drawn = tuple(dict.fromkeys(each for each in (contract.legend.label, contract.legend.by) if each))
    if contract.geometry in _AREAS and contract.legend.kind == "fill" and contract.legend.by:
        near = Rung(NEAR, Step.DISSOLVE)
    elif contract.geometry == "Point":
        near = Rung(CLUSTERED, Step.CLUSTER)
    else:
        near = Rung(NEAR)
    return near, replace(near, below=THIN, fields=drawn)


def rung_at(contract: Contract, level: int, shown: Collection[str]) -> Resolved:
    """What holds at a level, by the fields that somebody is shown: others decide nothing."""
    found = Rung(NEAR)
    for rung in ladder_of(contract):
        if level < rung.below:
            found = rung
    by = found.by or contract.legend.by
    grid = 0.5 if found.step is Step.DISSOLVE else 1.0
    return Resolved(
        step=found.step,
        by=by if found.step is not Step.SINGLE and by in shown else None,
        minimum_px=grid if found.minimum_px is None else found.minimum_px,
        single_px=found.single_px,
        cell_px=found.cell_px,
        fields=None if found.fields is None else frozenset(found.fields),
    )


def single_from(contract: Contract) -> int:
    """The level from which on every feature is by itself."""
    return max((rung.below for rung in ladder_of(contract) if rung.step is not Step.SINGLE), default=0)


def faults(contract: Contract) -> Iterator[Fault]:
    """What is wrong with the ladder of a contract."""
    before = NEAR + 1
    for index, rung in enumerate(contract.ladder):
        where = f"ladder[{index}]"
        if not 1 <= rung.below < before:
            yield (
                f"{where}.below",
                f"须在 1–{before - 1},从近到远依次减小:{rung.below}",
                f"must lie in 1–{before - 1} and fall from near to far: {rung.below}",
                rung.below,
            )
        before = min(before, max(rung.below, 1))
        yield from _step_faults(contract, where, rung)
        yield from _field_faults(contract, where, rung)


def _step_faults(contract: Contract, where: str, rung: Rung) -> Iterator[Fault]:
    fitting = {Step.DISSOLVE: _AREAS, Step.CLUSTER: ("Point",)}.get(rung.step)
    if fitting is not None and contract.geometry not in fitting:
        yield (
            f"{where}.step",
            f"{rung.step} 只用于 {' / '.join(fitting)},此图层为 {contract.geometry}",
            f"{rung.step} is for {' or '.join(fitting)}, this layer has {contract.geometry}",
            rung.step.value,
        )
    minimum = rung.minimum_px
    if minimum is not None and rung.step is Step.DISSOLVE and minimum not in GRIDS_PX:
        allowed = ", ".join(f"{each:g}" for each in GRIDS_PX)
        yield (
            f"{where}.minimum_px",
            f"合并同类的格网须为 {allowed} 像素之一:{minimum:g}",
            f"the grid of dissolve is one of {allowed} pixels: {minimum:g}",
            minimum,
        )
    for key, given, low, high in (
        ("minimum_px", 1.0 if minimum is None else minimum, 0, 64),
        ("single_px", rung.single_px, 0, 4096),
    ):
        if not low <= given <= high:
            yield (
                f"{where}.{key}",
                f"须在 {low}–{high} 像素:{given:g}",
                f"must lie in {low}–{high} pixels: {given:g}",
                given,
            )
    if rung.cell_px not in CELLS_PX:
        allowed = ", ".join(map(str, CELLS_PX))
        yield (
            f"{where}.cell_px",
            f"须为 {allowed} 像素之一,瓦片边不切开格子:{rung.cell_px}",
            f"is one of {allowed} pixels, so that no edge of a tile cuts a cell: {rung.cell_px}",
            rung.cell_px,
        )


def _field_faults(contract: Contract, where: str, rung: Rung) -> Iterator[Fault]:
    by_name = {each.name: each for each in contract.fields}
    if rung.by is not None:
        field = by_name.get(rung.by)
        if field is None or field.secrecy is not Secrecy.PUBLIC or not field.codes:
            yield (
                f"{where}.by",
                f"须为有代码表的公开字段:{rung.by}",
                f"must be a public field with a code list: {rung.by}",
                rung.by,
            )
        if rung.step is Step.SINGLE:
            yield (
                f"{where}.by",
                f"single 不分类,请去掉 by:{rung.by}",
                f"single knows no classes, leave by out: {rung.by}",
                rung.by,
            )
    for name in rung.fields or ():
        if name not in by_name:
            yield (f"{where}.fields", f"没有这个字段:{name}", f"there is no such field: {name}", name)
    told = [each for each in (rung.by or contract.legend.by,) if each in _SHOWN]
    for name in told:
        yield (
            f"{where}.by",
            f"与瓦片自用的名称相同,请换字段:{name}",
            f"is a name that tiles use themselves, take another field: {name}",
            name,
        )
