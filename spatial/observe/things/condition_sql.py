"""A ``$filter`` as an SQL condition: every literal a parameter, links as EXISTS.

Where an operand is a result or lies in JSON, it is compared as what the other side is. What is not defined
(a division by zero, a number out of a text) is null, and null is compared as by OData (4.0, 5.1.1.1): it
differs from all else, and is neither less nor greater, so that a denial of that holds. Distances and lengths
are in degrees, the unit of the coordinates (18-088 leaves it open; other servers answer so).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

import shapely

from spatial.observe.model import period_of
from spatial.observe.things.errors import bad
from spatial.observe.things.functions_sql import FUNCTIONS
from spatial.observe.things.model import ENTITIES, IDENTITY, Entity, Kind
from spatial.observe.things.query import Binary, Call, Literal, Node, Path, Unary, children
from spatial.observe.things.text import ID_MAX

LAYERS = "(select layers from given)::text[]"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL, the values for its places, and what it is worth."""

    sql: str
    params: tuple[Any, ...]
    kind: Kind
    end: str | None = None
    """Of a span."""
    end_params: tuple[Any, ...] = ()
    text: str | None = None
    """Of a result: as JSON."""
    always: bool = False
    """Never null."""
    number_of: str = ""
    """The type of the entity whose number it is."""
    told: str = ""
    """Of a geometry: the GeoJSON as it was given."""


class Aliases:
    """Names for rows, each once in a statement; ``moved`` are times at which values of numbers that it asks
    for are, outside the months that these say."""

    def __init__(self, moved: tuple[datetime, ...] = ()) -> None:
        self._numbers = count()
        self._moved = moved

    def new(self) -> str:
        """A name nobody has."""
        return f"e{next(self._numbers)}"

    def of_number(self, alias: str, number: int) -> Fragment:
        """The condition that a value lies where its number may lead: the partitions to look at."""
        time = f"{alias}.phenomenon_time"
        month, params = f"({time} >= %s and {time} < %s)", period_of(number)
        if not self._moved:
            return Fragment(month, params, Kind.TRUTH)
        return Fragment(f"({month} or {time} = any(%s))", (*params, list(self._moved)), Kind.TRUTH)


def seen(entity: Entity, alias: str, restricted: bool) -> str:
    """The condition that a row is of the type and may be read."""
    parts = [entity.only] if entity.only else []
    if restricted and entity.seen:
        parts.append(entity.seen)
    return " and ".join(f"({each.format(a=alias, layers=LAYERS)})" for each in parts) or "true"


def condition(node: Node, entity: Entity, alias: str, aliases: Aliases, restricted: bool) -> Fragment:
    """The condition of a filter on a row."""
    return _Compiler(entity, alias, aliases, restricted).truth(node)


def sort_key(node: Node, entity: Entity, alias: str, aliases: Aliases, restricted: bool) -> list[Fragment]:
    """What to order by: a result by its number, then by its text; a geometry by its GeoJSON as text."""
    compiler = _Compiler(entity, alias, aliases, restricted)
    found = compiler.behind_links(node)
    value = compiler.value(node) if found is None else found
    if value.kind is Kind.RESULT and value.text is not None:
        return [value, Fragment(f"({value.text} #>> '{{}}')", (), Kind.TEXT)]
    return [_sortable(value)]


class _Compiler:
    def __init__(self, entity: Entity, alias: str, aliases: Aliases, restricted: bool) -> None:
        self._entity = entity
        self._alias = alias
        self._aliases = aliases
        self._restricted = restricted
        self._links: dict[tuple[str, ...], str] = {}

    def truth(self, node: Node, denied: bool = False) -> Fragment:
        match node:
            case Binary("and" | "or" as operator, left, right):
                one, other = self.truth(left, denied), self.truth(right, denied)
                return Fragment(f"({one.sql} {operator} {other.sql})", one.params + other.params, Kind.TRUTH)
            case Unary("not", operand):
                inner = self.truth(operand, denied=True)
                return Fragment(f"(not {inner.sql})", inner.params, Kind.TRUTH)
        prefixes = sorted({each for each in self._prefixes(node) if each})
        if not prefixes:
            return self._atom(node, denied)
        tables, joins = self._joined(prefixes)
        inner = self._atom(node, denied)
        self._links.clear()
        return Fragment(
            f"exists (select from {', '.join(tables)} where {' and '.join(joins)} and {inner.sql})",
            inner.params,
            Kind.TRUTH,
        )

    def behind_links(self, node: Node) -> Fragment | None:
        """A value behind links as a subquery; nothing where no link is in it."""
        prefixes = sorted({each for each in self._prefixes(node) if each})
        if not prefixes:
            return None
        tables, joins = self._joined(prefixes)
        value = _sortable(self.value(node))
        self._links.clear()
        return Fragment(
            f"(select {value.sql} from {', '.join(tables)} where {' and '.join(joins)} limit 1)",
            value.params,
            value.kind,
        )

    def _joined(self, prefixes: Iterable[tuple[str, ...]]) -> tuple[list[str], list[str]]:
        tables: list[str] = []
        joins: list[str] = []
        for prefix in prefixes:
            entity, alias = self._entity, self._alias
            for length in range(1, len(prefix) + 1):
                part = prefix[:length]
                link = entity.links[part[-1]]
                entity = ENTITIES[link.target]
                if part not in self._links:
                    made = self._links[part] = self._aliases.new()
                    between, join = link.joined(alias, made, self._aliases.new)
                    tables += [*between, f"{entity.table} {made}"]
                    joins.append(f"({join})")
                    joins.append(seen(entity, made, self._restricted))
                alias = self._links[part]
        return tables, joins

    def _prefixes(self, node: Node) -> set[tuple[str, ...]]:
        if isinstance(node, Path):
            return {self._split(node.names)[0]}
        return set[tuple[str, ...]]().union(*map(self._prefixes, children(node)))

    def _split(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], Entity, tuple[str, ...]]:
        """Links, the type behind them, and the property with what is below it."""
        entity, length = self._entity, 0
        while names[length] in entity.links:
            link = entity.links[names[length]]
            if link.local and len(names) == length + 2 and names[-1] in IDENTITY:
                return names[:length], entity, ("@local", names[length])  # it stands in the row itself
            entity = ENTITIES[link.target]
            length += 1
        return names[:length], entity, names[length:]

    def _atom(self, node: Node, denied: bool) -> Fragment:
        match node:
            case Binary(operator, left, right) if operator in _COMPARED:
                found = self._comparison(operator, _beside(left, right), _beside(right, left))
                return replace(found, sql=f"coalesce({found.sql}, false)") if denied else found
            case _:
                found = self.value(node)
                if found.kind is Kind.JSON:
                    found = _as(found, Kind.TRUTH)
                if found.kind is not Kind.TRUTH:
                    raise bad("条件须为真假", "a condition must be true or false", found.kind)
                return found

    def _comparison(self, operator: str, left: Node, right: Node) -> Fragment:
        one, other = self.value(left), self.value(right)
        if one.number_of and (number := _whole(right)) is not None:
            return self._numbered(operator, one, number)
        if other.number_of and (number := _whole(left)) is not None:
            return self._numbered(_MIRRORED[operator], other, number)
        if Kind.NULL in (one.kind, other.kind):
            if operator not in ("eq", "ne"):
                raise bad("null 只能用 eq 或 ne 比较", "null is compared by eq or ne only", operator)
            tested = one if other.kind is Kind.NULL else other
            told = "is null" if operator == "eq" else "is not null"
            sql = f"coalesce({tested.sql}::text, {tested.text}::text)" if tested.text else tested.sql
            return Fragment(f"({sql} {told})", tested.params, Kind.TRUTH)
        one, other = _alike(one, other)
        if Kind.SPAN in (one.kind, other.kind):
            return _spans(operator, one, other)
        if one.kind is Kind.GEOMETRY:
            raise bad("几何请用 st_equals 比较", "compare geometries by st_equals", operator)
        mark = "is distinct from" if operator == "ne" else _COMPARED[operator]
        return Fragment(f"({one.sql} {mark} {other.sql})", one.params + other.params, Kind.TRUTH)

    def _numbered(self, operator: str, held: Fragment, number: int) -> Fragment:
        """An entity's number beside one that is told: compared as whole numbers, which indexes hold."""
        mark = "is distinct from" if operator == "ne" else _COMPARED[operator]
        sql = f"{held.sql} {mark} %s::bigint"
        params: tuple[Any, ...] = (number,)
        if operator == "eq" and held.number_of == "Observation":
            where = self._aliases.of_number(held.sql.removesuffix(".id"), number)
            sql += f" and {where.sql}"
            params += where.params
        elif operator == "eq" and held.number_of in ("Datastream", "MultiDatastream"):
            only = ENTITIES[held.number_of].only.format(a="k")
            sql += f" and exists (select from observe.datastream k where k.id = %s::bigint and {only})"
            params += (number,)
        return Fragment(f"({sql})", params, Kind.TRUTH)

    def value(self, node: Node) -> Fragment:
        match node:
            case Literal(kind, value):
                return _literal(kind, value)
            case Path(names):
                return self._path(names)
            case Unary("-", operand):
                inner = _as(self.value(operand), Kind.NUMBER)
                return Fragment(f"(- {inner.sql})", inner.params, Kind.NUMBER)
            case Call(name, arguments):
                return self._call(name, arguments)
            case Binary(operator, left, right) if operator in _ARITHMETIC:
                return self._arithmetic(operator, self.value(left), self.value(right))
        return self.truth(node)

    def _arithmetic(self, operator: str, one: Fragment, other: Fragment) -> Fragment:
        if operator in ("add", "sub"):
            kinds = (_point(one).kind, _point(other).kind)
            mark = "+" if operator == "add" else "-"
            results = {
                (Kind.INSTANT, Kind.DURATION): Kind.INSTANT,
                (Kind.DURATION, Kind.DURATION): Kind.DURATION,
            }
            if kinds == (Kind.INSTANT, Kind.INSTANT) and operator == "sub":
                results[kinds] = Kind.DURATION
            if kinds in results:
                one, other = _point(one), _point(other)
                return Fragment(f"({one.sql} {mark} {other.sql})", one.params + other.params, results[kinds])
        one, other = _as(one, Kind.NUMBER), _as(other, Kind.NUMBER)
        return Fragment(
            _ARITHMETIC[operator].format(one.sql, other.sql), one.params + other.params, Kind.NUMBER
        )

    def _path(self, names: tuple[str, ...]) -> Fragment:
        prefix, entity, rest = self._split(names)
        alias = self._links[prefix] if prefix else self._alias
        if rest[0] == "@local":
            column = entity.links[rest[1]].local
            assert column is not None  # only such a link is told so
            target = entity.links[rest[1]].target
            always = target != "FeatureOfInterest"
            return Fragment(column.format(a=alias), (), Kind.NUMBER, always=always, number_of=target)
        name, *below = rest
        if name in IDENTITY:
            return Fragment(f"{alias}.id", (), Kind.NUMBER, always=True, number_of=entity.name)
        held = entity.properties[name]
        sql = f"({held.sql.format(a=alias)})"
        if below:
            source = f"{alias}.result_json" if held.kind is Kind.RESULT else sql
            return Fragment(f"({source} #> %s::text[])", (list(below),), Kind.JSON)
        if held.text:
            whole = held.text.format(a=alias)
            sql = f"split_part({whole}, '/', 1)::timestamptz"
            end = f"coalesce(nullif(split_part({whole}, '/', 2), '')::timestamptz, {sql})"
            return Fragment(sql, (), Kind.SPAN, end)
        match held.kind:
            case Kind.SPAN:
                assert held.end is not None
                end = f"coalesce({held.end.format(a=alias)}, {sql})"
                return Fragment(sql, (), Kind.SPAN, end, always=held.always)
            case Kind.RESULT:
                return Fragment(sql, (), Kind.RESULT, text=f"{alias}.result_json")
            case Kind.GEOMETRY:
                assert held.geometry is not None
                return Fragment(held.geometry.format(a=alias), (), Kind.GEOMETRY, told=sql)
        return Fragment(sql, (), held.kind, always=held.always)

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Fragment:
        known = FUNCTIONS.get(name)
        if known is None:
            raise bad("没有这个函数", f"no such function, there are {', '.join(FUNCTIONS)}", name)
        wants, sql, gives = known
        if len(arguments) not in ({len(wants)} | ({len(wants) - 1} if name == "substring" else set())):
            raise bad(
                f"函数 {name} 的参数个数不对",
                f"the function {name} takes {len(wants)} arguments",
                len(arguments),
            )
        if name == "st_relate":
            _intersection_matrix(arguments[2])
        made = [_as(self.value(each), kind) for each, kind in zip(arguments, wants, strict=False)]
        if len(made) < len(wants):
            sql = "substr({0}, ({1})::int + 1)"
        params = tuple(value for each in made for value in each.params)
        return Fragment(sql.format(*(each.sql for each in made)), params, gives)


def _beside(node: Node, other: Node) -> Node:
    """A date alone, beside what the function ``date`` gives, is as that gives it."""
    match node, other:
        case Literal(date=written), Call("date", _) if written:
            return Literal(Kind.TEXT, written)
    return node


def _intersection_matrix(node: Node) -> None:
    match node:
        case Literal(Kind.TEXT, str(value)) if re.fullmatch("[TF012*]{9}", value.upper()):
            return
        case Literal(_, value):
            raise bad("DE-9IM 须为 9 个 T、F、0、1、2、*", "DE-9IM is nine of T, F, 0, 1, 2 and *", value)
    raise bad("DE-9IM 须直接写出", "DE-9IM must be written out", "st_relate")


def _whole(node: Node) -> int | None:
    """A number of the query that an entity could have."""
    match node:
        case Literal(Kind.NUMBER, float(value)) if value.is_integer() and value <= ID_MAX:
            return int(value)
    return None


_COMPARED = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_ARITHMETIC = {
    "add": "({} + {})",
    "sub": "({} - {})",
    "mul": "({} * {})",
    "div": "({} / nullif({}, 0))",
    "mod": "(select x - y * trunc(x / y) from (select {} as x, nullif({}, 0) as y offset 0) o)",
}


def _literal(kind: Kind, value: object) -> Fragment:
    match kind:
        case Kind.NULL:
            return Fragment("null", (), kind)
        case Kind.SPAN:
            assert isinstance(value, tuple)
            return Fragment("%s::timestamptz", (value[0],), kind, "%s::timestamptz", (value[1],))
        case Kind.GEOMETRY:
            return Fragment("ST_SetSRID(%s::geometry, 4490)", (_wkb(str(value)),), kind)
    return Fragment(f"%s::{_SQL[kind]}", (value,), kind)


_SQL = {
    Kind.TEXT: "text",
    Kind.NUMBER: "double precision",
    Kind.TRUTH: "boolean",
    Kind.INSTANT: "timestamptz",
    Kind.DURATION: "interval",
}


def _wkb(text: str) -> str:
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.GEOSException:
        shape = None
    if shape is None:
        raise bad("几何须为 WKT,如 POINT (118.8 36.9)", "a geometry is WKT, as POINT (118.8 36.9)", text)
    return str(shapely.to_wkb(shape, hex=True))


def _as(found: Fragment, kind: Kind) -> Fragment:
    """A value as what is wanted; a refusal where it can never be."""
    if found.kind is kind:
        return found
    if found.kind is Kind.SPAN and kind is Kind.INSTANT:
        return _point(found)
    if found.kind is Kind.RESULT:
        if kind is Kind.NUMBER:
            return Fragment(found.sql, found.params, kind)
        if kind is Kind.TEXT and found.text is not None:  # a number is the text that it is told as
            return Fragment(f"coalesce({found.sql}::text, {found.text} #>> '{{}}')", found.params, kind)
        if found.text is not None:
            return _as(Fragment(found.text, found.params, Kind.JSON), kind)
    if found.kind is Kind.JSON and kind in _OF_JSON:
        return Fragment(_OF_JSON[kind].format(found.sql), found.params, kind)
    if found.kind is Kind.NULL and kind in _SQL:
        return Fragment(f"null::{_SQL[kind]}", (), kind)
    raise bad(f"此处须为 {kind}", f"{kind} is expected here", found.kind)


_OF_JSON = {
    Kind.TEXT: "({} #>> '{{}}')",
    Kind.NUMBER: "(select case jsonb_typeof(x) when 'number' then x::text::double precision end"
    " from (select {} as x offset 0) o)",
    Kind.TRUTH: "(select case jsonb_typeof(x) when 'boolean' then x::text::boolean end"
    " from (select {} as x offset 0) o)",
}


def _sortable(found: Fragment) -> Fragment:
    """A geometry by its text, all else as it is."""
    if found.kind is not Kind.GEOMETRY:
        return found
    if not found.told:
        raise bad("不能按算出的几何排序", "there is no order of geometries that are computed", found.kind)
    return Fragment(f"({found.told}::text)", found.params, Kind.TEXT)


def _point(found: Fragment) -> Fragment:
    """A span by its beginning."""
    return Fragment(found.sql, found.params, Kind.INSTANT) if found.kind is Kind.SPAN else found


def _alike(one: Fragment, other: Fragment) -> tuple[Fragment, Fragment]:
    loose = (Kind.JSON, Kind.RESULT)
    if one.kind in loose and other.kind in loose:
        kind = Kind.NUMBER if Kind.RESULT in (one.kind, other.kind) else Kind.TEXT
        return _as(one, kind), _as(other, kind)
    if one.kind in loose:
        return _as(one, other.kind), other
    if other.kind in loose:
        return one, _as(other, one.kind)
    timely = (Kind.SPAN, Kind.INSTANT)
    if one.kind is not other.kind and not (one.kind in timely and other.kind in timely):
        raise bad(
            "比较的两边类型不同", "the sides of a comparison differ in type", f"{one.kind}, {other.kind}"
        )
    return one, other


def _spans(operator: str, one: Fragment, other: Fragment) -> Fragment:
    """Spans and instants: before means ended before it began. Each condition names the beginning, which is
    what the indexes hold."""

    def ends(each: Fragment) -> Callable[[str], tuple[str, tuple[Any, ...]]]:
        final = (each.end, each.end_params) if each.end is not None else (each.sql, each.params)
        return lambda which: (each.sql, each.params) if which == "s" else (str(final[0]), final[1])

    left, right = ends(one), ends(other)
    if operator == "ne":
        equal = _spans("eq", one, other)
        return Fragment(f"({equal.sql} is not true)", equal.params, Kind.TRUTH)
    parts = {
        "lt": [("s", "<", "s"), ("e", "<=", "s")],
        "le": [("s", "<=", "s"), ("e", "<=", "e")],
        "gt": [("s", ">=", "e"), ("e", ">", "e")],
        "ge": [("s", ">=", "s"), ("e", ">=", "e")],
        "eq": [("s", "=", "s"), ("e", "=", "e")],
    }[operator]
    if one.end is None and other.end is None:
        parts = [("s", _COMPARED[operator], "s")]
    pieces: list[str] = []
    params: tuple[Any, ...] = ()
    for first, mark, second in parts:
        (a, a_params), (b, b_params) = left(first), right(second)
        pieces.append(f"{a} {mark} {b}")
        params += a_params + b_params
    return Fragment(f"({' and '.join(pieces)})", params, Kind.TRUTH)


def instant_bounds(node: Node | None) -> list[tuple[str, datetime]] | None:
    """The bounds of a filter that is nothing but bounds of phenomenonTime; ``None`` where it is more.

    >>> instant_bounds(None)
    []
    """
    match node:
        case None:
            return []
        case Binary("and", left, right):
            one, other = instant_bounds(left), instant_bounds(right)
            return None if one is None or other is None else one + other
        case Binary(
            "ge" | "gt" | "le" | "lt" as operator, Path(("phenomenonTime",)), Literal(Kind.INSTANT, value)
        ):
            assert isinstance(value, datetime)
            return [(operator, value)]
    return None
