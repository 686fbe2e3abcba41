"""How deep a JSON value is nested 嵌套层数, looked at level by level: none is too deep for that."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

DEEPEST: Final = 100
"""Levels of a value that is kept: what lies much deeper can be read as JSON, and not be written again."""


def levels(value: object) -> Iterator[list[object]]:
    """What stands at each depth, the outermost first; the names of members stand with their values.

    >>> list(levels({"a": [1, 2]}))
    [[{'a': [1, 2]}], ['a', [1, 2]], [1, 2]]
    """
    level: list[object] = [value]
    while level:
        yield level
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (chain(each, each.values()) if isinstance(each, dict) else each)
        ]


def deeper(value: object) -> bool:
    """Whether lists and objects stand within each other more than :data:`DEEPEST` times."""
    return any(depth > DEEPEST for depth, _ in enumerate(levels(value)))
