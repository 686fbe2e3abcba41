"""Which datastreams a request for observations means 所问观测的数据流.

Values lie by datastream and time. Where a filter speaks of what is behind the datastream or the feature, the
datastreams are found first; of few of them the values are read one by one, each in its order, instead of
looking at all values of all in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import takewhile
from typing import Any

from spatial.observe.things.condition_sql import Aliases, Fragment, condition, seen
from spatial.observe.things.model import ENTITIES, Kind
from spatial.observe.things.query import Binary, Call, Literal, Node, Path, Unary, children

FEW = 256
"""Of more datastreams a page fills sooner in the order of time."""
_STREAMS = ("Datastream", "MultiDatastream")
_FEATURE = "FeatureOfInterest"


@dataclass(frozen=True, slots=True)
class Meant:
    """The datastreams, and what is still to be asked of each value."""

    numbers: Fragment
    """A statement that gives their numbers, those that may be read."""
    rest: Node | None = None
    """What remains of the filter."""
    surely_few: bool = False


def rows(
    meant: Meant, alias: str, table: str, wheres: tuple[Fragment, Fragment], order: Fragment, limit: str
) -> Fragment:
    """Rows of the datastreams in order: of few of them each one's first ones, of more the first of all.

    ``wheres``: what remains to be asked, and all that is asked.
    """
    rest, whole = wheres
    each = (
        f"lateral (select {alias}.* from {table} {alias} where {alias}.datastream = c.id and {rest.sql}"
        f" order by {order.sql} limit {limit}) {alias}"
    )
    each_params = rest.params + order.params
    if meant.surely_few:
        sql = f"(select {alias}.* from ({meant.numbers.sql}) c(id), {each})"
        return Fragment(sql, meant.numbers.params + each_params, Kind.JSON)
    number = "(select count(*) from chosen)"
    sql = (
        f"(with chosen(id) as materialized ({meant.numbers.sql} limit {FEW + 1})"
        f" select {alias}.* from chosen c, {each} where {number} <= {FEW}"
        f" union all (select {alias}.* from {table} {alias} where {number} > {FEW} and {whole.sql}"
        f" order by {order.sql} limit {limit}))"
    )
    params = meant.numbers.params + each_params + whole.params + order.params
    return Fragment(sql, params, Kind.JSON)


def behind_streams(keys: Sequence[Node]) -> tuple[str, ...]:
    """Of keys of an order the first ones, as many as lie behind a datastream or a feature: their links."""
    return tuple(link for link in takewhile(bool, map(_link, keys)) if link)


@dataclass(frozen=True, slots=True)
class Ordered:
    """Values in an order whose first keys lie behind their datastreams or features."""

    alias: str
    keys: Fragment
    """The first keys, of a row that has ``datastream`` and ``feature`` as a value has."""
    by_feature: bool
    """Some of them lie behind the feature."""
    seen: str
    """The condition that such a row may be read."""
    rest: Fragment
    """The other keys."""
    asked: Fragment
    """What remains to be asked of each value."""
    streams: Fragment | None
    """A statement that gives the numbers of the datastreams; ``None`` for all of them."""


def in_order(of: Ordered, table: str, believed_now: bool, limit: str) -> Fragment:
    """Values among which the first ones of an order are, by way of the datastreams in that order.

    The first values of one after the other are counted, of twice as many each time, until there are enough.
    """
    alias, parts, params = of.alias, [of.seen], of.keys.params
    if of.streams is not None:
        parts.append(f"{alias}.datastream in ({of.streams.sql})")
    if believed_now:  # nothing is held of the others
        parts.append(
            f"{alias}.datastream in (select u.datastream from observe.latest u where u.id is not null)"
        )
    paired = "select d.id as datastream, null::integer as feature from observe.datastream d"
    if of.by_feature:
        paired += " union all select x.datastream, x.feature from observe.datastream_feature x"
    same = f" and {alias}.feature is not distinct from w.feature" if of.by_feature else ""
    first = (
        f"lateral (select {alias}.* from {table} {alias} where {alias}.datastream = w.datastream{same}"
        f" and {of.asked.sql} order by {of.rest.sql} limit {limit}) {alias}"
    )
    counted = f"select count(*) from ways w, {first} where w.place > n.high and w.place <= 2 * n.high + 1"
    sql = (
        f"(with recursive ways as materialized (select {alias}.datastream, {alias}.feature,"
        f" dense_rank() over (order by {of.keys.sql}) as place from ({paired}) {alias}"
        f" where {' and '.join(parts)}),"
        " needed(high, total) as (select 0::bigint, 0::bigint"
        f" union all select 2 * n.high + 1, n.total + ({counted}) from needed n"
        f" where n.total < {limit} and n.high < (select max(place) from ways))"
        f" select {alias}.* from ways w, {first} where w.place <= (select max(high) from needed))"
    )
    each = of.asked.params + of.rest.params
    streams = of.streams.params if of.streams is not None else ()
    return Fragment(sql, params + streams + each + each, Kind.JSON)


def meant(node: Node | None, aliases: Aliases, restricted: bool) -> Meant | None:
    """What a filter of observations says of their datastreams; ``None`` where it says nothing."""
    behind: list[tuple[str, Node]] = []
    rest: list[Node] = []
    for each in _conjuncts(node):
        link = _link(each)
        if link is None:
            rest.append(each)
        else:
            behind.append((link, each))
        if link == _FEATURE:
            rest.append(each)  # a datastream may have observed others, too
    if not behind:
        return None
    stream = ENTITIES["Datastream"]
    of = aliases.new()
    parts = [seen(replace(stream, only=""), of, restricted)]
    params: tuple[Any, ...] = ()
    for link, each in behind:
        entity = ENTITIES[link]
        if link == _FEATURE:
            feature, beside = aliases.new(), aliases.new()
            made = condition(_behind(each), entity, feature, aliases, restricted)
            parts.append(
                f"exists (select from observe.datastream_feature {beside}, {entity.table} {feature}"
                f" where {beside}.datastream = {of}.id and {feature}.id = {beside}.feature and {made.sql})"
            )
        else:
            made = condition(_behind(each), entity, of, aliases, restricted)
            parts.append(f"{entity.only.format(a=of)} and {made.sql}")
        params += made.params
    sql = f"select {of}.id from {stream.table} {of} where {' and '.join(parts)}"
    return Meant(Fragment(sql, params, Kind.NUMBER), _all(rest))


def of_one(number: int, alias: str, table: str, asked: Fragment, descending: bool, limit: str) -> Fragment:
    """The first rows of one datastream in the order of time.

    Compared and ordered by datastream and time together, which one index alone holds: by time alone the
    database would rather look through all values before the station's first one.
    """
    key, way = f"({alias}.datastream, {alias}.phenomenon_time)", " desc" if descending else ""
    return Fragment(
        f"(select {alias}.* from {table} {alias} where {key} >= (%s::int, '-infinity'::timestamptz)"
        f" and {key} <= (%s::int, 'infinity'::timestamptz) and {asked.sql}"
        f" order by {alias}.datastream{way}, {alias}.phenomenon_time{way} limit {limit})",
        (number, number, *asked.params),
        Kind.JSON,
    )


def by_result(stream: str, alias: str, table: str, descending: bool, limit: str) -> Fragment:
    """What the first rows of one datastream by result are surely among: its first numbers, found in the index
    that holds them beside their times, and all that are no numbers, where the roll-ups know of such.
    """
    key, way = f"{alias}k", " desc" if descending else ""
    one = f"{key}.datastream = {stream}"
    return Fragment(
        f"(select {alias}.* from (("
        f"select {key}.phenomenon_time from {table} {key} where {one} and {key}.result_number is not null"
        f" order by {key}.result_number{way}, {key}.phenomenon_time{way} limit {limit})"
        f" union all select {key}.phenomenon_time from {table} {key}"
        f" where {one} and {key}.result_number is null and (select exists (select"
        f" from observe.roll_up_month r where r.datastream = {stream} and r.numbers < r.count))"
        f") {key}(time), lateral (select o.* from {table} o"
        f" where o.datastream = {stream} and o.phenomenon_time = {key}.time offset 0) {alias})",
        (),
        Kind.JSON,
    )


def _conjuncts(node: Node | None) -> Iterator[Node]:
    match node:
        case None:
            return
        case Binary("and", left, right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case _:
            yield node


def _all(nodes: list[Node]) -> Node | None:
    return reduce(lambda left, right: Binary("and", left, right), nodes) if nodes else None


def _link(node: Node) -> str | None:
    """The one link that all of a condition is behind; a denial is true also where nothing is behind it."""
    found = {_first(each) for each in _leaves(node)}
    if len(found) != 1:
        return None
    (link,) = found
    return link if link in (*_STREAMS, _FEATURE) else None


def _first(leaf: Node) -> str:
    return leaf.names[0] if isinstance(leaf, Path) and len(leaf.names) > 1 else ""


def _leaves(node: Node) -> Iterator[Node]:
    """Paths; and denials, which nothing is taken out of."""
    match node:
        case Path() | Unary("not", _):
            yield node
        case _:
            for each in children(node):
                yield from _leaves(each)


def _behind(node: Node) -> Node:
    """The same condition as seen from behind its link."""
    match node:
        case Path(names):
            return Path(names[1:])
        case Unary(operator, operand):
            return Unary(operator, _behind(operand))
        case Call(name, arguments):
            return Call(name, tuple(map(_behind, arguments)))
        case Binary(operator, left, right):
            return Binary(operator, _behind(left), _behind(right))
        case Literal():
            return node
    raise AssertionError(node)
