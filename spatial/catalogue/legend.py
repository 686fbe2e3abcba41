"""The legend 图例 of a layer, as the map and its readers get it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Secrecy, Title
from spatial.catalogue.symbology import Hatch, symbology

Document = dict[str, object]
"""A JSON object."""

OTHER = Title("其他", "other")


@dataclass(frozen=True, slots=True)
class Sign:
    """What one value of the deciding field looks like; code ``None`` for every value without a sign."""

    code: str | None
    title: Title
    color: str
    hatch: Hatch = Hatch.NONE


def legend(contract: Contract, shown: Collection[str] | None = None) -> Document:
    """How a layer is drawn and what its signs mean, to somebody who is shown these fields.

    ``entries`` are in the order of the code list; where a field decides the
    colour, codes without one of their own share the last entry, 其他.
    """
    style = visible_style(contract, shown)
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
        "shown": style.shown,
        "by": style.by,
        "height": style.height,
        **({"table": table_of(style)} if style.by and style.table else {}),
        "entries": [_entry(contract, style, sign) for sign in signs(contract, style)],
    }


def visible_style(contract: Contract, shown: Collection[str] | None = None) -> Legend:
    """The legend without what hangs on fields that are not shown; by default those that are not public."""
    if shown is None:
        shown = [field.name for field in contract.fields if field.secrecy is Secrecy.PUBLIC]
    style = contract.legend
    return replace(
        style,
        label=style.label if style.label in shown else None,
        by=style.by if style.by in shown else None,
        height=style.height if style.height in shown else None,
    )


def signs(contract: Contract, style: Legend) -> tuple[Sign, ...]:
    """In the order of the code list; codes without a colour of their own share the last, 其他."""
    if style.kind == "none":
        return ()
    if style.by is None:
        return (Sign(None, contract.title, style.color),)
    symbols = symbology(style.table).by_code if style.table else {}
    colors = {code: symbol.color for code, symbol in symbols.items()} | dict(style.colors)
    listed = [
        Sign(code, title, colors[code], symbols[code].hatch if code in symbols else Hatch.NONE)
        for code, title in contract.field(style.by).codes
        if code in colors
    ]
    return (*listed, Sign(None, OTHER, style.color))


def table_of(style: Legend) -> Document:
    """The table of symbols a legend is drawn by, with its source, and whether a person has checked it."""
    assert style.table is not None
    table = symbology(style.table)
    return {
        "id": table.id,
        "title": _title(table.title),
        "source": table.source,
        "clause": table.clause,
        "checked": table.checked,
    }


def _entry(contract: Contract, style: Legend, sign: Sign) -> Document:
    code = None if sign.code is None or style.by is None else _value(contract.field(style.by), sign.code)
    hatch: Document = {} if sign.hatch is Hatch.NONE else {"hatch": sign.hatch.value}
    return {"code": code, "title": _title(sign.title), "color": sign.color, **hatch}


def _value(field: Field, code: str) -> str | int:
    """A code as features carry it."""
    return int(code) if field.type is FieldType.INTEGER else code


def _title(title: Title) -> Document:
    return {"zh": title.zh, "en": title.en}
