"""A delivery out of files 送审成果: FileGDB, GeoPackage, shapefiles, alone, in a folder or in a zip.

Every layer is read behind the fences of the exchange, which also finds encoding
and frame. Nothing of a malformed delivery stops the review: what cannot be read
is a problem of the delivery, told with the reader's own words.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from planning import layers, profiles
from planning.review import figures
from planning.review.catalogue import Catalogue, shipped
from planning.review.model import (
    Declared,
    DeclaredField,
    Delivery,
    Figure,
    LayerState,
    Objects,
    Problem,
    joined,
)
from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract, Field, FieldType
from spatial.datum import STANDARD, Registry, frame, legal_areas_m2, move
from spatial.errors import (
    EditionUndecided,
    FieldsDoNotMatch,
    OneMapError,
    ProfileUndecided,
    UnitUndecided,
    UnknownFrame,
)
from spatial.exchange import fields, frames, originals, sandbox, shapes
from spatial.exchange.batches import Batch, Content, read_content
from spatial.exchange.profile import NONE
from spatial.exchange.profile.adapt import SAMPLE, Areas, Asked, Recognised, Recognition
from spatial.exchange.profile.choose import bare, called
from spatial.exchange.profile.units import Floats
from spatial.exchange.sandbox import Job, Limits

_AREA: Final = "administrative-area"
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
    parts: list[LayerState] = []
    area, table = None, None
    reader = _Reader(path, limits or Limits())
    for name in reader.names(problems):
        shown = name or path.name.partition(".")[0]
        layer = layer_named(shown, known)
        try:
            if called(known.figures.names, shown):
                with reader.content(name) as content:
                    table = figures.read(content, known.figures)
            elif layer is None:
                unknown.append(shown)
            elif layer == _AREA:
                with reader.content(name) as content:
                    area = _area(content, city, registry)
            elif layer in states and not _one_of_several(shown):
                zh = f"图层重复,只检查第一个:{shown}"
                en = f"the layer stands twice; only the first is checked: {shown}"
                problems.append(Problem(shown, "layer-twice", zh, en))
            else:
                with reader.content(name) as content:
                    state = _state(layers.contract(layer), shown, content, city, registry, problems)
                if _one_of_several(shown):
                    parts.append(state)
                states[layer] = joined(states[layer], state) if layer in states else state
        except OneMapError as failure:
            problems.append(Problem(shown, failure.code, failure.zh, failure.en))
    unclear: list[Problem] = []
    if table is not None:
        said, unclear = _said_in_text(reader, known, problems)
        table = figures.together(table, said)
    return Delivery(
        path.name,
        states,
        area,
        tuple(problems),
        tuple(unknown),
        reader.documents(),
        table,
        tuple(parts),
        tuple(unclear),
    )


def _said_in_text(
    reader: _Reader, known: Catalogue, problems: list[Problem]
) -> tuple[list[Figure], list[Problem]]:
    """What the Word documents say of indicators in their tables, and tables of which that is not clear."""
    said: list[Figure] = []
    unclear: list[Problem] = []
    for name in reader.documents() or ():
        if not name.lower().endswith(".docx"):
            continue
        try:
            with reader.content(Path(name).name) as content:
                found, open_ = figures.of_text(content, known.figures)
        except OneMapError as failure:
            problems.append(Problem(name, failure.code, failure.zh, failure.en))
            continue
        said += found
        for each in open_:
            columns = "、".join(each.columns)
            zh = f"{name} 第 {each.table} 个表有多个数值列,未作比对:{columns}"
            en = f"table {each.table} of {name} has several columns of values, not compared: {columns}"
            unclear.append(Problem(name, "figures-unclear", zh, en))
    return said, unclear


def _one_of_several(name: str) -> bool:
    """Whether several layers of a delivery are one of the platform, told apart by their names."""
    return any(each.constants and called(each.names, name) for each in profiles.shipped())


def layer_named(name: str, catalogue: Catalogue) -> str | None:
    """The layer that a name in a delivery means: division code before it and a year after it are dropped.

    >>> [layer_named(each, shipped()) for each in ("370783DLTB", "CZKFBJ_2035", "ZXCQCSLX", "X")]
    ['land-use-survey', 'urban-boundary', 'control-lines', None]
    """
    for profile in profiles.shipped():
        if called(profile.names, name):
            return profile.layer
    if called(catalogue.areas, name):
        return _AREA
    own = bare(name).lower().replace("_", "-")
    if own in layers.LAYERS:
        return own
    return next((each for each in layers.LAYERS if layers.contract(each).title.zh == bare(name)), None)


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

    def documents(self) -> tuple[str, ...] | None:
        """Names of all files beside the data; None for a file alone, beside which nothing can lie."""
        if self._path.is_dir() and self._path.suffix.lower() != ".gdb":
            names = [
                str(one.relative_to(self._path)) for one in sorted(self._path.rglob("*")) if one.is_file()
            ]
        elif zipfile.is_zipfile(self._path) and self._path.suffix.lower() == ".zip":
            with zipfile.ZipFile(self._path) as archive:
                names = [_readable(one) for one in archive.infolist() if not one.is_dir()]
        else:
            return None
        return tuple(one for one in names if ".gdb/" not in one)

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
    """A layer in the platform's terms; what its structure leaves open is a problem, and read as it stands."""
    declared, placed = _declared(name, content, list(content.read()), city, registry)
    found = _recognised(contract, name, content, placed, city, problems)
    batches = list(found.content.read())
    columns = {
        field.name: _column(field, index, batches, name, problems) for field, index in found.mapped.fields
    }
    count = sum(len(each.lines) for each in batches)
    keys = columns.get(contract.key, np.full(count, None, object))
    return LayerState(contract, declared, keys, columns, placed, found.profile)


def _recognised(
    contract: Contract,
    name: str,
    content: Content,
    placed: Objects | None,
    city: City,
    problems: list[Problem],
) -> Recognised:
    """By the layer's profiles; by the names of its fields alone where they do not decide."""
    every = tuple(field.name for field in contract.fields)
    named = replace(content, layer=content.layer or name)
    for known in (profiles.of_layer(contract.id), NONE):
        try:
            recognition = Recognition(contract, named, known, Asked(), name, made=every)
            return recognition.finish(_areas(contract, placed, city))
        except (ProfileUndecided, UnitUndecided, EditionUndecided, FieldsDoNotMatch) as failure:
            if known is NONE:
                raise
            problems.append(Problem(name, failure.code, failure.zh, failure.en))
    raise AssertionError(name)


def _areas(contract: Contract, placed: Objects | None, city: City) -> Areas | None:
    """Legal areas of the shapes of a batch, by their place in the file."""
    if placed is None or "Polygon" not in (contract.geometry or ""):
        return None
    sound = placed[:SAMPLE].copy()
    sound[~shapely.is_valid(sound)] = None
    legal = legal_areas_m2(sound, frame(str(city.epsg_without_prefix)), given_in=_STORED)

    def areas(batch: Batch) -> Floats:
        found: Floats = legal[batch.lines - 1] if len(batch.lines) else np.empty(0)
        return found

    return areas


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
    told = tuple(
        DeclaredField(column, kind, content.schema.width(place))
        for place, (column, kind) in enumerate(zip(content.columns, content.kinds, strict=True))
    )
    more = (content.format, content.schema.vertical, content.schema.resolution, content.schema.tolerance)
    if not batches or batches[0].wkb is None:
        return Declared(name, content.declared, told, None, *more), None
    source, swapped = _frame(name, content, batches, city, registry)
    shapes_ = [_moved(each, source, swapped, registry) for each in batches]
    used = None if source == content.declared else source
    return Declared(name, content.declared, told, used, *more), np.concatenate(shapes_)


def _readable(member: zipfile.ZipInfo) -> str:
    """A name in a zip: in GB 18030 where it is not said to be UTF-8 and reads so."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


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
