"""Entities as JSON 实体的文本, written in the database, with what is expanded inside them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from spatial.observe.things.condition_sql import Fragment, seen
from spatial.observe.things.document_sql import as_json, components, member
from spatial.observe.things.model import ENTITIES, Entity, Kind, Navigation
from spatial.observe.things.query import Address, Expand, Options, Path
from spatial.observe.things.reached_sql import Reached, fragment
from spatial.observe.things.streams_sql import Meant, by_result, rows

EXPANDED_TOP = 100
URL = "(select url from given)"
OF_FEATURE = "select x.datastream from observe.datastream_feature x where x.feature = {}"
_OF_STREAMS = ("Datastreams(", "MultiDatastreams(")


class Documents(Reached):
    """Entities of one scope as text."""

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
            table = together([Fragment(each, where.params + told.params, Kind.JSON) for each in pieces])
            where = fragment("true")
        table = table or fragment(self._table(entity))
        sql = (
            f"select {document.sql} as document, row_number() over () as place{extra}"
            f" from (select {alias}.* from {table.sql} {alias} where {where.sql}"
            f" order by {told.sql} limit {limit} offset %s) {alias}"
        )
        params = document.params + table.params + where.params + told.params + (options.skip,)
        return Fragment(sql, params, Kind.TEXT)

    def _document(self, entity: Entity, alias: str, options: Options) -> Fragment:
        """An entity as JSON text."""
        chosen = options.select
        parts: list[str] = []
        params: tuple[Any, ...] = ()
        if not chosen or "id" in chosen:
            parts.append(f"',\"@iot.id\":', {alias}.id")
        if not chosen or "@iot.selfLink" in chosen or "id" in chosen:
            parts.append(f"',\"@iot.selfLink\":\"', {URL}, '/{entity.set}(', {alias}.id, ')\"'")
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

    def _cells(self, entity: Entity, alias: str, options: Options) -> Fragment:
        """A row of a dataArray."""
        parts: list[str] = []
        for name in components(options):
            parts.append(
                f"{alias}.id" if name == "id" else as_json(entity.properties[name], alias, null=True)
            )
        inner = ", ',', ".join(parts)
        return fragment(f"concat('[', {inner}, ']')")

    def _link(self, entity: Entity, link: Navigation, alias: str) -> str:
        told = (
            f'\',"{link.name}@iot.navigationLink":"\', {URL},'
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
            table, join = fragment("observe.latest"), f"{join} and {made}.id is not null"
        parts = [join, seen(entity, made, self._restricted)]
        params: tuple[Any, ...] = ()
        if options.filter is not None:
            held = self._asked(options.filter, entity, made)
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
            streams = Meant(fragment(OF_FEATURE.format(f"{alias}.id")), surely_few=True)
            most, told = str(top + 1 + options.skip), self._order(entity, made, options, order)
            table = rows(streams, made, entity.table, (where, where), told, most)
            where = fragment("true")
        if home in _OF_STREAMS and table is None and _by_result(options) and self._scope.asof is None:
            down, most = options.order[0].descending, str(top + 1 + options.skip)
            table = by_result(f"{alias}.id", made, entity.table, down, most)
        inside = self._rows(entity, made, where, options, top + 1, table=table, order=order)
        url = f"{URL}, '/{home}', {alias}.id, ')/{link.name}?'"
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
                held = self._asked(options.filter, entity, counted)
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
        """One property: as an object with its name, or with ``$value`` by itself; null where it is null."""
        name, *below = address.property
        if name == "id":
            json = f"to_json({alias}.id)::text"
        else:
            json = f"({as_json(entity.properties[name], alias, null=True)})"
        params: tuple[Any, ...] = ()
        if below:
            json, params = f"({json}::jsonb #> %s::text[])::text", (list(below),)
        shown = below[-1] if below else "@iot.id" if name == "id" else name
        if address.value:
            return Fragment(f"({json})::jsonb #>> '{{}}'", params, Kind.TEXT)
        return Fragment(
            f"'{{' || to_json(%s::text)::text || ':' || nullif({json}, 'null') || '}}'",
            (shown, *params),
            Kind.TEXT,
        )


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


def together(pieces: list[Fragment]) -> Fragment:
    """Rows of several statements as one table."""
    if len(pieces) == 1:
        return pieces[0]
    sql = " union all ".join(each.sql for each in pieces)
    return Fragment(f"({sql})", tuple(value for each in pieces for value in each.params), Kind.JSON)


def _by_result(options: Options) -> bool:
    """Whether all values are asked for in the order of their results."""
    return options.filter is None and [each.key for each in options.order] == [Path(("result",))]


def _encoded(text: str) -> str:
    return quote(text, safe="$=&(),;/'@:")
