"""A delivery out of files 送审成果: FileGDB, GeoPackage, shapefiles, alone, in a folder or in a zip.

Every layer is read behind the fences of the exchange, which also finds encoding
and frame. Nothing of a malformed delivery stops the review: what cannot be read
is a problem of the delivery, told with the reader's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from planning import layers
from planning.review.catalogue import Catalogue, shipped
from planning.review.checks.structure import matched
from planning.review.model import Declared, DeclaredField, Delivery, LayerState, Objects, Problem
from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract, Field, FieldType
from spatial.datum import STANDARD, Registry, frame, move
from spatial.errors import OneMapError, UnknownFrame
from spatial.exchange import fields, frames, originals, sandbox, shapes
from spatial.exchange.batches import Batch, Content, read_content
from spatial.exchange.sandbox import Job, Limits

_AREA: Final = "administrative-area"
_PREFIX = re.compile(r"^\d{6,12}|_?\d{4}$")
_STORED = frame("EPSG:4490")


def delivery(
    path: Path,
    city: City,
    *,
    registry: Registry = STANDARD,
    catalogue: Catalogue | None = None,
    limits: Limits | None = None,
) -> Delivery:
    """Everything in a delivery that can be read, and what cannot."""
    known = catalogue or shipped()
    states: dict[str, LayerState] = {}
    problems: list[Problem] = []
    unknown: list[str] = []
    area = None
    reader = _Reader(path, limits or Limits())
    for name in reader.names(problems):
        shown = name or path.name.partition(".")[0]
        layer = layer_named(shown, known)
        if layer is None:
            unknown.append(shown)
            continue
        if layer in states:
            zh = f"图层重复,只检查第一个:{shown}"
            en = f"the layer stands twice; only the first is checked: {shown}"
            problems.append(Problem(shown, "layer-twice", zh, en))
            continue
        try:
            with reader.content(name) as content:
                if layer == _AREA:
                    area = _area(content, city, registry)
                else:
                    states[layer] = _state(layers.contract(layer), shown, content, city, registry, problems)
        except OneMapError as failure:
            problems.append(Problem(shown, failure.code, failure.zh, failure.en))
    return Delivery(path.name, states, area, tuple(problems), tuple(unknown))


def layer_named(name: str, catalogue: Catalogue) -> str | None:
    """The layer that a name in a delivery means: division code before it and a year after it are dropped.

    >>> [layer_named(each, shipped()) for each in ("370783DLTB", "CZKFBJ_2035", "X")]
    ['land-use-survey', 'urban-boundary', None]
    """
    plain = name.strip()
    for one in (plain, _PREFIX.sub("", plain), _PREFIX.sub("", _PREFIX.sub("", plain))):
        folded = one.upper()
        if folded in catalogue.deliveries:
            return catalogue.deliveries[folded]
        own = one.lower().replace("_", "-")
        if own in layers.LAYERS:
            return own
        for layer in layers.LAYERS:
            if layers.contract(layer).title.zh == one:
                return layer
    return None


class _Reader:
    """Reads a delivery layer by layer; one that has a single layer is read once."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits

    def names(self, problems: list[Problem]) -> list[str | None]:
        """Names of the layers; None for the only one, whose name is the file's."""
        try:
            with self.content(None) as content:
                alone = self._path.suffix.lower() == ".shp" or content.layer == ""
                return [None if alone else content.layer]
        except OneMapError as failure:
            told = failure.details.get("layers")
            if isinstance(told, list) and told:
                return [str(each) for each in told]
            problems.append(Problem(self._path.name, failure.code, failure.zh, failure.en))
            return []

    @contextmanager
    def content(self, layer: str | None) -> Iterator[Content]:
        """One layer, as long as its work folder is there."""
        with sandbox.work_folder() as work:
            original = originals.stage(self._path, work, self._limits)
            sandbox.run(Job(path=str(original.dataset), work=str(work), layer=layer, limits=self._limits))
            yield read_content(work)


def _state(
    contract: Contract, name: str, content: Content, city: City, registry: Registry, problems: list[Problem]
) -> LayerState:
    by_name = matched(contract.fields, list(content.columns))
    batches = list(content.read())
    columns = {
        field.name: _column(field, by_name[field.name], batches, name, problems)
        for field in contract.fields
        if field.name in by_name
    }
    count = sum(len(each.lines) for each in batches)
    keys = columns.get(contract.key, np.full(count, None, object))
    declared, placed = _declared(name, content, batches, city, registry)
    return LayerState(contract, declared, keys, columns, placed)


def _column(field: Field, index: int, batches: list[Batch], layer: str, problems: list[Problem]) -> Objects:
    """Values of the field's type; what is none stays the text that it is."""
    cells: list[Any] = []
    lost: str | None = None
    for batch in batches:
        values = batch.columns[index]
        found, wrong = fields.cast(field, values, batch.lossy[index].tolist())
        for row, reason in wrong.items():
            found[row] = values[row]
            if field.type is FieldType.TEXT:
                lost = lost or reason.zh
        cells += found
    if lost is not None:
        problems.append(
            Problem(
                layer, "digits-lost", f"字段 {field.name}:{lost}", f"field {field.name} lost digits: {lost}"
            )
        )
    column = np.empty(len(cells), object)
    column[:] = cells
    return column


def _declared(
    name: str, content: Content, batches: list[Batch], city: City, registry: Registry
) -> tuple[Declared, Objects | None]:
    told = tuple(DeclaredField(*each) for each in zip(content.columns, content.kinds, strict=True))
    if not batches or batches[0].wkb is None:
        return Declared(name, content.declared, told), None
    source, swapped = _frame(name, content, batches, city, registry)
    shapes_ = [_moved(each, source, swapped, registry) for each in batches]
    used = None if source == content.declared else source
    return Declared(name, content.declared, told, used), np.concatenate(shapes_)


def _frame(
    name: str, content: Content, batches: list[Batch], city: City, registry: Registry
) -> tuple[str, bool]:
    """The frame declared, else the likeliest by the numbers; FrameUndecided where none lies in the city."""
    if content.declared is not None:
        try:
            return registry.frame(content.declared).id, False
        except UnknownFrame:
            pass
    seen = shapes.survey(iter(batches), Limits().vertices)
    if seen.survey is None:
        return _STORED.id, False
    reading = frames.assume(seen.survey, city, name=name, registry=registry)
    return reading.frame, reading.swapped


def _moved(batch: Batch, source: str, swapped: bool, registry: Registry) -> Objects:
    given, _ = shapes.parse(batch, Limits().vertices)
    of = registry.frame(source)
    if of.id == _STORED.id and not swapped:
        return np.asarray(given, dtype=object)

    def change(coords: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x, y = (coords[:, 1], coords[:, 0]) if swapped else (coords[:, 0], coords[:, 1])
        moved = move(x, y, of, _STORED, registry=registry)
        return np.column_stack((moved.x, moved.y, *coords[:, 2:].T))

    result: Objects = shapely.transform(given, change, include_z=None)
    return result


def _area(content: Content, city: City, registry: Registry) -> Any:
    """The administrative area: all of the layer XZQ together."""
    batches = list(content.read())
    source, swapped = _frame(content.layer, content, batches, city, registry)
    found = [_moved(each, source, swapped, registry) for each in batches]
    return shapely.union_all(np.concatenate(found)) if found else None
