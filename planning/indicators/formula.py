"""Formulas of indicators 指标公式: a small closed language over the layers of the history.

::

    area(permanent-farmland) / 666.6667 / 10000
    overlap(land-use-survey where dlbm = '0601', ecological-redline) / 1000000
    sum(land-use-survey.tbdlmj where dlbm LIKE '01%') / given(population)

A measure is a sum of what its features contribute, so that a change is measured by the
features it touches alone. Filters are CQL2 text. There is no other function, and no SQL.

==================  =========================================================================
``area(a)``         Σ legal area 椭球面积 of the features, m²
``covered(a)``      legal area of their union, m²: what two cover is counted once
``overlap(a, b…)``  legal area of what a covers within the union of b…, m²
``outside(a, b…)``  legal area of what a covers outside the union of b…, m²
``sum(a.field)``    Σ of an attribute; a feature across the region's edge by its share of area
``count(a)``        number of features; one across the edge counts where a point on it lies
``length(a, b…)``   geodesic length of lines, m; within the union of b… where that is given
``reached(m, mode, a, b, n)``  legal area of what a covers within m minutes of b along the network n
``given(name)``     a figure that is no spatial data, handed in with its source
==================  =========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final, Literal, NoReturn, cast, get_args

from planning.errors import BadFormula
from spatial.errors import shorten

Kind = Literal["area", "covered", "overlap", "outside", "sum", "count", "length", "reached"]
KINDS: Final = get_args(Kind)
LENGTH_MAX: Final = 4000
DEPTH_MAX: Final = 30
_SOURCE = re.compile(r"\s*([a-z][a-z0-9-]{0,59})(?:\.([a-z_][a-z0-9_]{0,62}))?\s*")
_NAME = re.compile(r"\s*([a-z][a-z0-9_]{0,62})\s*")
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)")
_WHERE = re.compile(r"where\b", re.IGNORECASE)
_ARITHMETIC = Context(prec=34)
"""Decimal arithmetic of 34 digits: the same value on every machine."""


@dataclass(frozen=True, slots=True)
class Source:
    """Features of a layer that a CQL2 filter chooses, and the attribute that is meant of them."""

    layer: str
    where: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        name = self.layer if self.field is None else f"{self.layer}.{self.field}"
        return name if self.where is None else f"{name} where {self.where}"


@dataclass(frozen=True, slots=True)
class Within:
    """Minutes by a mode of ``network.toml``."""

    minutes: Decimal
    mode: str

    def __str__(self) -> str:
        return f"{self.minutes}, {self.mode}"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of layers: what the database is asked."""

    kind: Kind
    sources: tuple[Source, ...]
    within: Within | None = None
    """Of ``reached``: how long and how."""

    def __str__(self) -> str:
        how = [] if self.within is None else [self.within]
        return f"{self.kind}({', '.join(map(str, [*how, *self.sources]))})"


@dataclass(frozen=True, slots=True)
class Given:
    """A figure that comes from elsewhere: population, value added."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two values and what is done with them: ``+ - * /``."""

    op: str
    left: Node
    right: Node


Node = Measure | Given | Number | Arithmetic


@dataclass(frozen=True, slots=True)
class NoData:
    """Why there is no value 无数据; never 0."""

    zh: str
    en: str


def parse(text: str) -> Node:
    """The tree of a formula; ``BadFormula`` with the place where it cannot be read.

    >>> str(parse("area(wetlands-forests where lx = 'SD') / 1000000").left)
    "area(wetlands-forests where lx = 'SD')"
    >>> parse("area(wetlands-forests")
    Traceback (most recent call last):
    planning.errors.BadFormula: ...
    """
    reader = _Reader(text)
    if len(text) > LENGTH_MAX:
        reader.refuse(f"长于 {LENGTH_MAX} 个字符", f"is longer than {LENGTH_MAX} characters")
    node = reader.sum()
    reader.end()
    return node


def measures(node: Node) -> Iterator[Measure]:
    """The measures of a formula, in order, each as often as it stands there."""
    match node:
        case Measure():
            yield node
        case Arithmetic(_, left, right):
            yield from measures(left)
            yield from measures(right)


def givens(node: Node) -> Iterator[str]:
    """The figures from elsewhere that a formula needs."""
    match node:
        case Given(name):
            yield name
        case Arithmetic(_, left, right):
            yield from givens(left)
            yield from givens(right)


def layers(node: Node) -> tuple[str, ...]:
    """The layers a formula rests on, each once, in order of mention."""
    named = (source.layer for measure in measures(node) for source in measure.sources)
    return tuple(dict.fromkeys(named))


def evaluate(
    node: Node,
    measured: Callable[[Measure], Decimal | NoData],
    given: Mapping[str, Decimal],
    titles: Mapping[str, str] | None = None,
) -> Decimal | NoData:
    """The value of a formula from the values of its measures; the first thing missing decides.

    ``titles`` are the Chinese names of figures, by which a missing one is told.

    >>> evaluate(parse("given(a) / given(b)"), lambda _: Decimal(0), {"a": Decimal(3), "b": Decimal(4)})
    Decimal('0.75')
    >>> evaluate(parse("3 / given(b)"), lambda _: Decimal(0), {}).en
    'the figure b was not given'
    """
    match node:
        case Number(value):
            return value
        case Given(name):
            if name in given:
                return given[name]
            told = (titles or {}).get(name, name)
            return NoData(f"未提供数据 {told}", f"the figure {name} was not given")
        case Measure():
            return measured(node)
        case Arithmetic(op, left, right):
            first = evaluate(left, measured, given, titles)
            second = evaluate(right, measured, given, titles)
            for each in (first, second):
                if isinstance(each, NoData):
                    return each
            return _computed(op, cast(Decimal, first), cast(Decimal, second))


def _computed(op: str, left: Decimal, right: Decimal) -> Decimal | NoData:
    try:
        match op:
            case "+":
                return _ARITHMETIC.add(left, right)
            case "-":
                return _ARITHMETIC.subtract(left, right)
            case "*":
                return _ARITHMETIC.multiply(left, right)
            case _:
                return _ARITHMETIC.divide(left, right)
    except (DivisionByZero, InvalidOperation):
        return NoData("除数为零,无意义", "a division by zero has no meaning")
    except Overflow:
        return NoData("数值溢出", "the value is beyond all bounds")


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def sum(self) -> Node:
        node = self._product()
        while (op := self._accept("+-")) is not None:
            node = Arithmetic(op, node, self._product())
        return node

    def _product(self) -> Node:
        node = self._factor()
        while (op := self._accept("*/")) is not None:
            node = Arithmetic(op, node, self._factor())
        return node

    def _factor(self) -> Node:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            self.refuse(f"嵌套深于 {DEPTH_MAX} 层", f"is nested deeper than {DEPTH_MAX}")
        try:
            if self._accept("(") is not None:
                node = self.sum()
                self._expect(")")
                return node
            if self._accept("-") is not None:
                return Arithmetic("-", Number(Decimal(0)), self._factor())
            if (number := _NUMBER.match(self.text, self.at)) is not None:
                self.at = number.end()
                return Number(Decimal(number[1]))
            return self._call()
        finally:
            self.depth -= 1

    def _call(self) -> Node:
        name = self._word(_NAME)
        self._expect("(")
        if name == "given":
            node: Node = Given(self._word(_NAME))
            self._expect(")")
            return node
        if name not in KINDS:
            self.refuse(
                f"没有度量 {name},可用 {'、'.join(KINDS)}、given",
                f"knows no measure {name}, there are {', '.join(KINDS)}, given",
            )
        within = self._within() if name == "reached" else None
        sources = [self._source()]
        while self._accept(",") is not None:
            sources.append(self._source())
        self._expect(")")
        measure = Measure(cast(Kind, name), tuple(sources), within)
        self._check(measure)
        return measure

    def _within(self) -> Within:
        number = _NUMBER.match(self.text, self.at)
        if number is None:
            self.refuse("此处须为分钟数", "wants minutes here")
        self.at = number.end()
        self._expect(",")
        mode = self._word(_NAME)
        self._expect(",")
        return Within(Decimal(number[1]), mode)

    def _source(self) -> Source:
        found = _SOURCE.match(self.text, self.at)
        if found is None:
            self.refuse("此处须为图层", "wants a layer here")
        self.at = found.end()
        where = None
        if (word := _WHERE.match(self.text, self.at)) is not None:
            self.at = word.end()
            where = self._filter()
        return Source(found[1], where, found[2])

    def _filter(self) -> str:
        """CQL2 text up to the comma or parenthesis that is no part of it; it is read later."""
        start, depth, quoted = self.at, 0, False
        while self.at < len(self.text):
            mark = self.text[self.at]
            if mark == "'":
                quoted = not quoted
            elif not quoted:
                if depth == 0 and mark in ",)":
                    break
                depth += (mark == "(") - (mark == ")")
            self.at += 1
        found = self.text[start : self.at].strip()
        if not found:
            self.refuse("where 之后须为过滤条件", "wants a filter after where")
        return found

    def _check(self, measure: Measure) -> None:
        one = len(measure.sources) == 1
        if measure.kind in ("area", "covered", "sum", "count") and not one:
            self.refuse(f"{measure.kind} 只取一个图层", f"takes one layer for {measure.kind}")
        if measure.kind in ("overlap", "outside") and one:
            self.refuse(f"{measure.kind} 须有两个以上图层", f"takes two layers or more for {measure.kind}")
        if measure.kind == "reached" and len(measure.sources) != 3:
            self.refuse(
                "reached 取被覆盖者、设施、路网三个图层",
                "takes three layers for reached: of whom, from what, along what",
            )
        for place, source in enumerate(measure.sources):
            if (source.field is not None) != (measure.kind == "sum" and place == 0):
                self.refuse("字段只用于 sum,写作 图层.字段", "takes a field in sum alone, as layer.field")

    def _word(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            self.refuse("此处须为名称", "wants a name here")
        self.at = found.end()
        return found[1]

    def _accept(self, marks: str) -> str | None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] in marks:
            self.at += 1
            return self.text[self.at - 1]
        return None

    def _expect(self, mark: str) -> None:
        if self._accept(mark) is None:
            self.refuse(f"此处须为 {mark}", f"wants {mark} here")

    def end(self) -> None:
        self._accept("")
        if self.at < len(self.text):
            self.refuse("此处有多余的文字", "goes on after its end")

    def refuse(self, zh: str, en: str) -> NoReturn:
        shown = f"{self.text[:60]!r} @{self.at}"
        raise BadFormula(
            f"指标公式{zh},请改正:{shown}",
            f"the formula {en}; mend it: {shown}",
            value=shorten(self.text, 200),
        )
