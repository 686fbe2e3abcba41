"""A filter as an SQL condition over a row aliased ``v``.

Every literal is a parameter; columns come from the queryables. SQL's logic of
three values is CQL2's. Operands are put in parentheses or are calls, so no
precedence is relied on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from spatial.filter import rules
from spatial.filter.functions import BEGINNING, DAY, FOLDS, FUNCTIONS
from spatial.filter.geometry import LON_LAT, LiteralFrame, literal_wkb
from spatial.filter.model import (
    Arithmetic,
    Array,
    Between,
    Box,
    Call,
    Comparison,
    Expression,
    Fold,
    Geometry,
    In,
    Interval,
    IsNull,
    Kind,
    Like,
    Logical,
    Node,
    Not,
    Open,
    Property,
    Relation,
    Value,
)
from spatial.filter.queryable import Queryable, Queryables
from spatial.filter.relations import ARRAY_SQL, SPATIAL_SQL, temporal
from spatial.history.model import SRID
from spatial.history.read import Condition
from spatial.history.read import Value as Parameter

_SQL_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "double precision",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.INSTANT: "timestamptz",
}
_ARITHMETIC_SQL = {
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": "({} / nullif({}, 0))",
    "%": "(select x - y * trunc(x / y) from (select {} as x, nullif({}, 0) as y offset 0) o)",
    "div": "trunc({} / nullif({}, 0))",
    "^": "(select case when x = 0 and y < 0 or x < 0 and y <> floor(y) or x <> 0 and y * ln(abs(x)) > 709"
    " then null else power(x, y) end from (select {} as x, {} as y offset 0) o)",
}
"""What is not defined (a division by zero, a root of a negative number) is unknown."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL, the values for its places, and what it is worth."""

    sql: str
    params: tuple[Parameter, ...]
    kind: Kind


def condition(expression: Expression, queryables: Queryables, frame: LiteralFrame = LON_LAT) -> Condition:
    """The condition of a filter; ``BadFilter`` where it asks what the layer does not hold."""
    compiler = _Compiler(queryables, frame)
    found = compiler.truth(expression, positive=True)
    match expression, found.params:
        case Relation("s_intersects", Property(), Geometry() | Box()), (bytes() as place, *_):
            return Condition(found.sql, found.params, meets_4490=place)
    return Condition(found.sql, found.params)


def _filled(template: str, parts: Sequence[Fragment], kind: Kind) -> Fragment:
    """A template with a ``{}`` for each part, in order."""
    sql = template.format(*(part.sql for part in parts))
    return Fragment(sql, tuple(value for part in parts for value in part.params), kind)


def _and(parts: Iterable[Fragment], op: str = "and") -> Fragment:
    listed = tuple(parts)
    return _filled("(" + f" {op} ".join("{}" for _ in listed) + ")", listed, Kind.BOOLEAN)


class _Compiler:
    """Turns one tree into fragments. ``positive``: nothing above makes unknown differ from false."""

    def __init__(self, queryables: Queryables, frame: LiteralFrame) -> None:
        self._queryables = queryables
        self._frame = frame
        point = queryables.geometry == "Point"  # a point's coordinates are the decimals themselves
        self._snap_deg = None if point else queryables.precision_deg

    # Conditions.

    def truth(self, node: Expression, *, positive: bool = False) -> Fragment:
        """A condition; anything else is refused."""
        match node:
            case Logical(op, args):
                return _and((self.truth(arg, positive=positive) for arg in args), op)
            case Not(operand):
                return _filled("(not {})", [self.truth(operand)], Kind.BOOLEAN)
            case Relation(op) if op in SPATIAL_SQL:
                return self._spatial(node, positive)
        found = self.value(node)
        if found.kind is not Kind.BOOLEAN:
            rules.refuse(
                node.at,
                f"须为条件,而此处为 {found.kind}",
                f"must be a condition, this is of type {found.kind}",
                node.name if isinstance(node, Property | Call) else None,
            )
        return found

    def value(self, node: Expression) -> Fragment:
        """What a node is worth."""
        match node:
            case Value():
                return _literal(node)
            case Property():
                found = self._queryable(node)
                return Fragment(found.sql, (), found.kind)
            case Call():
                return self._call(node)
            case Fold(op, operand):
                return _filled(FOLDS[op], [self._of(operand, Kind.TEXT)], Kind.TEXT)
            case Arithmetic(op, left, right):
                sides = [self._of(left, Kind.NUMBER), self._of(right, Kind.NUMBER)]
                return _filled(_ARITHMETIC_SQL[op], sides, Kind.NUMBER)
            case Comparison(op, left, right):
                return self._comparison(node, op, [left, right])
            case Between(operand, low, high):
                return self._between(node, [operand, low, high])
            case In(operand, items):
                return self._in(node, operand, items)
            case Like(operand, pattern):
                sides = [self._of(operand, Kind.TEXT), self._pattern(pattern)]
                return _filled('(({} collate "C") like {})', sides, Kind.BOOLEAN)
            case IsNull(operand):
                return self._is_null(operand)
            case Logical() | Not():
                return self.truth(node)
            case Relation(op):
                return self._relation(node)
            case Geometry() | Box():
                return self._geometry(node)
            case Interval() | Array():
                kind = "区间 interval" if isinstance(node, Interval) else "数组 array"
                rules.refuse(node.at, f"此处不能用{kind}", f"a value is wanted, not {kind}")
        assert_never(node)

    def _queryable(self, node: Property) -> Queryable:
        found = self._queryables.find(node.name)
        if found is None:
            names = [each.name for each in self._queryables.listed]
            rules.refuse(
                node.at,
                f"没有这个属性,可用的有 {'、'.join(names)}",
                f"is no queryable, there are {', '.join(names)}",
                node.name,
            )
        return found

    def _of(self, node: Expression, wanted: Kind) -> Fragment:
        """A value of that kind, or one that becomes it."""
        return _as(self.value(node), wanted, node)

    def _alike(self, node: Node, parts: Sequence[Expression]) -> tuple[list[Fragment], Kind]:
        """Values brought to one kind that can be compared."""
        found = [self.value(part) for part in parts]
        kind = rules.joined(each.kind for each in found)
        if kind is None or not rules.scalar(kind):
            kinds = " / ".join(dict.fromkeys(each.kind.value for each in found))
            hint = ",日期写作 DATE('2026-01-01')" if {"text", "date"} <= set(kinds.split(" / ")) else ""
            rules.refuse(node.at, f"这些类型不能比较{hint}", "compares types that do not go together", kinds)
        return [_as(each, kind, node) for each in found], kind

    def _comparison(self, node: Node, op: str, parts: Sequence[Expression]) -> Fragment:
        sides, kind = self._alike(node, parts)
        if op not in ("=", "<>") and not rules.ordered(kind):
            rules.refuse(node.at, "真假值没有先后", "orders values that have no order", kind.value)
        template = '(({} collate "C") ' if kind is Kind.TEXT else "({} "
        return _filled(f"{template}{op} {{}})", sides, Kind.BOOLEAN)

    def _between(self, node: Node, parts: Sequence[Expression]) -> Fragment:
        sides, kind = self._alike(node, parts)
        if not rules.ordered(kind):
            rules.refuse(node.at, "真假值没有先后", "orders values that have no order", kind.value)
        collated = '({} collate "C")' if kind is Kind.TEXT else "{}"
        return _filled(f"({collated} between {{}} and {{}})", sides, Kind.BOOLEAN)

    def _in(self, node: Node, operand: Expression, items: Sequence[Expression]) -> Fragment:
        if not items:
            rules.refuse(node.at, "列表为空", "has an empty list")
        sides, kind = self._alike(node, [operand, *items])
        places = ", ".join("{}" for _ in items)
        sought = '({} collate "C")' if kind is Kind.TEXT else "{}"
        return _filled(f"({sought} in ({places}))", sides, Kind.BOOLEAN)

    def _pattern(self, node: Expression) -> Fragment:
        match node:
            case Value(str(text)):
                return _literal(Value(rules.pattern(text, node.at), at=node.at))
            case Fold(op, operand):
                return _filled(FOLDS[op], [self._pattern(operand)], Kind.TEXT)
        raise rules.wrong(node.at, "LIKE 的模式须为文本字面量", "LIKE takes a literal text as its pattern")

    def _is_null(self, operand: Expression) -> Fragment:
        if isinstance(operand, Interval | Array):
            rules.refuse(operand.at, "区间与数组不会为空", "an interval or array is never null")
        return _filled("({} is null)", [self.value(operand)], Kind.BOOLEAN)

    def _call(self, node: Call) -> Fragment:
        function = FUNCTIONS.get(node.name)
        if function is None:
            names = ", ".join(FUNCTIONS)
            rules.refuse(
                node.at,
                f"没有这个函数,可用的有 {names}(见 /functions)",
                f"is no function, there are {names} (see /functions)",
                node.name,
            )
        if len(node.args) != len(function.takes):
            wanted = len(function.takes)
            rules.refuse(
                node.at,
                f"函数 {node.name} 须有 {wanted} 个参数",
                f"function {node.name} takes {wanted} arguments",
                len(node.args),
            )
        parts = [self._of(arg, kind) for arg, kind in zip(node.args, function.takes, strict=True)]
        return _filled(function.sql, parts, function.gives)

    # Relations.

    def _relation(self, node: Relation) -> Fragment:
        if node.op in SPATIAL_SQL:
            return self._spatial(node, positive=False)
        if node.op in ARRAY_SQL:
            return self._arrays(node)
        ends = [*self._ends(node.left), *self._ends(node.right)]
        mixed = any(end is not None and end.kind is Kind.INSTANT for end in ends)
        kind = Kind.INSTANT if mixed or not any(ends) else Kind.DATE
        spans = [_bounded(end, place % 2 == 1, kind) for place, end in enumerate(ends)]
        return _and(
            (
                _filled(f"({{}} {sign} {{}})", [spans[first], spans[second]], Kind.BOOLEAN)
                for first, sign, second in temporal(node.op)
            ),
            "or" if node.op == "t_disjoint" else "and",
        )

    def _ends(self, node: Expression) -> tuple[Fragment | None, Fragment | None]:
        """Start and end of a time; ``None`` is open."""
        if isinstance(node, Interval):
            start, end = self._end(node.start, last=False), self._end(node.end, last=True)
            _in_order(node)
            return start, end
        found = self._end(node, last=False)
        return found, found

    def _end(self, node: Node, *, last: bool) -> Fragment | None:
        found: Fragment | None = None
        match node:
            case Property():
                queryable = self._queryable(node)
                found = Fragment(queryable.end_sql if last else queryable.sql, (), queryable.kind)
            case Value() | Call():
                found = self.value(node)
            case Open():
                return None
        if found is None or found.kind not in (Kind.DATE, Kind.INSTANT):
            rules.refuse(
                node.at,
                "须为日期、时刻或区间",
                "must be a day, an instant or an interval",
                node.name if isinstance(node, Property | Call) else None,
            )
        return found

    def _arrays(self, node: Relation) -> Fragment:
        sides = [self._array(node.left), self._array(node.right)]
        kind = rules.joined(part.kind for side in sides for part in side) if any(sides) else Kind.TEXT
        if kind is None or not rules.scalar(kind):
            rules.refuse(node.at, "数组的元素须为同一类型的值", "needs arrays of values of one type")
        made = [
            _filled(
                f"array[{', '.join('{}' for _ in side)}]::{_SQL_TYPES[kind]}[]",
                [_as(part, kind, node) for part in side],
                Kind.ARRAY,
            )
            for side in sides
        ]
        left, right = made
        chosen = {"l": left, "r": right}
        order, template = ARRAY_SQL[node.op]
        return _filled(template, [chosen[each] for each in order], Kind.BOOLEAN)

    def _array(self, node: Expression) -> list[Fragment]:
        if not isinstance(node, Array):
            rules.refuse(
                node.at,
                "须为数组,如 ('a','b')",
                "must be an array such as ('a','b')",
                node.name if isinstance(node, Property | Call) else None,
            )
        return [self.value(item) for item in node.items]

    def _spatial(self, node: Relation, positive: bool) -> Fragment:
        """``&&`` for the index, then the exact predicate.

        The two are true, false or unknown together, so the pair may stand under
        NOT. Where only truth counts, CASE keeps the planner from multiplying the
        exact predicate into its estimate, which ``&&`` already carries.
        """
        left, right = self._place(node.left), self._place(node.right)
        if node.op == "s_disjoint":
            near = self._spatial(Relation("s_intersects", node.left, node.right, at=node.at), False)
            return _filled("(not {})", [near], Kind.BOOLEAN)
        exact = f"{SPATIAL_SQL[node.op]}({{}}, {{}})"
        if positive:
            exact = f"case when {exact} then true else false end"
        return _filled(f"({{}} && {{}} and {exact})", [left, right, left, right], Kind.BOOLEAN)

    def _place(self, node: Expression) -> Fragment:
        found = self.value(node)
        if found.kind is not Kind.GEOMETRY:
            rules.refuse(
                node.at, f"须为几何,而此处为 {found.kind}", f"must be a geometry, this is {found.kind}"
            )
        return found

    def _geometry(self, node: Geometry | Box) -> Fragment:
        wkb = literal_wkb(node, self._frame, self._snap_deg)
        return Fragment(f"ST_GeomFromWKB(%s, {SRID})", (wkb,), Kind.GEOMETRY)


def _literal(node: Value) -> Fragment:
    kind = rules.kind_of_value(node.value)
    value = node.value
    if isinstance(value, str):
        value = unicodedata.normalize("NFC", value)  # as texts are stored
    return Fragment(f"%s::{_SQL_TYPES[kind]}", (value,), kind)


def _as(found: Fragment, wanted: Kind, node: Node) -> Fragment:
    if found.kind is wanted:
        return found
    match found.kind, wanted:
        case Kind.INTEGER, Kind.NUMBER:
            return _filled("({})::double precision", [found], wanted)
        case Kind.DATE, Kind.INSTANT:
            return _filled(BEGINNING, [found], wanted)
        case Kind.INSTANT, Kind.DATE:
            return _filled(DAY, [found], wanted)
    raise rules.wrong(
        node.at,
        f"须为 {wanted},而此处为 {found.kind}",
        f"must be of type {wanted}, this is",
        found.kind.value,
    )


def _bounded(end: Fragment | None, last: bool, kind: Kind) -> Fragment:
    """An end in days, or in instants: then a day begins with its first and ends with its last."""
    if end is None:
        return Fragment(f"'{'' if last else '-'}infinity'::{_SQL_TYPES[kind]}", (), kind)
    if end.kind is kind:
        return end
    if last:
        return _filled(f"({BEGINNING.format('{} + 1')} - interval '1 microsecond')", [end], kind)
    return _filled(BEGINNING, [end], kind)


def _in_order(node: Interval) -> None:
    match node.start, node.end:
        case Value(start), Value(end) if type(start) is type(end) and start > end:  # type: ignore[operator]
            rules.refuse(node.at, "区间的起点晚于终点", "is an interval that starts after its end")
