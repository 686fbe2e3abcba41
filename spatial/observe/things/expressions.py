"""Reading expressions 表达式: ``$filter`` and ``$orderby``, token by token (18-088, clause 9.3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from spatial.datum.clock import parse_instant
from spatial.errors import BadTime
from spatial.observe.things.errors import BadQuery, bad
from spatial.observe.things.model import Kind
from spatial.observe.things.query import Binary, Call, Literal, Node, Path, Sort, Unary

DEPTH_MAX = 40
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
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")


@dataclass
class _Token:
    kind: str
    text: str
    at: int


class Reader:
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
        """Alternatives, down to the last operand."""
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
