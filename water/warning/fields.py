"""Members of a document, read one by one: a rule that is wrong is refused by the place of what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NoReturn, TypeVar

from spatial.catalogue.contract import Title
from spatial.errors import shorten
from water.errors import BadWarningRule

Document = Mapping[str, Any]
E = TypeVar("E", bound=StrEnum)
SECONDS_MOST: Final = 366 * 86_400.0


def bad(at: str, zh: str, en: str, value: object) -> NoReturn:
    """Refuse, naming the place and the value."""
    pointer, shown = f"/{at}", shorten(value)
    raise BadWarningRule(
        f"规则的 {pointer} {zh}:{shown}",
        f"{pointer} of the rule {en}: {shown}",
        value=shown,
        details={"pointer": pointer},
    )


def mapping(at: str, given: object) -> Document:
    """It must be an object."""
    if not isinstance(given, Mapping):
        bad(at, "须为对象", "is an object", type(given).__name__)
    return given


def listed(given: Document, name: str) -> Sequence[object]:
    """A member that must be an array; none where it is left out."""
    found = given.get(name, ())
    if not isinstance(found, list | tuple):
        bad(name, "须为数组", "is an array", type(found).__name__)
    return found


def table(given: Document, name: str) -> list[tuple[str, object]]:
    """A member that must be an object, as pairs; none where it is left out."""
    return list(mapping(name, given.get(name, {})).items())


def text(given: Document, name: str, at: str = "") -> str:
    """A member that must be a text that says something."""
    found = given.get(name)
    if not isinstance(found, str) or not found.strip() or len(found) > 500:
        bad(
            "/".join(filter(None, (at, name))),
            "须为文字,至多 500 字",
            "is a text of up to 500 characters",
            found,
        )
    return found


def texts(given: Document, name: str, at: str = "") -> tuple[str, ...]:
    """A member that must be an array of texts."""
    found = given.get(name, ())
    if not isinstance(found, list | tuple) or not all(isinstance(each, str) and each for each in found):
        bad("/".join(filter(None, (at, name))), "须为文字数组", "is an array of texts", found)
    return tuple(found)


def numbers(given: Document, name: str, at: str) -> Sequence[float]:
    """A member that must be an array of numbers."""
    found = given.get(name)
    sound = isinstance(found, list | tuple) and all(is_number(each) for each in found)
    if not sound:
        bad(f"{at}/{name}", "须为数字数组", "is an array of numbers", found)
    assert isinstance(found, list | tuple)
    return found


def number(given: Document, name: str, at: str, otherwise: float | None = None) -> float:
    """A member that must be a finite number."""
    found = given.get(name, otherwise)
    if not is_number(found):
        bad(f"{at}/{name}", "须为数", "is a number", found)
    assert isinstance(found, int | float)
    return float(found)


def is_number(found: object) -> bool:
    """Whether it is a finite number."""
    return isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)


def seconds(given: Document, name: str, otherwise: float, *, least: float = 0.0, at: str = "") -> float:
    """A member that must be so many seconds."""
    found = given.get(name, otherwise)
    if not is_number(found) or not least <= found <= SECONDS_MOST:
        place = "/".join(filter(None, (at, name)))
        bad(
            place,
            f"须为 {least:g} 至 {SECONDS_MOST:g} 秒",
            f"is {least:g} to {SECONDS_MOST:g} seconds",
            found,
        )
    return float(found)


def flag(given: Document, name: str, *, otherwise: bool) -> bool:
    """A member that must be true or false."""
    found = given.get(name, otherwise)
    if not isinstance(found, bool):
        bad(name, "须为 true 或 false", "is true or false", found)
    return found


def one_of(given: Document, name: str, known: Sequence[str], at: str = "") -> str:
    """A member that must be one of these words."""
    found = given.get(name)
    if found not in known:
        bad(
            "/".join(filter(None, (at, name))), f"须为 {'、'.join(known)}", f"is of {', '.join(known)}", found
        )
    assert isinstance(found, str)
    return found


def choice(given: Document, name: str, kind: type[E], at: str = "") -> E:
    """A member that must be a word of a kind."""
    return kind(one_of(given, name, [each.value for each in kind], at))


def title(given: Document, name: str) -> Title:
    """A member that must be a title in both languages."""
    found = mapping(name, given.get(name))
    return Title(text(found, "zh", name), text(found, "en", name))
