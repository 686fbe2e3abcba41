"""The legend 图例 of a layer, as the map and its readers get it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Secrecy, Title

Document = dict[str, object]
"""A JSON object."""

OTHER = Title("其他", "other")


def legend(contract: Contract, shown: Collection[str] | None = None) -> Document:
    """How a layer is drawn and what its signs mean, to somebody who is shown these fields.

    ``entries`` are in the order of the code list; where a field decides the
    colour, codes without one of their own share the last entry, 其他.
    """
    style = _style(contract, shown)
    return {
        "layer": contract.id,
        "title": _title(contract.title),
        "kind": style.kind,
        "synthetic": contract.synthetic,
        "outline": style.outline,
        "width_px": style.width_px,
        "radius_px": style.radius_px,
        "opacity": style.opacity,
        "label": style.label,
        "min_zoom": style.min_zoom,
        "by": style.by,
        "entries": _entries(contract, style),
    }


def _style(contract: Contract, shown: Collection[str] | None) -> Legend:
    """The legend without what hangs on fields that are not shown; by default those that are not public."""
    if shown is None:
        shown = [field.name for field in contract.fields if field.secrecy is Secrecy.PUBLIC]
    style = contract.legend
    return replace(
        style,
        label=style.label if style.label in shown else None,
        by=style.by if style.by in shown else None,
    )


def _entries(contract: Contract, style: Legend) -> list[Document]:
    if style.kind == "none":
        return []
    if style.by is None:
        return [{"code": None, "title": _title(contract.title), "color": style.color}]
    colors = dict(style.colors)
    field = contract.field(style.by)
    entries: list[Document] = [
        {"code": _value(field, code), "title": _title(title), "color": colors[code]}
        for code, title in field.codes
        if code in colors
    ]
    return [*entries, {"code": None, "title": _title(OTHER), "color": style.color}]


def _value(field: Field, code: str) -> str | int:
    """A code as features carry it."""
    return int(code) if field.type is FieldType.INTEGER else code


def _title(title: Title) -> Document:
    return {"zh": title.zh, "en": title.en}
