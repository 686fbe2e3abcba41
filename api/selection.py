"""What of a layer is asked for, and in which order: ``filter``, ``q``, ``sortby``, ``properties``.

Everything goes through the fields the principal may see: what is not among
them is unknown here, and no refusal names it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from api import crs
from api.catalogue import Shown
from api.crs import CRS84, Edge, Edges
from api.problem import BadParameter
from spatial import filter as cql2
from spatial.catalogue import schemas
from spatial.catalogue.contract import Field, FieldType, Title
from spatial.errors import BadFilter, Unavailable
from spatial.filter import Queryables
from spatial.filter.functions import FOLDS
from spatial.filter.model import Kind
from spatial.filter.queryable import IDENTITY, KINDS, VALID_FROM, VALID_TO
from spatial.history.model import Column
from spatial.history.order import SORTED_CHARACTERS, SortKey
from spatial.history.pairs import pairs_sql
from spatial.history.read import STORED, Condition, Output, Value

PARAMETERS = ("filter", "filter-lang", "filter-crs", "q", "sortby", "properties", "skipGeometry")
LANGUAGES = ("cql2-text", "cql2-json")
COMPILED_KEPT = 256
TERMS_MAX = 16
KEYS_MAX = 5
ALWAYS = ("geometry", *schemas.ALWAYS)
"""Members that ``properties`` neither adds nor takes away."""
OWN = {
    IDENTITY: (Field(IDENTITY, FieldType.TEXT, Title("要素标识", "Identity")), Column("fid", "text")),
    VALID_FROM: (
        Field(VALID_FROM, FieldType.INSTANT, Title("有效起始", "Valid from")),
        Column(VALID_FROM, "timestamptz"),
    ),
    VALID_TO: (
        Field(VALID_TO, FieldType.INSTANT, Title("有效终止", "Valid to")),
        Column(VALID_TO, "timestamptz"),
    ),
}
"""What every layer may be narrowed and sorted by besides its fields."""
_SEPARATORS = re.compile("[,\uff0c]")


def conditions(layer: Shown, parameters: Mapping[str, str], edges: Edges) -> tuple[Condition, ...]:
    """What ``filter`` and ``q`` demand of the items."""
    for name in ("filter-lang", "filter-crs"):
        if name in parameters and "filter" not in parameters:
            raise BadParameter(
                name, "须与 filter 同用", "makes sense with filter only", value=parameters[name]
            )
    found: list[Condition] = []
    if "filter" in parameters:
        language = parameters.get("filter-lang", LANGUAGES[0])
        if language not in LANGUAGES:
            raise BadParameter(
                "filter-lang",
                f"须为 {' 或 '.join(LANGUAGES)}",
                f"must be {' or '.join(LANGUAGES)}",
                value=language,
            )
        edge = edges.find("filter-crs", parameters.get("filter-crs", CRS84))
        found.append(_filter(parameters["filter"], language, edge, queryables(layer)))
    if "q" in parameters:
        found.append(_search(parameters["q"], layer))
    return tuple(found)


def queryables(layer: Shown) -> Queryables:
    """What a filter on the layer may name."""
    found: Queryables | None = layer.derived.get("queryables")
    if found is None:
        found = cql2.queryables(layer.table, (column for _, column in layer.fields.values()))
        layer.derived["queryables"] = found
    return found


def _filter(text: str, language: str, edge: Edge, names: Queryables) -> Condition:
    try:
        return _compiled(text, language, edge, names)
    except BadFilter as wrong:
        position = wrong.details["position"]
        assert isinstance(position, int | str)
        raise BadParameter(
            "filter", wrong.zh, wrong.en, value=str(wrong.value or ""), position=position
        ) from wrong


@lru_cache(maxsize=COMPILED_KEPT)
def _compiled(text: str, language: str, edge: Edge, names: Queryables) -> Condition:
    """Kept by text and by all that it is read against; what is refused is read again."""
    parse = cql2.parse_text if language == LANGUAGES[0] else cql2.parse_json
    return cql2.condition(parse(text), names, crs.literal_frame(edge))


def out_of_range(kept: Mapping[str, str]) -> BadParameter:
    """The refusal of a filter whose arithmetic left what the database can represent."""
    return BadParameter(
        "filter",
        "的运算超出可表示的范围,请检查其中的数",
        "computes beyond what can be represented; check its numbers",
        value=kept.get("filter", ""),
    )


def search_took_too_long(layer: Shown, kept: Iterable[tuple[str, str]]) -> Unavailable | None:
    """What would have helped ``q``, which read the layer and was not done in time; ``None`` where it is
    not among the parameters or has its index."""
    if layer.table.searched or all(name != "q" for name, _ in kept):
        return None
    return Unavailable(
        f"图层 {layer.id} 逐条检索用时超过限额,请同时给出 bbox 或 filter,"
        f"或请主管部门 {layer.contract.steward} 在契约中设 search_index",
        f"reading layer {layer.id} for q took longer than allowed; give a bbox or a filter, too, or ask its"
        f" steward {layer.contract.steward} to set search_index in its contract",
    )


def _search(text: str, layer: Shown) -> Condition:
    """Terms with spaces between them must all be found in the layer's texts, with commas one of them.

    Parts of words count, because Chinese is written without spaces; case does not.
    """
    groups = [group.split() for group in _SEPARATORS.split(unicodedata.normalize("NFC", text))]
    terms = [term for group in groups for term in group]
    if not all(groups) or len(terms) > TERMS_MAX:
        raise BadParameter(
            "q",
            f"须为 1 至 {TERMS_MAX} 个词,空格为“且”,逗号为“或”",
            f"must be 1 to {TERMS_MAX} terms, spaces for all of them, commas for one of them",
            value=text,
        )
    listed = queryables(layer).listed
    named = [name.name for name in listed if name.name in layer.fields and name.kind is Kind.TEXT]
    texts = [each.sql for each in listed if each.name in named]
    if not texts:
        return Condition("false")
    # The index knows public texts; whoever sees more of them may find what it does not know.
    table = layer.table
    known = bool(table.searched) and all(layer.fields[name][1].public for name in named)
    sought = pairs_sql(table, "v.") if known else None
    found = [_all_found(texts, group, sought) for group in groups]
    sql = " or ".join(f"({condition.sql})" for condition in found)
    return Condition(f"({sql})", tuple(value for condition in found for value in condition.params))


def _all_found(texts: list[str], terms: list[str], pairs: str | None) -> Condition:
    """All the terms, each in one of the texts. Those without case, such as Chinese, are looked for as
    they are, and first: joining every row's texts takes twice as long as reading them, folding five times.
    ``pairs`` of a row, which an index finds, tell which rows may have them at all."""
    fold, whole = FOLDS["casei"].format, f"array_to_string(array[{', '.join(texts)}], chr(31))"
    plain = [term for term in terms if term.lower() == term.upper()]
    cased = [term for term in terms if term not in plain]
    parts, params = [], []
    for term in plain:
        parts.append(f"({' or '.join(f'{text} like %s' for text in texts)})")
        params += [f"%{_literally(term)}%"] * len(texts)
    if cased:
        parts.append(f"{fold(whole)} like all (array[{', '.join(fold('%s::text') for _ in cased)}])")
        params += [f"%{_literally(term)}%" for term in cased]
    if pairs is not None:
        parts.append(f"{pairs} @> ({' || '.join('history.pairs(%s::text)' for _ in terms)})")
        params += terms
    return Condition(" and ".join(parts), tuple(params))


def _literally(term: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", term)


def scalars(layer: Shown) -> dict[str, tuple[Field, Column]]:
    """What is a query parameter of its own, and may be sorted by."""
    found: dict[str, tuple[Field, Column]] | None = layer.derived.get("scalars")
    if found is None:
        found = {name: pair for name, pair in layer.fields.items() if pair[1].sql_type in KINDS} | OWN
        layer.derived["scalars"] = found
    return found


def sortables(layer: Shown) -> dict[str, Column]:
    """What items may be sorted by: the layer's fields, identity, and both ends of valid time."""
    return {name: column for name, (_, column) in scalars(layer).items()}


def sort(layer: Shown, text: str | None) -> tuple[SortKey, ...]:
    """``sortby``: names with commas between them, ``-`` before one turns its order round."""
    if text is None:
        return ()
    known = sortables(layer)
    keys: dict[str, SortKey] = {}
    for part in text.split(","):
        name = part[1:] if part[:1] in ("+", "-", " ") else part  # a bare plus is a space in a query
        if name not in known or name in keys:
            raise BadParameter(
                "sortby",
                f"须为不重复的可排序属性,可用的有 {'、'.join(known)}",
                f"must name sortables, each once; there are {', '.join(known)}",
                value=part,
            )
        short = _short(layer, name)
        indexed = short and name in layer.fields and layer.fields[name][0].indexed
        keys[name] = SortKey(known[name], part[:1] == "-", indexed, short)
    if len(keys) > KEYS_MAX:
        raise BadParameter(
            "sortby", f"至多 {KEYS_MAX} 个属性", f"takes at most {KEYS_MAX} properties", value=text
        )
    return tuple(keys.values())


def _short(layer: Shown, name: str) -> bool:
    """Whether a field's values are sorted by whole, as an index holds them."""
    if name not in layer.fields:
        return False
    field, column = layer.fields[name]
    return column.sql_type != "text" or (field.max_length or SORTED_CHARACTERS + 1) <= SORTED_CHARACTERS


_READ: dict[str, Callable[[str], Value]] = {
    "text": str,
    "bigint": int,
    "double precision": float,
    "numeric": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "timestamptz": datetime.fromisoformat,
}


def after_keys(
    keys: tuple[SortKey, ...], texts: tuple[str | None, ...], cursor: str
) -> tuple[Value | None, ...]:
    """What the last item of the page before was sorted by, in the types of the columns."""
    try:
        return tuple(
            None if text is None else _READ[key.column.sql_type](text)
            for key, text in zip(keys, texts, strict=True)
        )
    except (ValueError, KeyError):
        raise BadParameter(
            "after",
            "不是此次序的续页标记,请使用 next 链接",
            "is no cursor of this order; follow the next link",
            value=cursor,
        ) from None


def output(layer: Shown, parameters: Mapping[str, str], edge: Edge) -> Output:
    """The frame and, where asked for or where more than the public fields may be seen, the attributes."""
    skip = parameters.get("skipGeometry", "false")
    if skip not in ("true", "false"):
        raise BadParameter("skipGeometry", "须为 true 或 false", "must be true or false", value=skip)
    columns = [column for _, column in layer.fields.values()]
    fields = None if all(column.public for column in columns) else tuple(columns)
    if "properties" in parameters:
        chosen = _chosen(layer, parameters["properties"])
        fields = tuple(column for column in columns if column.name in chosen)
    frame = edge.output if layer.contract.geometry else STORED  # what has no place is in no frame
    if fields is None and skip == "false":
        return frame
    return replace(frame, fields=fields, geometry=skip == "false" and layer.contract.geometry is not None)


def _chosen(layer: Shown, text: str) -> frozenset[str]:
    names = frozenset(text.split(",")) if text else frozenset()
    for name in sorted(names):
        if name not in layer.fields and name not in ALWAYS:
            raise BadParameter(
                "properties",
                f"须为此图层的属性,可用的有 {'、'.join(layer.fields)}",
                f"must name properties of the layer, there are {', '.join(layer.fields)}",
                value=name,
            )
    return names
