"""Rows of a list read element by element 批量解析: a column for each element that an address has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from address.batch.columns import joined, refuse_taken
from address.batch.listing import Listing
from address.model import Element, Parsed
from address.parse import Parser

PARSED: Final = {
    Element.PROVINCE: "省", Element.PREFECTURE: "市", Element.COUNTY: "县", Element.ZONE: "开发区",
    Element.TOWN: "镇街", Element.VILLAGE: "村居", Element.HAMLET: "自然村", Element.GROUP: "组",
    Element.ROAD: "街路巷", Element.LANE: "支巷", Element.ESTATE: "小区单位", Element.DOOR: "门牌",
    Element.SECTION: "分区", Element.BUILDING: "楼栋", Element.UNIT: "单元", Element.FLOOR: "层",
    Element.ROOM: "户室", Element.OBJECT: "地物",
}  # fmt: skip
_COLUMNS: Final = (*(f"解析_{name}" for name in PARSED.values()), "解析_其余", "解析_推定", "解析_提示")


class Reading:
    """Reads one list, block by block."""

    def __init__(self, parser: Parser, listing: Listing, columns: Sequence[str]) -> None:
        refuse_taken(listing, _COLUMNS)
        self._parser, self._listing, self._columns = parser, listing, columns
        self.rows = 0
        self.doubtful = 0
        """Rows with something that contradicts the register."""

    def run(self, most: int | None = None) -> Iterator[pa.Table]:
        """The rows as they came, with what they say behind; at most so many in all."""
        for block in self._listing.blocks(most):
            read = [_row(self._parser.parse(text)) for text in joined(block, self._columns)]
            self.rows += len(read)
            self.doubtful += sum(bool(row[-1]) for row in read)
            for name, values in zip(_COLUMNS, zip(*read, strict=True), strict=True):
                block = block.append_column(name, pa.array(values, pa.string()))
            yield block


def _row(parsed: Parsed) -> tuple[str, ...]:
    names: dict[Element, str] = {}
    for part in parsed.parts:
        names[part.element] = names.get(part.element, "") + part.name
    inferred = "、".join(PARSED[part.element] for part in parsed.parts if part.inferred)
    rest = "、".join(each.text for each in parsed.qualifiers)
    said = ";".join(each.message_zh for each in parsed.conflicts)
    return (*(names.get(element, "") for element in PARSED), rest, inferred, said)
