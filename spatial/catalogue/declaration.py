"""A layer contract as TOML and as JSON 图层契约的书写形式.

TOML is what people write, JSON is what the database keeps and the doors show;
both have the same keys, so one reader serves them. Every breach of form or of
meaning is reported at once as ``BadContract``, with the file, the key, the
offending value and what to do. How to write one: ``docs/layers.md``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import TypeVar

from spatial.catalogue.contract import (
    Contract,
    Field,
    FieldType,
    HeightType,
    Legend,
    Quality,
    Rung,
    Secrecy,
    Sharing,
    Step,
    Title,
)
from spatial.catalogue.problem import Problem
from spatial.catalogue.rules import problems, refuse
from spatial.errors import BadContract

Document = dict[str, object]
"""A JSON object."""

_GROUP = re.compile(r"[a-z]+(-[a-z]+)*")
_Chosen = TypeVar("_Chosen", bound=StrEnum)
_Part = TypeVar("_Part")


def read_toml(path: Path) -> Contract:
    """The contract that a TOML file declares; ``BadContract`` names the file and every fault."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as failure:
        raise BadContract(
            f"图层契约文件不存在,请检查路径:{path}",
            f"there is no such layer contract, check the path: {path}",
            value=str(path),
        ) from failure
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise BadContract(
            f"图层契约文件须为 UTF-8 编码的 TOML,请改正({failure}):{path}",
            f"a layer contract is TOML in UTF-8, mend it ({failure}): {path}",
            value=str(path),
        ) from failure
    return _contract(content, path.name)


def shipped(package: str, layer_id: str) -> Contract:
    """The contract of a layer as a package ships it, in its ``assets/layers``."""
    place = resources.files(package) / "assets" / "layers" / f"{layer_id}.toml"
    with resources.as_file(place) as path:
        return read_toml(Path(path))


def all_shipped(package: str) -> tuple[Contract, ...]:
    """The contracts of every layer that a package ships, by id."""
    folder = resources.files(package) / "assets" / "layers"
    ids = sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))
    return tuple(shipped(package, layer_id) for layer_id in ids)


def from_json(document: Mapping[str, object]) -> Contract:
    """The contract that a JSON object declares, as ``to_json`` writes it."""
    return _contract(document, str(document.get("id", "")))


def to_json(contract: Contract) -> Document:
    """The contract as a JSON object; what is not given is left out."""
    return {
        "id": contract.id,
        "title": _title_json(contract.title),
        "description": _title_json(contract.description),
        "steward": contract.steward,
        "source_standard": contract.source_standard,
        "geometry": contract.geometry or "none",
        "key": contract.key,
        "valid_time": _title_json(contract.valid_time),
        "height_type": contract.height_type.value,
        "precision_deg": float(contract.precision_deg),
        "sharing": contract.sharing.value,
        "licence": contract.licence,
        "synthetic": contract.synthetic,
        **({"search_index": True} if contract.search_index else {}),
        "order": contract.order,
        "fields": [_field_json(field) for field in contract.fields],
        "legend": _legend_json(contract.legend),
        "quality": {
            "within_city": contract.quality.within_city,
            "valid_geometry": contract.quality.valid_geometry,
            "unique": [list(combination) for combination in contract.quality.unique],
        },
        **({"ladder": [_rung_json(rung) for rung in contract.ladder]} if contract.ladder else {}),
    }


def _title_json(title: Title) -> Document:
    return {"zh": title.zh, "en": title.en}


def _field_json(field: Field) -> Document:
    optional: Document = {
        "unit": field.unit,
        "max_length": field.max_length,
        "minimum": None if field.minimum is None else float(field.minimum),
        "maximum": None if field.maximum is None else float(field.maximum),
        "pattern": field.pattern,
    }
    return {
        "name": field.name,
        "type": field.type.value,
        "title": _title_json(field.title),
        "required": field.required,
        "secrecy": field.secrecy.value,
        **{key: value for key, value in optional.items() if value is not None},
        **(
            {"codes": [{"code": code, **_title_json(label)} for code, label in field.codes]}
            if field.codes
            else {}
        ),
        **({"indexed": True} if field.indexed else {}),
        **({"aliases": list(field.aliases)} if field.aliases else {}),
    }


def _rung_json(rung: Rung) -> Document:
    optional: Document = {
        "by": rung.by,
        "minimum_px": None if rung.minimum_px is None else float(rung.minimum_px),
        "fields": None if rung.fields is None else list(rung.fields),
    }
    return {
        "below": rung.below,
        "step": rung.step.value,
        "single_px": float(rung.single_px),
        "cell_px": rung.cell_px,
        **{key: value for key, value in optional.items() if value is not None},
    }


def _legend_json(legend: Legend) -> Document:
    optional: Document = {
        "outline": legend.outline,
        "label": legend.label,
        "by": legend.by,
        "table": legend.table,
        "height": legend.height,
    }
    return {
        "kind": legend.kind,
        "color": legend.color,
        "width_px": float(legend.width_px),
        "radius_px": float(legend.radius_px),
        "opacity": float(legend.opacity),
        "min_zoom": float(legend.min_zoom),
        **{key: value for key, value in optional.items() if value is not None},
        **({} if legend.shown else {"shown": False}),
        **(
            {"colors": [{"code": code, "color": color} for code, color in legend.colors]}
            if legend.colors
            else {}
        ),
    }


def _contract(content: Mapping[str, object], origin: str) -> Contract:
    found: list[Problem] = []
    top = _Table("", content, found)
    geometry = top.text("geometry")
    contract = Contract(
        id=top.text("id"),
        title=_title(top, "title"),
        description=_title(top, "description"),
        steward=top.text("steward"),
        source_standard=top.text("source_standard"),
        geometry=None if geometry == "none" else geometry,
        key=top.text("key"),
        valid_time=_title(top, "valid_time"),
        fields=_fields(top),
        legend=top.part("legend", _legend),
        height_type=top.choice("height_type", HeightType.NONE),
        precision_deg=top.number("precision_deg", 1e-9),
        sharing=top.choice("sharing", Sharing.CONDITIONAL),
        licence=top.text("licence", ""),
        quality=top.part("quality", _quality, needed=False),
        synthetic=top.flag("synthetic", False),
        search_index=top.flag("search_index", False),
        order=top.whole("order", 100),
        ladder=top.each("ladder", _rung),
    )
    top.close()
    refuse(found or problems(contract), origin)
    return contract


def _fields(top: _Table) -> tuple[Field, ...]:
    """The layer's own, and those of the groups that it includes but has not declared itself."""
    own = top.each("fields", _field, needed=True)
    declared = {each.name for each in own}
    return own + tuple(each for each in _included(top) if each.name not in declared)


def _included(top: _Table) -> tuple[Field, ...]:
    """Fields that many layers share, by the name of their group."""
    shared = resources.files("spatial") / "assets" / "fields"
    fields: tuple[Field, ...] = ()
    for group in top.texts("include"):
        place = shared / f"{group}.toml"
        if not _GROUP.fullmatch(group) or not place.is_file():
            known = ", ".join(sorted(each.name.removesuffix(".toml") for each in shared.iterdir()))
            top.note(
                "include",
                f"没有这个字段组,可用:{known}",
                f"no such group of fields, there are {known}",
                group,
            )
            continue
        within = _Table(group, tomllib.loads(place.read_text(encoding="utf-8")), top.found)
        fields += within.each("fields", _field, needed=True)
    return fields


def _title(table: _Table, key: str) -> Title:
    return table.part(key, _title_of)


def _title_of(table: _Table) -> Title:
    return Title(zh=table.text("zh"), en=table.text("en"))


def _field(table: _Table) -> Field:
    return Field(
        name=table.text("name"),
        type=table.choice("type", FieldType.TEXT, needed=True),
        title=_title(table, "title"),
        unit=table.maybe("unit", table.text),
        required=table.flag("required", False),
        max_length=table.maybe("max_length", table.whole),
        minimum=table.maybe("minimum", table.number),
        maximum=table.maybe("maximum", table.number),
        codes=table.each("codes", _code),
        pattern=table.maybe("pattern", table.text),
        secrecy=table.choice("secrecy", Secrecy.PUBLIC),
        indexed=table.flag("indexed", False),
        aliases=table.texts("aliases"),
    )


def _code(table: _Table) -> tuple[str, Title]:
    return table.text("code"), _title_of(table)


def _legend(table: _Table) -> Legend:
    return Legend(
        kind=table.text("kind"),
        color=table.text("color"),
        outline=table.maybe("outline", table.text),
        width_px=table.number("width_px", 1.0),
        radius_px=table.number("radius_px", 4.0),
        opacity=table.number("opacity", 1.0),
        label=table.maybe("label", table.text),
        min_zoom=table.number("min_zoom", 0.0),
        shown=table.flag("shown", True),
        by=table.maybe("by", table.text),
        colors=table.each("colors", lambda entry: (entry.text("code"), entry.text("color"))),
        table=table.maybe("table", table.text),
        height=table.maybe("height", table.text),
    )


def _quality(table: _Table) -> Quality:
    return Quality(
        within_city=table.flag("within_city", True),
        valid_geometry=table.flag("valid_geometry", True),
        unique=table.combinations("unique"),
    )


def _rung(table: _Table) -> Rung:
    return Rung(
        below=table.whole("below"),
        step=table.choice("step", Step.SINGLE, needed=True),
        by=table.maybe("by", table.text),
        minimum_px=table.maybe("minimum_px", table.number),
        single_px=table.number("single_px", 4.0),
        cell_px=table.whole("cell_px", 32),
        fields=table.maybe("fields", table.texts),
    )


_MISSING = object()


class _Table:
    """Reads one table of a declaration, noting what is wrong instead of stopping at it."""

    def __init__(self, where: str, content: Mapping[str, object], found: list[Problem]) -> None:
        self._where = where
        self._content = content
        self.found = found
        self._seen: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, str, "text", needed=default is None, default=default or "")
        if any(ord(character) < 32 and character not in "\n\t" for character in value):
            self.note(key, "含控制字符", "contains control characters", value)
        return value.strip()

    def flag(self, key: str, default: bool) -> bool:
        return self._take(key, bool, "true or false", needed=False, default=default)

    def whole(self, key: str, default: int | None = None) -> int:
        return self._take(key, int, "a whole number", needed=default is None, default=default or 0)

    def number(self, key: str, default: float | None = None) -> float:
        value = self._take(key, (int, float), "a number", needed=default is None, default=default or 0.0)
        number = float(value)
        if number != number or number in (float("inf"), float("-inf")):
            self.note(key, "须为有限的数", "must be a finite number", value)
        return number

    def maybe(self, key: str, read: Callable[[str], _Part]) -> _Part | None:
        """What ``read`` makes of the key, or ``None`` where it is absent."""
        if self._content.get(key) is None:
            self._seen.add(key)
            return None
        return read(key)

    def choice(self, key: str, default: _Chosen, *, needed: bool = False) -> _Chosen:
        value = self._take(key, str, "text", needed=needed, default=default.value)
        kinds = type(default)
        if value not in [kind.value for kind in kinds]:
            allowed = ", ".join(kind.value for kind in kinds)
            self.note(key, f"须为 {allowed} 之一", f"must be one of {allowed}", value)
            return default
        return kinds(value)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._list(key, needed=False)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.note(f"{key}[{index}]", "须为 text", "must be text", value)
        return tuple(value.strip() for value in values if isinstance(value, str))

    def combinations(self, key: str) -> tuple[tuple[str, ...], ...]:
        read: list[tuple[str, ...]] = []
        for index, value in enumerate(self._list(key, needed=False)):
            if isinstance(value, list) and all(isinstance(name, str) for name in value):
                read.append(tuple(value))
            else:
                self.note(f"{key}[{index}]", "须为字段名的列表", "must be a list of field names", value)
        return tuple(read)

    def part(self, key: str, read: Callable[[_Table], _Part], *, needed: bool = True) -> _Part:
        """A table within this one."""
        empty: Mapping[str, object] = {}
        content = self._take(key, Mapping, "a table", needed=needed, default=empty)
        absent = key not in self._content or content is empty
        return self._read(key, content, read, quiet=absent)

    def each(self, key: str, read: Callable[[_Table], _Part], *, needed: bool = False) -> tuple[_Part, ...]:
        """A list of tables within this one."""
        parts: list[_Part] = []
        for index, content in enumerate(self._list(key, needed=needed)):
            if isinstance(content, Mapping):
                parts.append(self._read(f"{key}[{index}]", content, read))
            else:
                self.note(f"{key}[{index}]", "须为表", "must be a table", content)
        return tuple(parts)

    def close(self) -> None:
        """Note the keys nobody asked for."""
        for key in self._content:
            if key not in self._seen:
                known = ", ".join(sorted(self._seen))
                self.note(key, f"不认识的键,可用:{known}", f"unknown key, known are {known}", key)

    def _read(
        self, key: str, content: Mapping[str, object], read: Callable[[_Table], _Part], *, quiet: bool = False
    ) -> _Part:
        inner = _Table(self._path(key), content, [] if quiet else self.found)
        part = read(inner)
        inner.close()
        return part

    def _list(self, key: str, *, needed: bool) -> Sequence[object]:
        empty: list[object] = []
        return self._take(key, list, "a list", needed=needed, default=empty)

    def _take(
        self,
        key: str,
        kinds: type[_Part] | tuple[type[_Part], ...],
        english: str,
        *,
        needed: bool,
        default: _Part,
    ) -> _Part:
        self._seen.add(key)
        value = self._content.get(key, _MISSING)
        if value is _MISSING:
            if needed:
                self.note(key, "必须给出", "is needed", None)
            return default
        wanted = kinds if isinstance(kinds, tuple) else (kinds,)
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            self.note(key, f"类型应为 {english}", f"must be {english}", value)
            return default
        return value

    def _path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def note(self, key: str, zh: str, en: str, value: object) -> None:
        ending = "" if value is None else f":{value!r}"
        ending_en = "" if value is None else f": {value!r}"
        self.found.append(Problem(self._path(key), zh + ending, en + ending_en, value))
