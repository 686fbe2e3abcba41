"""Which rows a read means 所指的行: where a path leads, what a filter keeps, in which order, as of when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spatial.observe.things.condition_sql import Aliases, Fragment, condition, seen, sort_key
from spatial.observe.things.errors import within
from spatial.observe.things.model import Entity, Kind
from spatial.observe.things.query import Address, Node, Options, Step
from spatial.observe.things.text import entity_of

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


class Reached:
    """Conditions and orders of rows for one scope; every table in a statement has a name of its own."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._aliases = Aliases(scope.moved)
        self._restricted = scope.layers is not None

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
            made = self._asked(options.filter, entity, alias)
            parts.append(made.sql)
            params += made.params
        return Fragment(" and ".join(parts), params, Kind.TRUTH)

    def _asked(self, node: Node | None, entity: Entity, alias: str) -> Fragment:
        """A filter, of values whose datastreams may be read."""
        if node is None:
            return fragment("true")
        with within("$filter"):
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
            return fragment("true")
        parent = entity_of(Address(before))[0]
        alias = self._aliases.new()
        inner = self._reached(before, parent, alias)
        return Fragment(
            f"exists (select from {self._table(parent)} {alias} where {inner.sql}"
            f" and {seen(parent, alias, self._restricted)})",
            inner.params,
            Kind.TRUTH,
        )

    def _order(self, entity: Entity, alias: str, options: Options, order: str) -> Fragment:
        if not options.order:
            default = [order] if order else []
            return fragment(", ".join([*default, *(each.format(a=alias) for each in entity.order)]))
        asked = self._keys(entity, alias, options)
        last = " desc" if options.order[-1].descending else ""
        ranks = [f"{each.format(a=alias)}{last}" for each in entity.rank]
        return Fragment(", ".join([asked.sql, *ranks]), asked.params, Kind.TEXT)

    def _keys(self, entity: Entity, alias: str, options: Options) -> Fragment:
        """What was asked to order by."""
        keys: list[str] = []
        params: tuple[Any, ...] = ()
        for each in options.order:
            with within("$orderby"):
                made = sort_key(each.key, entity, alias, self._aliases, self._restricted)
            for key in made:
                keys.append(f"{key.sql}{_DIRECTION[each.descending, key.always]}")
                params += key.params
        return Fragment(", ".join(keys), params, Kind.TEXT)


def fragment(sql: str) -> Fragment:
    """SQL without values."""
    return Fragment(sql, (), Kind.TEXT)
