"""Which input a fault is about 指明所涉输入: its JSON Pointer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from spatial.errors import OneMapError

Path = tuple[str | int, ...]
WHOLE: Final = "/inputs"


@contextmanager
def about(*path: str | int) -> Iterator[None]:
    """Faults from within are about this place of the inputs, or a place below it where one is told already.

    The steps are names of the schema and numbers, of which none needs an escape.
    """
    try:
        yield
    except OneMapError as failure:
        within = str(failure.details.get("pointer", WHOLE)).removeprefix(WHOLE)
        failure.details["pointer"] = "/".join([WHOLE, *map(str, path)]) + within
        raise
