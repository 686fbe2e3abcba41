"""Reading what a client writes: paths, ``$filter``, ``$orderby``, ``$expand`` and their like (18-088,
clause 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from spatial.observe.things.errors import bad, missing, within
from spatial.observe.things.expressions import Reader
from spatial.observe.things.model import ENTITIES, IDENTITY, SETS, Entity, Kind
from spatial.observe.things.query import Address, Expand, Node, Options, Path, Step, children

TOP_MAX, EXPANDS_MAX = 10_000, 8
ID_MAX = 2**53 - 1
KNOWN = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count")
_STEP = re.compile(r"(?P<name>[A-Za-z]+)(?:\((?P<id>[^()]*)\))?")
_FEW = ("Datastreams", "MultiDatastreams", "FeaturesOfInterest")
"""Sets whose numbers have 31 bits."""


def address(text: str) -> Address:
    """A path below the service root: ``Things(1)/Datastreams``, ``Things(1)/name/$value``, …/``$ref``.

    >>> address("Things(1)/Datastreams").steps
    (Step(name='Things', id=1), Step(name='Datastreams', id=None))
    """
    steps: list[Step] = []
    names: list[str] = []
    value = references = False
    entity: Entity | None = None
    single = False
    for part in text.strip("/").split("/"):
        if value or references:
            raise missing(text)
        if part in ("$value", "$ref"):
            value, references = part == "$value", part == "$ref"
            continue
        match = _STEP.fullmatch(part)
        name = match["name"] if match else part
        if names:
            names.append(part)
        elif entity is None:
            if match is None or name not in SETS:
                raise missing(text)
            entity, single = SETS[name], match["id"] is not None
            steps.append(Step(name, _id(name, match["id"], text)))
        elif not single:
            raise missing(text)
        elif match is not None and name in entity.links:
            link = entity.links[name]
            if match["id"] is not None and not link.many:
                raise missing(text)
            entity, single = ENTITIES[link.target], match["id"] is not None or not link.many
            steps.append(Step(name, _id(name, match["id"], text)))
        elif part in entity.properties:
            names.append(part)
        elif part in IDENTITY:
            names.append("id")
        else:
            raise missing(text)
    if (value and not names) or (references and names):
        raise missing(text)
    return Address(tuple(steps), tuple(names), value, references)


def entity_of(found: Address) -> tuple[Entity, bool]:
    """The type a path ends at, and whether it names one entity."""
    entity = SETS[found.steps[0].name]
    single = found.steps[0].id is not None
    for step in found.steps[1:]:
        link = entity.links[step.name]
        entity, single = ENTITIES[link.target], step.id is not None or not link.many
    return entity, single


def options(parameters: Mapping[str, str], entity: Entity) -> Options:
    """The query options of a request; ``BadQuery`` names what cannot be taken."""
    for name in parameters:
        if name not in KNOWN:
            raise bad("没有这个查询选项", f"no such query option, there are {', '.join(KNOWN)}", name)
    found = _options([(name, value) for name, value in parameters.items()], entity, 0)
    return replace(found, text="&".join(f"{k}={v}" for k, v in parameters.items() if k != "$skip"))


def expression(text: str, entity: Entity) -> Node:
    """A ``$filter``.

    >>> expression("result gt 5 and not (id eq 3)", ENTITIES["Observation"]).operator
    'and'
    """
    reader = Reader(text)
    found = reader.expression()
    reader.finished()
    _check(found, entity)
    return found


def _options(pairs: list[tuple[str, str]], entity: Entity, depth: int) -> Options:
    found = Options()
    for name, value in pairs:
        if name not in KNOWN:
            raise bad("没有这个查询选项", "no such query option", name)
        with within(name):
            found = _with(found, name, value, entity, depth)
    return found


def _with(found: Options, name: str, value: str, entity: Entity, depth: int) -> Options:
    """The options and one more."""
    match name:
        case "$filter":
            return replace(found, filter=expression(value, entity))
        case "$orderby":
            reader = Reader(value)
            order = reader.order()
            reader.finished()
            for each in order:
                _check(each.key, entity)
            return replace(found, order=order)
        case "$select":
            return replace(found, select=_select(value, entity))
        case "$expand":
            return replace(found, expand=_expand(value, entity, depth))
        case "$top":
            return replace(found, top=min(_whole(name, value), TOP_MAX))
        case "$skip":
            return replace(found, skip=_whole(name, value))
        case "$count":
            if value not in ("true", "false"):
                raise bad("$count 须为 true 或 false", "$count must be true or false", value)
            return replace(found, count=value == "true")
    raise AssertionError(name)


def _select(value: str, entity: Entity) -> tuple[str, ...]:
    names = tuple("id" if each.strip() in IDENTITY else each.strip() for each in value.split(","))
    for name in names:
        if name not in entity.properties and name not in entity.links and name not in ("id", "@iot.selfLink"):
            raise bad(f"{entity.name} 没有这个属性", f"{entity.name} has no such property", name)
    return names


def _expand(value: str, entity: Entity, depth: int) -> tuple[Expand, ...]:
    """``Datastreams($top=1;$expand=Observations),Locations`` or ``Datastreams/Observations``."""
    if depth >= EXPANDS_MAX:
        raise bad("$expand 嵌套过深", "$expand is nested too deeply", EXPANDS_MAX)
    found: dict[str, Expand] = {}
    for part in _split(value, ","):
        head, opened, inside = part.strip().partition("(")
        if opened and not inside.endswith(")"):
            raise bad("括号不成对", "a parenthesis is not closed", part)
        first, *deeper = head.strip().split("/")
        link = entity.links.get(first)
        if link is None:
            raise bad(f"{entity.name} 没有这个关联", f"{entity.name} has no such link", first)
        target = ENTITIES[link.target]
        pairs: list[tuple[str, str]] = []
        if deeper:
            rest = "/".join(deeper) + (f"({inside}" if opened else "")
            pairs = [("$expand", rest)]
        elif opened:
            for option in _split(inside[:-1], ";"):
                name, equals, told = option.partition("=")
                if not equals:
                    raise bad("查询选项须为 名=值", "a query option is name=value", option)
                pairs.append((name.strip(), told))
        made = _options(pairs, target, depth + 1)
        text = "&".join(f"{k}={v}" for k, v in pairs if k != "$skip")
        made = replace(made, text=text)
        if first in found:  # a/b,a/c
            earlier = found[first].options
            made = replace(made, expand=(*earlier.expand, *made.expand))
        found[first] = Expand(first, made)
    return tuple(found.values())


def _split(text: str, mark: str) -> Iterator[str]:
    """The parts of a text between marks that stand in no parentheses and no quotes."""
    depth, quoted, start = 0, False, 0
    for at, each in enumerate(text):
        if each == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif each == "(":
            depth += 1
        elif each == ")":
            depth -= 1
        elif each == mark and depth == 0:
            yield text[start:at]
            start = at + 1
    if depth or quoted:
        raise bad("括号或引号不成对", "parentheses or quotes are not closed", text)
    yield text[start:]


def _check(node: Node, entity: Entity) -> None:
    """Every path is one of the entity; what is behind a JSON property is free."""
    if isinstance(node, Path):
        names = node.names
        found = entity
        for number, name in enumerate(names):
            if name in found.links:
                found = ENTITIES[found.links[name].target]
                continue
            last = number == len(names) - 1
            if name in IDENTITY and last:
                return
            held = found.properties.get(name)
            if held is None or (not last and held.kind not in (Kind.JSON, Kind.RESULT)):
                raise bad(f"{found.name} 没有这个属性", f"{found.name} has no such property", "/".join(names))
            return
        raise bad("路径须以属性结尾", "a path must end with a property", "/".join(names))
    for each in children(node):
        _check(each, entity)


def _id(name: str, text: str | None, path: str) -> int | None:
    if text is None:
        return None
    most = 2**31 - 1 if name in _FEW else ID_MAX
    if not (text.isascii() and text.isdecimal() and len(text) <= 16 and int(text) <= most):
        raise missing(path)
    return int(text)


def _whole(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 15):
        raise bad(f"{name} 须为不小于 0 的整数", f"{name} must be a whole number from 0 on", value)
    return int(value)
