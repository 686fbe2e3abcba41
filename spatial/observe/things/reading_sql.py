"""The one statement of a read: the page as finished JSON, written in the database.

A statement gives one row: the text of the page (or of the one entity), how many bytes it has, whether more
follows, the count where it was asked for, and whether what the path goes through is there. A text of more
than :data:`ANSWER_MAX_BYTES` is left out: neither the database nor the server puts it together. Values of
the latest instant come from ``observe.latest``, counts of whole datastreams and of spans of time from the
roll-ups.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from spatial.history.read import Statement
from spatial.observe.past import as_of
from spatial.observe.things.condition_sql import Fragment, instant_bounds, seen
from spatial.observe.things.count_sql import rolled
from spatial.observe.things.document_sql import components
from spatial.observe.things.entity_sql import OF_FEATURE, URL, Documents, together
from spatial.observe.things.model import SETS, Entity, Kind
from spatial.observe.things.query import Address, Options, Path
from spatial.observe.things.reached_sql import Scope, fragment
from spatial.observe.things.streams_sql import Meant, Ordered, behind_streams, in_order, meant, of_one, rows
from spatial.observe.things.text import entity_of

TOP_DEFAULT = 100
ANSWER_MAX_BYTES = 64 << 20
_OF_STREAMS = {each: SETS[each] for each in ("Datastreams", "MultiDatastreams")}


def page(address: Address, options: Options, scope: Scope, *, arrays: bool = False) -> Statement:
    """The entities a path names: (text, bytes, more, count, there).

    A count that was asked for is null where it has to be :func:`counted`.
    """
    return _placed(_Writer(scope).page(address, options, arrays), scope)


def counted(address: Address, options: Options, scope: Scope) -> Statement:
    """How many entities a path names, one by one: (count,). For values with spans, which no roll-up tells."""
    return _placed(_Writer(scope).counted(address, options), scope)


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


class _Writer(Documents):
    def page(self, address: Address, options: Options, arrays: bool) -> Statement:
        entity, _ = entity_of(address)
        alias = self._aliases.new()
        where = self._where(address, entity, alias, options)
        top = TOP_DEFAULT if options.top is None else options.top
        limit = top + 1
        table = self._values(address, entity, alias, where, options, limit)
        asked = where if table is None else fragment("true")
        inner = self._rows(entity, alias, asked, options, limit, table=table, arrays=arrays)
        if top == 0:  # The count alone: a page of nothing is not planned over all partitions.
            inner = fragment("select null::text as document, 0::bigint as place, 0 as stream where false")
        text = self._collected(entity, options, arrays, top)
        counted = (
            self._count(address, entity, options, where, alias) if options.count else fragment("null::bigint")
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

    def counted(self, address: Address, options: Options) -> Statement:
        entity, _ = entity_of(address)
        alias = self._aliases.new()
        slow = self._counted(entity, self._where(address, entity, alias, options), alias)
        return Statement(f"{self._given()} select {slow.sql}", (*self._given_params(), *slow.params))

    def _counted(self, entity: Entity, where: Fragment, alias: str) -> Fragment:
        sql = f"(select count(*) from {self._table(entity)} {alias} where {where.sql})"
        return Fragment(sql, where.params, Kind.NUMBER)

    def single(self, address: Address, options: Options) -> Statement:
        entity, _ = entity_of(address)
        alias = self._aliases.new()
        where = self._where(address, entity, alias, Options())
        if address.property:
            document = self._value(entity, address, alias)
        elif address.references:
            document = fragment(
                f"concat('{{\"@iot.selfLink\":\"', {URL}, '/{entity.set}(', {alias}.id, ')\"}}')"
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

    def _collected(self, entity: Entity, options: Options, arrays: bool, top: int) -> str:
        if not arrays:
            return f"(select string_agg(document, ',' order by place) from page where place <= {top})"
        names = components(options)
        head = ",".join(f'"{name}"' for name in names)
        return (
            '(select string_agg(concat(\'{"Datastream@iot.navigationLink":"\', '
            f"{URL}, '/', case when multi then 'MultiDatastreams(' else 'Datastreams(' end, stream, ')\",'"
            f', \'"components":[{head}],"dataArray@iot.count":\', number, \',"dataArray":[\', rows,'
            f" ']}}'), ','"
            " order by first) from (select p.stream, bool_or(d.multi) as multi, count(*) as number,"
            " min(p.place) as first, string_agg(p.document, ',' order by p.place) as rows"
            f" from page p join observe.datastream d on d.id = p.stream where p.place <= {top}"
            " group by p.stream) g)"
        )

    def _count(
        self, address: Address, entity: Entity, options: Options, where: Fragment, alias: str
    ) -> Fragment:
        slow = self._counted(entity, where, alias)
        bounds = instant_bounds(options.filter)
        if entity.name != "Observation" or bounds is None or self._scope.asof is not None:
            return slow
        steps = address.steps
        if len(steps) > 2 or (len(steps) == 2 and _OF_STREAMS.get(steps[0].name) is None):
            return slow
        stream = steps[0].id if len(steps) == 2 else None
        return rolled(slow, bounds, stream, seen(entity, "u", self._restricted))

    def _values(
        self, address: Address, entity: Entity, alias: str, where: Fragment, options: Options, limit: int
    ) -> Fragment | None:
        """The first values of the datastreams that a path or a filter leads to, where it leads to such."""
        if entity.name != "Observation":
            return None
        before, asked, most = address.steps[:-1], options.filter, limit + options.skip
        if before and before[-1].name in _OF_STREAMS and before[-1].id is not None:
            if not _by_time(options):
                return None
            # What the path goes through is looked for beside the page, and whether it may be read.
            rest = self._asked(asked, entity, alias)
            down = bool(options.order) and options.order[0].descending
            stream, tables = before[-1].id, self._kept(entity)
            return together([of_one(stream, alias, each, rest, down, str(most)) for each in tables])
        streams, links = None, behind_streams([each.key for each in options.order])
        if self._scope.asof is None:
            if [each.name for each in before] == ["FeaturesOfInterest"]:
                of = Fragment(OF_FEATURE.format("%s"), (before[0].id,), Kind.NUMBER)
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
            self._order(entity, alias, rest, "") if rest.order else fragment(", ".join(ranks)),
            where,
            None if streams is None else streams.numbers,
        )
        return in_order(of, self._table(entity), self._scope.asof is None, str(most))


def _by_time(options: Options) -> bool:
    """Whether values come in the order of time, either way."""
    keys = [each.key for each in options.order]
    return keys in ([], [Path(("phenomenonTime",))])
