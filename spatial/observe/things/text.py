"""Reading what a client writes: paths, ``$filter``, ``$orderby``, ``$expand`` and their like (18-088,
clause 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from spatial.datum.clock import parse_instant
from spatial.errors import BadTime, InvalidInput, NotFound, TooLarge
from spatial.observe.things.model import ENTITIES, IDENTITY, SETS, Entity, Kind
from spatial.observe.things.query import (
    Address,
    Binary,
    Call,
    Expand,
    Literal,
    Node,
    Options,
    Path,
    Sort,
    Step,
    Unary,
)

TOP_MAX, SKIP_MAX, DEPTH_MAX, EXPANDS_MAX = 10_000, 2**53, 40, 8
ID_MAX = 2**53 - 1
KNOWN = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count")
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<duration>duration'[^']*')
    | (?P<geometry>geography'[^']*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<instant>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+\- ]\d\d:?\d\d)?)?)
    | (?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>[@A-Za-z_\u0080-\uffff][\w.@\u0080-\uffff-]*)
    | (?P<mark>[()/,;=*$-])
    )""",
    re.VERBOSE,
)
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_STEP = re.compile(r"(?P<name>[A-Za-z]+)(?:\((?P<id>[^()]*)\))?")
_FEW = ("Datastreams", "MultiDatastreams", "FeaturesOfInterest")
"""Sets whose numbers have 31 bits."""
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")


class BadQuery(InvalidInput):
    """A path or a query option that cannot be read, or asks what an entity does not have 查询有误."""

    code = "bad-query"


class NoSuchEntity(NotFound):
    """No entity at this path 无此实体."""

    code = "no-such-entity"


class AnswerTooLarge(TooLarge):
    """More JSON than one answer holds 结果过大."""

    code = "answer-too-large"

    def __init__(self, most_bytes: int) -> None:
        most = f"{most_bytes >> 20} MiB"
        super().__init__(
            f"一次的结果至多 {most},请用 $top、$select、$filter 缩小(也在 $expand 内):{most}",
            f"an answer holds {most}; narrow it by $top, $select or $filter, within $expand, too: {most}",
            value=most,
        )


def bad(zh: str, en: str, value: object) -> BadQuery:
    """A refusal that ends with what offended."""
    shown = str(value)[:80]
    return BadQuery(f"{zh}:{shown}", f"{en}: {shown}", value=shown)


def missing(value: str) -> NoSuchEntity:
    """There is nothing at a path."""
    shown = value[:80]
    return NoSuchEntity(f"没有这个实体:{shown}", f"no such entity: {shown}", value=shown)


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
    reader = _Reader(text)
    found = reader.expression()
    reader.finished()
    _check(found, entity)
    return found


@dataclass
class _Token:
    kind: str
    text: str
    at: int


class _Reader:
    """A text, token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split(text))
        self._next = 0
        self._depth = 0

    def _split(self, text: str) -> Iterator[_Token]:
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise bad("无法读取查询", "the query cannot be read", text[at : at + 20].strip())
            kind = str(match.lastgroup)
            yield _Token(kind, match[kind], match.start(kind))
            at = match.end()

    def peek(self, text: str) -> bool:
        """Whether this comes next."""
        return self._next < len(self._tokens) and self._tokens[self._next].text == text

    def take(self, text: str) -> bool:
        """Take it where it comes next."""
        found = self.peek(text)
        self._next += found
        return found

    def need(self, text: str) -> None:
        """Take what must come next."""
        if not self.take(text):
            raise bad(f"此处须为 {text}", f"{text} is expected here", self._rest())

    def finished(self) -> None:
        """Nothing may follow."""
        if self._next < len(self._tokens):
            raise bad("查询有多余的部分", "the query goes on where it should end", self._rest())

    def _rest(self) -> str:
        return self._text[self._tokens[self._next].at :] if self._next < len(self._tokens) else "(end)"

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise bad("查询嵌套过深", "the query is nested too deeply", DEPTH_MAX)
        left = self._conjunction()
        while self.take("or"):
            left = Binary("or", left, self._conjunction())
        self._depth -= 1
        return left

    def _conjunction(self) -> Node:
        left = self._negation()
        while self.take("and"):
            left = Binary("and", left, self._negation())
        return left

    def _negation(self) -> Node:
        if self.take("not"):
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise bad("查询嵌套过深", "the query is nested too deeply", DEPTH_MAX)
            operand = self._negation()
            self._depth -= 1
            return Unary("not", operand)
        left = self._sum()
        for operator in _COMPARISONS:
            if self.take(operator):
                return Binary(operator, left, self._sum())
        return left

    def _sum(self) -> Node:
        left = self._product()
        while True:
            for operator in ("add", "sub"):
                if self.take(operator):
                    left = Binary(operator, left, self._product())
                    break
            else:
                return left

    def _product(self) -> Node:
        left = self._atom()
        while True:
            for operator in ("mul", "div", "mod"):
                if self.take(operator):
                    left = Binary(operator, left, self._atom())
                    break
            else:
                return left

    def _atom(self) -> Node:
        if self.take("("):
            found = self.expression()
            self.need(")")
            return found
        if self.take("-"):
            return Unary("-", self._atom())
        if self._next >= len(self._tokens):
            raise bad("查询在此处中断", "the query ends too early", self._text[-20:])
        token = self._tokens[self._next]
        self._next += 1
        match token.kind:
            case "number":
                return Literal(Kind.NUMBER, float(token.text))
            case "text":
                return Literal(Kind.TEXT, token.text[1:-1].replace("''", "'"))
            case "geometry":
                return Literal(Kind.GEOMETRY, token.text[10:-1])
            case "duration":
                return Literal(Kind.DURATION, _duration(token.text[9:-1]))
            case "instant":
                start = _instant(token.text)
                if self.take("/"):
                    other = self._tokens[self._next : self._next + 1]
                    if not other or other[0].kind != "instant":
                        raise bad("时间区间须有终点", "an interval needs an end", token.text)
                    self._next += 1
                    return Literal(Kind.SPAN, (start, _instant(other[0].text)))
                return Literal(Kind.INSTANT, start, token.text if "T" not in token.text else "")
            case "clock":
                return Literal(Kind.TEXT, _clock(token.text))
            case "name":
                return self._named(token)
        raise bad("查询中此处须为值", "a value is expected here", self._text[token.at :])

    def _named(self, token: _Token) -> Node:
        if token.text in ("true", "false"):
            return Literal(Kind.TRUTH, token.text == "true")
        if token.text == "null":
            return Literal(Kind.NULL, None)
        if self.take("("):
            arguments: list[Node] = []
            while not self.take(")"):
                if arguments:
                    self.need(",")
                arguments.append(self.expression())
            return Call(token.text, tuple(arguments))
        names = [token.text]
        while self.take("/"):
            part = self._tokens[self._next : self._next + 1]
            if not part or part[0].kind not in ("name", "number"):
                raise bad("路径中断", "the path ends too early", token.text)
            names.append(part[0].text)
            self._next += 1
        return Path(tuple(names))

    def order(self) -> tuple[Sort, ...]:
        """``$orderby``."""
        found: list[Sort] = []
        while not found or self.take(","):
            key = self._sum()
            descending = self.take("desc") or self.take("DESC")  # a client in wide use writes it so
            if not descending:
                _ = self.take("asc") or self.take("ASC")
            found.append(Sort(key, descending))
        return tuple(found)


def _options(pairs: list[tuple[str, str]], entity: Entity, depth: int) -> Options:
    found = Options()
    for name, value in pairs:
        match name:
            case "$filter":
                found = replace(found, filter=expression(value, entity))
            case "$orderby":
                reader = _Reader(value)
                order = reader.order()
                reader.finished()
                for each in order:
                    _check(each.key, entity)
                found = replace(found, order=order)
            case "$select":
                found = replace(found, select=_select(value, entity))
            case "$expand":
                found = replace(found, expand=_expand(value, entity, depth))
            case "$top":
                found = replace(found, top=min(_whole(name, value), TOP_MAX))
            case "$skip":
                found = replace(found, skip=_whole(name, value))
            case "$count":
                if value not in ("true", "false"):
                    raise bad("$count 须为 true 或 false", "$count must be true or false", value)
                found = replace(found, count=value == "true")
            case _:
                raise bad("没有这个查询选项", "no such query option", name)
    return found


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
    match node:
        case Path(names):
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
                    raise bad(
                        f"{found.name} 没有这个属性", f"{found.name} has no such property", "/".join(names)
                    )
                return
            raise bad("路径须以属性结尾", "a path must end with a property", "/".join(names))
        case Call(_, arguments):
            for each in arguments:
                _check(each, entity)
        case Binary(_, left, right):
            _check(left, entity)
            _check(right, entity)
        case Unary(_, operand):
            _check(operand, entity)


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


def _instant(text: str) -> datetime:
    """Within a URL a plus sign that was not encoded comes as a space."""
    try:
        return parse_instant(text.replace(" ", "+"))
    except BadTime as failure:
        raise BadQuery(failure.zh, failure.en, value=text) from failure


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise bad("时长有误,应如 PT1H", "no duration, write PT1H", text)
    told = {name: float(match[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
    try:
        return timedelta(**told) * (-1 if match["sign"] else 1)
    except OverflowError:
        raise bad("时长过长", "the duration is too long", text) from None


def _clock(text: str) -> str:
    """A time of the day as the function ``time`` gives it."""
    try:
        return time.fromisoformat(text).isoformat("milliseconds")
    except ValueError:
        raise bad("一天中没有这个时间", "no such time of the day", text) from None
