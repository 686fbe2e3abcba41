"""The one statement of a read: the page as finished JSON, written in the database.

A statement gives one row: the text of the page (or of the one entity), how many bytes it has, whether more
follows, the count where it was asked for, and whether what the path goes through is there. A text of more
than :data:`ANSWER_MAX_BYTES` is left out: neither the database nor the server puts it together. Values of
the latest instant come from ``observe.latest``, counts of whole datastreams and of spans of time from the
roll-ups.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from spatial.history.read import Statement
from spatial.observe.past import as_of
from spatial.observe.things.condition_sql import (
    Aliases,
    Fragment,
    condition,
    instant_bounds,
    seen,
    sort_key,
)
from spatial.observe.things.count_sql import rolled
from spatial.observe.things.document_sql import as_json, components, member
from spatial.observe.things.model import ENTITIES, SETS, Entity, Kind, Navigation
from spatial.observe.things.query import Address, Expand, Node, Options, Path, Step
from spatial.observe.things.streams_sql import (
    Meant,
    Ordered,
    behind_streams,
    by_result,
    in_order,
    meant,
    of_one,
    rows,
)
from spatial.observe.things.text import entity_of

TOP_DEFAULT = 100
EXPANDED_TOP = 100
ANSWER_MAX_BYTES = 64 << 20
_COLUMNS = (
    "id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source,"
    " datastream, feature,"
    " flag, result_json, details"
)
_BELIEVED = (
    f"(select {_COLUMNS} from observe.observation where recorded_at <= (select asof from given))",
    f"(select {_COLUMNS} from observe.superseded where recorded_at <= (select asof from given)"
    " and superseded_at > (select asof from given))",
)
"""What was believed as of an instant: what still is, and what is no more."""
_URL = "(select url from given)"
_OF_FEATURE = "select x.datastream from observe.datastream_feature x where x.feature = {}"
_DIRECTION = {
    (False, True): "",
    (True, True): " desc",
    (False, False): " nulls first",
    (True, False): " desc nulls last",
}
"""By whether it descends and whether there always is a value. OData 4.0, 11.2.5.2: null is before all else,
and after it where the order descends."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom and as of when a statement reads."""

    url: str
    """The root of the service."""
    layers: tuple[str, ...] | None
    """Layers whose things may be read; ``None`` for all things."""
    asof: datetime | None = None
    moved: tuple[datetime, ...] = ()
    """When values are, or were, whose numbers are asked for and say another month."""


def page(address: Address, options: Options, scope: Scope, *, arrays: bool = False) -> Statement:
    """The entities a path names: (text, bytes, more, count, there)."""
    return _placed(_Writer(scope).page(address, options, arrays), scope)


def single(address: Address, options: Options, scope: Scope) -> Statement:
    """The one entity a path names: (text, bytes)."""
    return _placed(_Writer(scope).single(address, options), scope)


def _placed(statement: Statement, scope: Scope) -> Statement:
    return Statement(as_of(statement.sql, scope.asof), statement.params)


def written(entity: Entity, scope: Scope, since: datetime, until: datetime) -> Statement:
    """Entities last written from an instant on and before another: (number, datastream, multi, text).

    ``datastream`` is of an Observation, ``multi`` tells whether it is a MultiDatastream.
    """
    return _Writer(scope).written(entity, since, until)


class _Writer:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._aliases = Aliases(scope.moved)
        self._restricted = scope.layers is not None

    def page(self, address: Address, options: Options, arrays: bool) -> Statement:
        entity, _ = entity_of(address)
        alias = self._aliases.new()
        where = self._where(address, entity, alias, options)
        top = TOP_DEFAULT if options.top is None else options.top
        limit = top + 1
        table = self._values(address, entity, alias, where, options, limit)
        asked = where if table is None else _fragment("true")
        inner = self._rows(entity, alias, asked, options, limit, table=table, arrays=arrays)
        text = self._collected(entity, options, arrays, top)
        counted = (
            self._count(address, entity, options, where, alias)
            if options.count
            else _fragment("null::bigint")
        )
        there = self._there(address)
        sql = (
            f"{self._given()}, page as materialized ({inner.sql}),"
            " held as materialized"
            " (select coalesce(sum(octet_length(document)), 0)::bigint as bytes from page)"
            f" select case when held.bytes <= {ANSWER_MAX_BYTES} then {text} end, held.bytes,"
            f" (select count(*) > {top} from page), {counted.sql}, {there.sql} from held"
        )
        return Statement(sql, (*self._given_params(), *inner.params, *counted.params, *there.params))

    def single(self, address: Address, options: Options) -> Statement:
        entity, _ = entity_of(address)
        alias = self._aliases.new()
        where = self._where(address, entity, alias, Options())
        if address.property:
            document = self._value(entity, address, alias)
        elif address.references:
            document = _fragment(
                f"concat('{{\"@iot.selfLink\":\"', {_URL}, '/{entity.set}(', {alias}.id, ')\"}}')"
            )
        else:
            document = self._document(entity, alias, options)
        sql = (
            f"{self._given()}, one as materialized (select {document.sql} as text"
            f" from {self._table(entity)} {alias} where {where.sql} limit 1)"
            f" select case when octet_length(text) <= {ANSWER_MAX_BYTES} then text end, octet_length(text)"
            " from one"
        )
        return Statement(sql, (*self._given_params(), *document.params, *where.params))

    def written(self, entity: Entity, since: datetime, until: datetime) -> Statement:
        alias = self._aliases.new()
        document = self._document(entity, alias, Options())
        stream, multi, beside = "null::integer", "false", ""
        if entity.name == "Observation":
            stream, multi = f"{alias}.datastream", "held.multi"
            beside = f" join observe.datastream held on held.id = {alias}.datastream"
        only = f" and {entity.only.format(a=alias)}" if entity.only else ""
        sql = (
            f"{self._given()} select {alias}.id, {stream}, {multi}, {document.sql}"
            f" from {entity.table} {alias}{beside}"
            f" where {alias}.recorded_at >= %s and {alias}.recorded_at < %s{only}"
            f" order by {alias}.recorded_at, {alias}.id"
        )
        return Statement(sql, (*self._given_params(), *document.params, since, until))

    def _given(self) -> str:
        return "with given as (select %s::text as url, %s::text[] as layers, %s::timestamptz as asof)"

    def _given_params(self) -> tuple[Any, ...]:
        return (self._scope.url, list(self._scope.layers or ()), self._scope.asof)

    def _table(self, entity: Entity) -> str:
        tables = self._kept(entity)
        return tables[0] if len(tables) == 1 else f"({' union all '.join(tables)})"

    def _kept(self, entity: Entity) -> tuple[str, ...]:
        """The tables that together hold an entity's rows."""
        of_the_past = entity.name == "Observation" and self._scope.asof is not None
        return _BELIEVED if of_the_past else (entity.table,)

    def _where(self, address: Address, entity: Entity, alias: str, options: Options) -> Fragment:
        found = self._reached(address.steps, entity, alias)
        parts, params = [found.sql, seen(entity, alias, self._restricted)], found.params
        if options.filter is not None:
            made = condition(options.filter, entity, alias, self._aliases, self._restricted)
            parts.append(made.sql)
            params += made.params
        return Fragment(" and ".join(parts), params, Kind.TRUTH)

    def _values(
        self, address: Address, entity: Entity, alias: str, where: Fragment, options: Options, limit: int
    ) -> Fragment | None:
        """The first values of the datastreams that a path or a filter leads to, where it leads to such."""
        if entity.name != "Observation":
            return None
        before, asked, most = address.steps[:-1], options.filter, limit + options.skip
        if before and before[-1].name in ENTITIES_OF_STREAMS and before[-1].id is not None:
            if not _by_time(options):
                return None
            # What the path goes through is looked for beside the page, and whether it may be read.
            rest = self._asked(asked, entity, alias)
            down = bool(options.order) and options.order[0].descending
            stream, tables = before[-1].id, self._kept(entity)
            return _together([of_one(stream, alias, each, rest, down, str(most)) for each in tables])
        streams, links = None, behind_streams([each.key for each in options.order])
        if self._scope.asof is None:
            if [each.name for each in before] == ["FeaturesOfInterest"]:
                of = Fragment(_OF_FEATURE.format("%s"), (before[0].id,), Kind.NUMBER)
                streams = Meant(of, asked, surely_few=True)
            elif not before:
                streams = meant(asked, self._aliases, self._restricted)
        if links and not before:
            rest = self._asked(asked if streams is None else streams.rest, entity, alias)
            return self._in_order(entity, alias, rest, options, most, streams, links)
        if streams is None:
            return None
        if links:
            return self._in_order(entity, alias, where, options, most, streams, links)
        rest = where
        if streams.rest != asked:
            rest = self._asked(streams.rest, entity, alias)
        order = self._order(entity, alias, options, "")
        return rows(streams, alias, entity.table, (rest, where), order, str(most))

    def _in_order(
        self,
        entity: Entity,
        alias: str,
        where: Fragment,
        options: Options,
        most: int,
        streams: Meant | None,
        links: tuple[str, ...],
    ) -> Fragment:
        """The first values in an order whose first keys lie behind their datastreams or features."""
        leading = replace(options, order=options.order[: len(links)])
        rest = replace(options, order=options.order[len(links) :])
        down = options.order[-1].descending and not rest.order
        ranks = [f"{each.format(a=alias)}{' desc' if down else ''}" for each in entity.rank]
        of = Ordered(
            alias,
            self._keys(entity, alias, leading),
            "FeatureOfInterest" in links,
            seen(entity, alias, self._restricted),
            self._order(entity, alias, rest, "") if rest.order else _fragment(", ".join(ranks)),
            where,
            None if streams is None else streams.numbers,
        )
        return in_order(of, self._table(entity), self._scope.asof is None, str(most))

    def _asked(self, node: Node | None, entity: Entity, alias: str) -> Fragment:
        """A filter, of values whose datastreams may be read."""
        if node is None:
            return _fragment("true")
        return condition(node, entity, alias, self._aliases, self._restricted)

    def _reached(self, steps: tuple[Step, ...], entity: Entity, alias: str) -> Fragment:
        """The condition that a row is at the end of a path."""
        last, before = steps[-1], steps[:-1]
        parts: list[str] = []
        params: tuple[Any, ...] = ()
        if last.id is not None:
            parts.append(f"{alias}.id = %s")
            params += (last.id,)
        if last.id is not None and entity.name == "Observation":
            where = self._aliases.of_number(alias, last.id)
            parts.append(where.sql)
            params += where.params
        if before:
            parent = entity_of(Address(before))[0]
            link = parent.links[last.name]
            direct = link.direct is not None and before[-1].id is not None
            if direct:
                parts.append(str(link.direct).format(b=alias))
                params += (before[-1].id,)
            if not direct or len(before) > 1:
                made = self._aliases.new()
                inner = self._reached(before, parent, made)
                between, join = link.joined(made, alias, self._aliases.new)
                tables = ", ".join((*between, f"{self._table(parent)} {made}"))
                parts.append(
                    f"exists (select from {tables} where ({join})"
                    f" and {seen(parent, made, self._restricted)} and {inner.sql})"
                )
                params += inner.params
        return Fragment(" and ".join(parts) or "true", params, Kind.TRUTH)

    def _there(self, address: Address) -> Fragment:
        """Whether what the path goes through exists."""
        before = address.steps[:-1]
        if not before:
            return _fragment("true")
        parent = entity_of(Address(before))[0]
        alias = self._aliases.new()
        inner = self._reached(before, parent, alias)
        return Fragment(
            f"exists (select from {self._table(parent)} {alias} where {inner.sql}"
            f" and {seen(parent, alias, self._restricted)})",
            inner.params,
            Kind.TRUTH,
        )

    def _rows(
        self,
        entity: Entity,
        alias: str,
        where: Fragment,
        options: Options,
        limit: int,
        *,
        table: Fragment | None = None,
        order: str = "",
        arrays: bool = False,
    ) -> Fragment:
        """Documents in order, one more than asked for; of a dataArray the rows and their datastreams."""
        document = self._cells(entity, alias, options) if arrays else self._document(entity, alias, options)
        extra = f", {alias}.datastream as stream" if arrays else ""
        told = self._order(entity, alias, options, order)
        tables = self._kept(entity)
        if table is None and len(tables) > 1:  # of each the first ones, in its own order
            pieces = [
                f"(select {alias}.* from {each} {alias} where {where.sql}"
                f" order by {told.sql} limit {limit + options.skip})"
                for each in tables
            ]
            table = _together([Fragment(each, where.params + told.params, Kind.JSON) for each in pieces])
            where = _fragment("true")
        table = table or _fragment(self._table(entity))
        sql = (
            f"select {document.sql} as document, row_number() over () as place{extra}"
            f" from (select {alias}.* from {table.sql} {alias} where {where.sql}"
            f" order by {told.sql} limit {limit} offset %s) {alias}"
        )
        params = document.params + table.params + where.params + told.params + (options.skip,)
        return Fragment(sql, params, Kind.TEXT)

    def _order(self, entity: Entity, alias: str, options: Options, order: str) -> Fragment:
        if not options.order:
            default = [order] if order else []
            return _fragment(", ".join([*default, *(each.format(a=alias) for each in entity.order)]))
        asked = self._keys(entity, alias, options)
        last = " desc" if options.order[-1].descending else ""
        ranks = [f"{each.format(a=alias)}{last}" for each in entity.rank]
        return Fragment(", ".join([asked.sql, *ranks]), asked.params, Kind.TEXT)

    def _keys(self, entity: Entity, alias: str, options: Options) -> Fragment:
        """What was asked to order by."""
        keys: list[str] = []
        params: tuple[Any, ...] = ()
        for each in options.order:
            for key in sort_key(each.key, entity, alias, self._aliases, self._restricted):
                keys.append(f"{key.sql}{_DIRECTION[each.descending, key.always]}")
                params += key.params
        return Fragment(", ".join(keys), params, Kind.TEXT)

    def _collected(self, entity: Entity, options: Options, arrays: bool, top: int) -> str:
        if not arrays:
            return f"(select string_agg(document, ',' order by place) from page where place <= {top})"
        names = components(options)
        head = ",".join(f'"{name}"' for name in names)
        return (
            '(select string_agg(concat(\'{"Datastream@iot.navigationLink":"\', '
            f"{_URL}, '/', case when multi then 'MultiDatastreams(' else 'Datastreams(' end, stream, ')\",'"
            f', \'"components":[{head}],"dataArray@iot.count":\', number, \',"dataArray":[\', rows,'
            f" ']}}'), ','"
            " order by first) from (select p.stream, bool_or(d.multi) as multi, count(*) as number,"
            " min(p.place) as first, string_agg(p.document, ',' order by p.place) as rows"
            f" from page p join observe.datastream d on d.id = p.stream where p.place <= {top}"
            " group by p.stream) g)"
        )

    def _cells(self, entity: Entity, alias: str, options: Options) -> Fragment:
        """A row of a dataArray."""
        parts: list[str] = []
        for name in components(options):
            parts.append(
                f"{alias}.id" if name == "id" else as_json(entity.properties[name], alias, null=True)
            )
        inner = ", ',', ".join(parts)
        return _fragment(f"concat('[', {inner}, ']')")

    def _document(self, entity: Entity, alias: str, options: Options) -> Fragment:
        """An entity as JSON text."""
        chosen = options.select
        parts: list[str] = []
        params: tuple[Any, ...] = ()
        if not chosen or "id" in chosen:
            parts.append(f"',\"@iot.id\":', {alias}.id")
        if not chosen or "@iot.selfLink" in chosen or "id" in chosen:
            parts.append(f"',\"@iot.selfLink\":\"', {_URL}, '/{entity.set}(', {alias}.id, ')\"'")
        for held in entity.properties.values():
            if not chosen or held.name in chosen:
                parts.append(member(held, alias))
        expanded = {each.name: each for each in options.expand}
        for link in entity.links.values():
            if link.name in expanded:
                made = self._expanded(link, alias, expanded[link.name], f"{entity.set}(")
                parts.append(made.sql)
                params += made.params
            elif not chosen or link.name in chosen:
                parts.append(self._link(entity, link, alias))
        inner = ", ".join(parts) or "''"
        return Fragment(f"concat('{{', substr(concat({inner}), 2), '}}')", params, Kind.TEXT)

    def _link(self, entity: Entity, link: Navigation, alias: str) -> str:
        told = (
            f'\',"{link.name}@iot.navigationLink":"\', {_URL},'
            f" '/{entity.set}(', {alias}.id, ')/{link.name}\"'"
        )
        if entity.name == "Observation" and link.target in ("Datastream", "MultiDatastream"):
            inside = "in" if link.target == "MultiDatastream" else "not in"
            return (
                f"case when {alias}.datastream {inside} (select id from observe.datastream where multi)"
                f" then concat({told}) end"
            )
        return told

    def _expanded(self, link: Navigation, alias: str, expand: Expand, home: str) -> Fragment:
        entity, options = ENTITIES[link.target], expand.options
        made = self._aliases.new()
        join = f"({link.join.format(a=alias, b=made)})"
        table = None
        if _newest_alone(entity, options) and self._scope.asof is None:
            table, join = _fragment("observe.latest"), f"{join} and {made}.id is not null"
        parts = [join, seen(entity, made, self._restricted)]
        params: tuple[Any, ...] = ()
        if options.filter is not None:
            held = condition(options.filter, entity, made, self._aliases, self._restricted)
            parts.append(held.sql)
            params = held.params
        where = Fragment(" and ".join(parts), params, Kind.TRUTH)
        if not link.many:
            document = self._document(entity, made, options)
            sql = (
                f"(select concat(',\"{link.name}\":', {document.sql}) from {self._table(entity)} {made}"
                f" where {where.sql} limit 1)"
            )
            return Fragment(sql, document.params + where.params, Kind.TEXT)
        top = EXPANDED_TOP if options.top is None else options.top
        order = link.order.format(a=alias, b=made) if link.order else ""
        if home == "FeaturesOfInterest(" and table is None and self._scope.asof is None:
            streams = Meant(_fragment(_OF_FEATURE.format(f"{alias}.id")), surely_few=True)
            most, told = str(top + 1 + options.skip), self._order(entity, made, options, order)
            table = rows(streams, made, entity.table, (where, where), told, most)
            where = _fragment("true")
        if home in _OF_STREAMS and table is None and _by_result(options) and self._scope.asof is None:
            down, most = options.order[0].descending, str(top + 1 + options.skip)
            table = by_result(f"{alias}.id", made, entity.table, down, most)
        inside = self._rows(entity, made, where, options, top + 1, table=table, order=order)
        url = f"{_URL}, '/{home}', {alias}.id, ')/{link.name}?'"
        following = options.text + ("&" if options.text else "") + f"$skip={options.skip + top}"
        if self._scope.asof is not None:
            following += f"&asof={self._scope.asof.isoformat()}"
        if options.top is None:
            following = f"$top={top}&{following}"
        pieces = [
            f"',\"{link.name}\":[', string_agg(x.document, ',' order by x.place) filter (where"
            f" x.place <= {top}), ']'",
        ]
        params = ()
        if top:
            pieces.append(
                f"case when count(*) > {top} then concat(',\"{link.name}@iot.nextLink\":',"
                f" to_json(concat({url}, %s::text))) end"
            )
            params = (_encoded(following),)
        if options.count:
            counted = self._aliases.new()
            join = link.join.format(a=alias, b=counted)
            inner = [f"({join})", seen(entity, counted, self._restricted)]
            inner_params: tuple[Any, ...] = ()
            if options.filter is not None:
                held = condition(options.filter, entity, counted, self._aliases, self._restricted)
                inner.append(held.sql)
                inner_params = held.params
            if (
                entity.name == "Observation"
                and options.filter is None
                and link.direct
                and self._scope.asof is None
            ):
                number = f"(select u.count from observe.latest u where u.datastream = {alias}.id)"
            else:
                number = f"(select count(*) from {self._table(entity)} {counted} where {' and '.join(inner)})"
            pieces.append(f"',\"{link.name}@iot.count\":', {number}")
            params += inner_params if number.startswith("(select count(*)") else ()
        sql = f"(select concat({', '.join(pieces)}) from ({inside.sql}) x)"
        return Fragment(sql, params + inside.params, Kind.TEXT)

    def _value(self, entity: Entity, address: Address, alias: str) -> Fragment:
        """One property: as an object with its name, or with ``$value`` by itself."""
        name, *below = address.property
        if name == "id":
            json = f"to_json({alias}.id)::text"
        else:
            json = f"({as_json(entity.properties[name], alias, null=True)})"
        params: tuple[Any, ...] = ()
        if below:
            json, params = f"({json}::jsonb #> %s::text[])::text", (list(below),)
        shown = below[-1] if below else name
        if address.value:
            return Fragment(f"({json})::jsonb #>> '{{}}'", params, Kind.TEXT)
        return Fragment(
            f"concat('{{', to_json(%s::text), ':', coalesce({json}, 'null'), '}}')",
            (shown, *params),
            Kind.TEXT,
        )

    def _count(
        self, address: Address, entity: Entity, options: Options, where: Fragment, alias: str
    ) -> Fragment:
        slow = Fragment(
            f"(select count(*) from {self._table(entity)} {alias} where {where.sql})",
            where.params,
            Kind.NUMBER,
        )
        bounds = instant_bounds(options.filter)
        if entity.name != "Observation" or bounds is None or self._scope.asof is not None:
            return slow
        steps = address.steps
        if len(steps) > 2 or (len(steps) == 2 and ENTITIES_OF_STREAMS.get(steps[0].name) is None):
            return slow
        stream = steps[0].id if len(steps) == 2 else None
        return rolled(slow, bounds, stream, seen(entity, "u", self._restricted))


_OF_STREAMS = ("Datastreams(", "MultiDatastreams(")
ENTITIES_OF_STREAMS = {each: SETS[each] for each in ("Datastreams", "MultiDatastreams")}


def _newest_alone(entity: Entity, options: Options) -> bool:
    """Whether only the latest value is asked for, which stands ready."""
    return (
        entity.name == "Observation"
        and options.top == 1
        and not options.skip
        and options.filter is None
        and bool(options.order)
        and options.order[0].key == Path(("phenomenonTime",))
        and options.order[0].descending
    )


def _together(pieces: list[Fragment]) -> Fragment:
    """Rows of several statements as one table."""
    if len(pieces) == 1:
        return pieces[0]
    sql = " union all ".join(each.sql for each in pieces)
    return Fragment(f"({sql})", tuple(value for each in pieces for value in each.params), Kind.JSON)


def _by_time(options: Options) -> bool:
    """Whether values come in the order of time, either way."""
    keys = [each.key for each in options.order]
    return keys in ([], [Path(("phenomenonTime",))])


def _by_result(options: Options) -> bool:
    """Whether all values are asked for in the order of their results."""
    return options.filter is None and [each.key for each in options.order] == [Path(("result",))]


def _fragment(sql: str) -> Fragment:
    return Fragment(sql, (), Kind.TEXT)


def _encoded(text: str) -> str:
    return quote(text, safe="$=&(),;/'@:")
