"""Patterns of text fields 格式: regular expressions that several programs read alike.

One pattern is read by Python, by PostgreSQL and, in JSON Schema, by any
ECMA-262 engine. Only what all of them understand in the same way is allowed.
"""

from __future__ import annotations

import re

_MOST_REPEATED = 255
"""PostgreSQL's limit of a bound in a regular expression."""
_SAFE_ESCAPES = frozenset("dw.\\+*?()[]{}|^$/-")


def pattern_fault(pattern: str) -> str | None:
    r"""Why a pattern cannot be used; ``None`` where it can.

    Allowed are characters, classes, ``\d`` and ``\w``, escaped punctuation,
    groups ``(…)`` and ``(?:…)``, ``|`` and plain quantifiers; not look-around,
    back references, named groups, inline flags, lazy quantifiers.

    >>> pattern_fault(r"\d{12}") is None
    True
    >>> pattern_fault("(?=x)")
    'groups are (…) or (?:…)'
    """
    for escaped in re.findall(r"\\(.?)", pattern, re.DOTALL):
        if escaped not in _SAFE_ESCAPES:
            return f"escape \\{escaped}"
    if re.search(r"\(\?(?!:)", pattern):
        return "groups are (…) or (?:…)"
    if re.search(r"[*+?}][+?]", pattern):
        return "no lazy or possessive quantifiers"
    if re.search(r"\[(?:\^)?[\[:]|\[[.=:]", pattern):
        return "no POSIX classes"
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "", pattern)
    counts = re.findall(r"\{(\d+)(?:,(\d*))?\}", bare)
    if re.search(r"[{}]", re.sub(r"\{\d+(?:,\d*)?\}", "", bare)):
        return "a brace is {n}, {n,} or {n,m}, else \\{"
    if any(int(number) > _MOST_REPEATED for pair in counts for number in pair if number):
        return f"at most {_MOST_REPEATED} repetitions"
    try:
        re.compile(pattern)
    except re.error as failure:
        return str(failure)
    return None


def matches(pattern: str, text: str) -> bool:
    r"""Whether a text matches as a whole; ``\d`` and ``\w`` are those of ASCII.

    >>> matches(r"[A-Z]\d", "J5"), matches(r"[A-Z]\d", "J5x")
    (True, False)
    """
    return re.fullmatch(pattern, text, re.ASCII) is not None
