"""Which columns of a list hold the address 地址列: as named, else found by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

import pyarrow as pa

from address.batch.listing import Listing
from address.model import Element
from address.parse import Parser
from spatial.errors import FieldsDoNotMatch

SAMPLED: Final = 60
"""Texts of a column that are read to judge it."""
_TITLED: Final = re.compile("地址|住址|住所|位置|地点|坐落|address", re.IGNORECASE)
_LEAST: Final = 0.5
"""Of its texts must be an address, or a piece of one."""


def chosen(listing: Listing, parser: Parser, named: Sequence[str] | None = None) -> tuple[str, ...]:
    """The columns to join into the address, in that order.

    One whose texts are whole addresses, else those that hold its pieces, from the larger unit to the
    smaller. Raises FieldsDoNotMatch where a named one is not there, or none holds addresses.
    """
    if named:
        missing = [name for name in named if name not in listing.columns]
        if missing:
            raise FieldsDoNotMatch(
                f"名单没有这一列(现有:{'、'.join(listing.columns)}):{missing[0]}",
                f"the list has no such column (it has {', '.join(listing.columns)}): {missing[0]}",
                value=missing[0],
            )
        return tuple(named)
    head = next(iter(listing.blocks(SAMPLED * 10)))
    judged = [(name, *_judged(head.column(name), parser)) for name in listing.columns]
    whole = [
        (share + bool(_TITLED.search(name)) / 2, name) for name, share, _, _ in judged if share >= _LEAST
    ]
    if whole:
        return (max(whole, key=lambda each: each[0])[1],)
    pieces = sorted((rank, at) for at, (_, _, share, rank) in enumerate(judged) if share >= _LEAST)
    if pieces:
        return tuple(listing.columns[at] for _, at in pieces)
    raise FieldsDoNotMatch(
        f"没有找到地址列,请用 --column 指明(现有:{'、'.join(listing.columns)}):{listing.name}",
        f"no column holds addresses, name it with --column (there are {', '.join(listing.columns)}):"
        f" {listing.name}",
        value=listing.name,
    )


def refuse_taken(listing: Listing, results: Iterable[str]) -> None:
    """FieldsDoNotMatch where the list has a column of the results already."""
    taken = [name for name in results if name in listing.columns]
    if taken:
        raise FieldsDoNotMatch(
            f"名单已有结果列,请先改名或删去:{taken[0]}",
            f"the list has a column of the results already; rename or drop it: {taken[0]}",
            value=taken[0],
        )


def joined(block: pa.Table, columns: Sequence[str]) -> list[str]:
    """The address text of each row; empty where all its columns are."""
    texts = [block.column(name).to_pylist() for name in columns]
    return ["".join(each.strip() for each in row if each) for row in zip(*texts, strict=True)]


def _judged(column: pa.ChunkedArray, parser: Parser) -> tuple[float, float, float]:
    """Shares of its texts that are a whole address and a piece of one, and how deep the pieces are."""
    texts = [each for each in column.unique().to_pylist() if each and not each.isascii()][:SAMPLED]
    if not texts:
        return 0.0, 0.0, 0.0
    whole = pieces = 0
    ranks = []
    for text in texts:
        said = [part for part in parser.parse(text).parts if not part.inferred]
        known = [part.element for part in said if part.components]
        depths = {part.element for part in said if part.element >= Element.TOWN}
        if known:
            pieces += 1
            ranks.append(float(max(part.element for part in said)))
            whole += len(depths) >= 2
    return whole / len(texts), pieces / len(texts), median(ranks) if ranks else 0.0
