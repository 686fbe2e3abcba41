"""Cells of an Access table 单元格, from what mdbtools print to the texts of a batch."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from spatial.exchange.batches import Values
from spatial.exchange.mdb.tools import NULL
from spatial.exchange.table import EXACT

_KINDS = {
    "Boolean": "boolean",
    "Byte": "integer",
    "Integer": "integer",
    "Long Integer": "integer",
    "BigInt": "integer",
    "Currency": "number",
    "Numeric": "number",
    "Single": "number",
    "Double": "number",
    "DateTime": "instant",
    "Replication ID": "text",
    "Text": "text",
    "Memo/Hyperlink": "text",
}
_LONGEST_TEXT = 199_000
"""Bytes of text that mdbtools print for certain; about 200 000 are the end."""
_NO_DATE = "1900-01-00"
"""What mdbtools print for days that they cannot tell, as 9999-12-31 or 1850-01-01."""
_UNREADABLE = "日期超出可读范围(1899-12-30 至 4637-11-25)"

Problem = tuple[str, str]


@dataclass(slots=True)
class Texts:
    """A column of a batch."""

    values: Values
    lossy: npt.NDArray[np.bool_]
    problems: dict[int, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an Access table."""

    name: str
    type: str
    """As Access calls it: ``Long Integer``, ``Text`` …"""

    @property
    def kind(self) -> str:
        """The kind of its values, as a batch names it."""
        return _KINDS.get(self.type, "unsupported")

    @property
    def binary(self) -> bool:
        """Whether it holds bytes and no value."""
        return self.kind == "unsupported"

    def texts(self, values: Sequence[str]) -> Texts:
        """The values as texts that read back the same."""
        made = Texts([None if one == NULL else one for one in values], np.zeros(len(values), dtype=np.bool_))
        turn: Any = {
            "Boolean": _booleans,
            "Currency": _decimals,
            "Numeric": _decimals,
            "Single": _floats,
            "Double": _floats,
            "DateTime": _instants,
            "Replication ID": _identities,
            "Text": _whole_texts,
            "Memo/Hyperlink": _whole_texts,
        }.get(self.type)
        if turn is not None:
            turn(self.name, made)
        return made


def records(values: Sequence[str]) -> list[bytes | None]:
    """Bytes that were printed as hexadecimal digits; no bytes are what a lost long value leaves."""
    return [None if one == NULL else bytes.fromhex(one) for one in values]


def _booleans(_name: str, made: Texts) -> None:
    made.values = [None if one is None else one.lower() for one in made.values]


def _decimals(_name: str, made: Texts) -> None:
    made.values = [one.rstrip("0").rstrip(".") if one and "." in one else one for one in made.values]


def _floats(_name: str, made: Texts) -> None:
    for row, one in enumerate(made.values):
        if one is None:
            continue
        number = float(one)
        if not math.isfinite(number):
            made.values[row] = None
        elif number.is_integer() and abs(number) < 1e19:
            made.values[row] = str(int(number))
            made.lossy[row] = abs(number) >= EXACT


def _instants(_name: str, made: Texts) -> None:
    """Clock time without a zone; a second that was rounded up to 24:00 belongs to the next day.

    A date that cannot be told is a text that no field takes for a value.
    """
    for row, one in enumerate(made.values):
        if one is None:
            continue
        if one.startswith(_NO_DATE):
            made.values[row] = _UNREADABLE
            made.lossy[row] = True
        elif one[11:13] == "24":
            day = datetime.fromisoformat(one[:10]) + timedelta(days=1)
            made.values[row] = day.isoformat()


def _identities(_name: str, made: Texts) -> None:
    """In ESRI's form; mdbtools leave out a hyphen."""
    for row, one in enumerate(made.values):
        if one is not None:
            made.values[row] = f"{{{uuid.UUID(bytes.fromhex(one).decode('ascii'))}}}".upper()


def _whole_texts(name: str, made: Texts) -> None:
    for row, one in enumerate(made.values):
        if one is not None and len(one) > _LONGEST_TEXT // 4 and len(one.encode()) > _LONGEST_TEXT:
            made.problems[row] = (
                f"字段 {name} 的长文本超过 {_LONGEST_TEXT} 字节,无法完整读取",
                f"field {name} has a text longer than {_LONGEST_TEXT} bytes, which cannot be read whole",
            )
