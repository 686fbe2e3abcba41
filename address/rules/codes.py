"""Codes as templates 编码方案: composed, read back, checked; serials are never used twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spatial.errors import InvalidInput, TooLarge, shorten

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class UnusableCode(InvalidInput):
    """A code does not fit its scheme, or its check character is wrong 编码无效."""

    code = "unusable-address-code"


class OpenScheme(InvalidInput):
    """A scheme whose digit widths are not settled 编码位数未定."""

    code = "open-code-scheme"


class SerialsSpent(TooLarge):
    """No serial of that width is left 顺序码用尽."""

    code = "serials-spent"


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a code."""

    name: str
    zh: str
    digits: int
    """0: not settled."""
    serial: bool = False
    """Given one after the other, from 1."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A code scheme 编码方案."""

    id: str
    title: str
    segments: tuple[Segment, ...]
    check: str = "none"
    """``none`` or ``mod37-36`` (ISO 7064)."""

    def __post_init__(self) -> None:
        if self.check not in ("none", "mod37-36"):
            raise ValueError(f"check: {self.check}")

    @property
    def width(self) -> int:
        """Characters of a code; OpenScheme where a width is not settled."""
        for segment in self.segments:
            if segment.digits <= 0:
                raise OpenScheme(
                    f"编码方案的位数未定,请在城市规则文件中给出:{self.id}/{segment.name}",
                    f"a width is not settled; set it in the city's rules: {self.id}/{segment.name}",
                    value=f"{self.id}/{segment.name}",
                )
        return sum(segment.digits for segment in self.segments) + (self.check != "none")

    def compose(self, values: Mapping[str, int | str]) -> str:
        """The code of the values; what is left out is 0."""
        _ = self.width
        body = ""
        for segment in self.segments:
            text = str(values.get(segment.name, 0)).rjust(segment.digits, "0")
            if len(text) != segment.digits or not (text.isascii() and text.isdigit()):
                raise UnusableCode(
                    f"{segment.zh}应为 {segment.digits} 位数字以内:{values.get(segment.name)}",
                    f"{segment.name} takes at most {segment.digits} digits: {values.get(segment.name)}",
                    value=values.get(segment.name),
                )
            body += text
        return body + (check_character(body) if self.check != "none" else "")

    def read(self, code: str) -> dict[str, str]:
        """The parts of a code; UnusableCode where length, digits or check character are wrong."""
        body = code[:-1] if self.check != "none" else code
        if len(code) != self.width or not (body.isascii() and body.isdigit()):
            shown = shorten(code, 64)
            raise UnusableCode(
                f"编码应为 {self.width} 位:{shown}",
                f"the code has {self.width} characters: {shown}",
                value=shown,
            )
        if self.check != "none" and check_character(body) != code[-1]:
            raise UnusableCode(
                f"校验码不符,请核对抄写:{code}", f"the check character is wrong: {code}", value=code
            )
        parts, at = {}, 0
        for segment in self.segments:
            parts[segment.name] = body[at : at + segment.digits]
            at += segment.digits
        return parts


def check_character(body: str) -> str:
    """The check character of ISO 7064, MOD 37,36, of digits and capital letters.

    >>> check_character("A12425GABC1234002")
    'M'
    """
    carried = 36
    for character in body:
        carried = (carried + _DIGITS.index(character)) % 36 or 36
        carried = carried * 2 % 37
    return _DIGITS[(37 - carried) % 36]


def allocate(highest: int, count: int, digits: int) -> range:
    """The next serials after the highest ever given, those since retired included.

    >>> list(allocate(41, 2, 5))
    [42, 43]
    """
    if highest < 0 or count < 0:
        raise ValueError(f"highest {highest}, count {count}")
    last = highest + count
    if last >= 10**digits:
        raise SerialsSpent(
            f"{digits} 位顺序码不够用,请扩展编码方案:{last}",
            f"{digits} digits hold no more serials; widen the scheme: {last}",
            value=last,
        )
    return range(highest + 1, last + 1)
