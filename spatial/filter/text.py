"""CQL2 Text (OGC 21-065r2, 8.2): a filter's text becomes its tree.

Precedence climbing over a list of tokens. Conditions and values share one
grammar; what goes where is judged afterwards (``sql``), with the queryables at
hand. An error names the character where reading stopped.
"""

from __future__ import annotations

from collections.abc import Callable

from spatial.filter import rules
from spatial.filter.model import (
    ARITHMETIC,
    COMPARISONS,
    GEOMETRIES,
    RELATIONS,
    Arithmetic,
    Array,
    Between,
    Box,
    Call,
    Comparison,
    Expression,
    Fold,
    In,
    Interval,
    IsNull,
    Like,
    Logical,
    Not,
    Open,
    Property,
    Relation,
    Value,
)
from spatial.filter.tokens import Token, Words
from spatial.filter.wkt import read_geometry, read_numbers

_RESERVED = frozenset({"and", "or", "not", "like", "between", "in", "is", "null", "true", "false", "div"})
_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _POWER, _UNARY = range(1, 9)
_BINDING = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys((*COMPARISONS, "like", "between", "in", "is", "not"), _COMPARISON),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys(("*", "/", "%", "div"), _PRODUCT),
    "^": _POWER,
}


def parse(text: str) -> Expression:
    """The tree of a CQL2 text; ``BadFilter`` with the place where it cannot be read.

    >>> parse("floors >= 3").op
    '>='
    >>> parse("floors >=")
    Traceback (most recent call last):
    spatial.errors.BadFilter: ...
    """
    if len(text) > rules.LENGTH_MAX:
        rules.refuse(
            rules.LENGTH_MAX,
            f"多于 {rules.LENGTH_MAX} 个字符,请精简",
            f"is longer than {rules.LENGTH_MAX} characters; shorten it",
        )
    reader = Reader(text)
    expression = reader.expression(_OR)
    if reader.token.kind != "end":
        reader.unexpected()
    rules.within_limits(expression)
    return expression


class Reader(Words):
    """Makes the tree of what the words say."""

    __slots__ = ()

    def listed(self, one: Callable[[], Expression]) -> tuple[Expression, ...]:
        """Things with commas between them, up to the closing parenthesis."""
        found: list[Expression] = []
        if self.token.word != ")":
            found.append(one())
            while self.accept(","):
                found.append(one())
        self.expect(")")
        return tuple(found)

    def expression(self, power: int = _OR) -> Expression:
        """Everything that binds at least so strongly."""
        self.deeper(self.token.at)
        left = self._operand()
        compared = False
        while (binding := _BINDING.get(self.token.word, 0)) >= power:
            if binding == _COMPARISON:
                if compared:
                    self.unexpected("AND / OR")
                compared = True
            left = self._joined(left, binding)
        self.shallower()
        return left

    def _joined(self, left: Expression, binding: int) -> Expression:
        sign = self.token
        word = sign.word
        if word in ("and", "or"):
            args = [left]
            while self.accept(word):
                args.append(self.expression(binding + 1))
            return Logical("and" if word == "and" else "or", tuple(args), at=left.at)
        if word in COMPARISONS:
            self.take()
            return Comparison(word, left, self.expression(_SUM), at=sign.at)
        if word in ARITHMETIC:
            self.take()
            return Arithmetic(word, left, self.expression(binding + 1), at=sign.at)
        return self._predicate(left)

    def _predicate(self, left: Expression) -> Expression:
        """``IS NULL``, ``LIKE``, ``BETWEEN``, ``IN``, and with ``NOT`` before them."""
        at = self.token.at
        if self.accept("is"):
            negated = self.accept("not")
            self.expect("null")
            found: Expression = IsNull(left, at=at)
        else:
            negated = self.accept("not")
            if self.accept("like"):
                found = Like(left, self.expression(_SUM), at=at)
            elif self.accept("between"):
                low = self.expression(_SUM)
                self.expect("and")
                found = Between(left, low, self.expression(_SUM), at=at)
            else:
                self.expect("in")
                self.expect("(")
                found = In(left, self.listed(self.expression), at=at)
        return Not(found, at=at) if negated else found

    def _operand(self) -> Expression:
        token = self.token
        match token.kind:
            case "number":
                self.take()
                return Value(_number(token), at=token.at)
            case "string":
                return Value(self._text(), at=token.at)
            case "quoted":
                self.take()
                return Property(token.text[1:-1].replace('""', '"'), at=token.at)
            case "name":
                return self._named(token)
        if token.word in ("+", "-"):
            return self._signed()
        if not self.accept("("):
            self.unexpected("值或条件", "a value or condition")
        inner = self.expression()
        self.expect(")")
        return inner

    def _signed(self) -> Expression:
        sign = self.take()
        factor = -1 if sign.text == "-" else 1
        if self.token.kind == "number":
            return Value(factor * _number(self.take()), at=sign.at)
        operand = self.expression(_UNARY)
        return operand if factor == 1 else Arithmetic("*", Value(-1, at=sign.at), operand, at=sign.at)

    def _text(self) -> str:
        token = self.token
        if token.kind != "string":
            self.unexpected("'…'")
        self.take()
        return rules.text(token.text[1:-1].replace("\\'", "'").replace("''", "'"), token.at)

    def _named(self, token: Token) -> Expression:
        word = token.word
        if word == "not":
            self.take()
            return Not(self.expression(_NOT), at=token.at)
        if word in ("true", "false"):
            self.take()
            return Value(word == "true", at=token.at)
        if word in _RESERVED and (word != "div" or self.following.word != "("):
            self.unexpected()
        if word.rstrip("z").upper() in GEOMETRIES and self.following.word in ("(", "z", "empty"):
            return read_geometry(self)
        if self.following.word != "(":
            self.take()
            return Property(token.text, at=token.at)
        self.take()
        self.take()
        return self._called(token, word)

    def _called(self, token: Token, word: str) -> Expression:
        """What stands before an opening parenthesis, which is taken already."""
        at = token.at
        if word in ("casei", "accenti"):
            operand = self.expression(_SUM)
            self.expect(")")
            return Fold("casei" if word == "casei" else "accenti", operand, at=at)
        if word in ("date", "timestamp"):
            literal = (rules.day if word == "date" else rules.instant)(self._text(), at)
            self.expect(")")
            return literal
        if word == "interval":
            start = self._bound()
            self.expect(",")
            end = self._bound()
            self.expect(")")
            return Interval(start, end, at=at)
        if word == "bbox":
            numbers = read_numbers(self, (4, 6))
            self.expect(")")
            first, second, third, fourth = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
            return Box((first, second, third, fourth), at=at)
        relation = RELATIONS.get(word)
        if relation is not None:
            one = self._array if word.startswith("a_") else self.expression
            left = one()
            self.expect(",")
            right = one()
            self.expect(")")
            return Relation(relation, left, right, at=at)
        args = self.listed(self.expression)
        if word == "div" and len(args) == 2:  # written like a function by some clients
            return Arithmetic(word, *args, at=at)
        return Call(word, args, at=at)

    def _bound(self) -> Value | Property | Call | Open:
        token = self.token
        if token.kind == "string":
            return rules.bound(self._text(), token.at)
        found = self.expression(_SUM)
        if not isinstance(found, Value | Property | Call):
            rules.refuse(
                token.at,
                "区间的端点须为日期、时刻、属性或 '..'",
                "an interval ends in a day, an instant, a property or '..'",
                token.text,
            )
        return found

    def _array(self) -> Expression:
        """An array literal in parentheses, or something that is worth an array."""
        at = self.token.at
        if not self.accept("("):
            return self.expression(_SUM)
        self.deeper(at)
        items = self.listed(self._array)
        self.shallower()
        return Array(items, at=at)


def _number(token: Token) -> int | float:
    text = token.text
    if text.isdecimal() and text.isascii() and len(text) <= 19:
        return rules.number(int(text), token.at)
    return rules.number(float(text), token.at)
