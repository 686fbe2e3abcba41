"""Rows of a list against the register 批量匹配: the same address once, buckets, what stands against it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from address import wording
from address.batch.columns import joined, refuse_taken
from address.batch.listing import Listing
from address.batch.parts import BUCKETS, Parts, Totals
from address.match import Decision, Index, Match, MatchColumns, Outcome
from address.match.answer import DECISIONS
from address.match.doubt import SAID, Doubt
from address.model import Doubtful, MatchLevel

EXPLAINED_MOST: Final = 20_000
"""Different texts that are looked at one by one, to say what stands against them."""
TEXT_MOST: Final = 512
"""Characters of a text that are read."""
LEVELS: Final = {
    MatchLevel.NONE: "无", MatchLevel.PROVINCE: "省", MatchLevel.PREFECTURE: "市", MatchLevel.COUNTY: "县",
    MatchLevel.TOWN: "镇街", MatchLevel.VILLAGE: "村居", MatchLevel.ROAD: "街路小区",
    MatchLevel.DOOR: "门牌", MatchLevel.BUILDING: "楼栋", MatchLevel.ROOM: "户室",
}  # fmt: skip
_FOUND: Final = {
    "匹配_处理": pa.string(),
    "匹配_标准地址": pa.string(),
    "匹配_地址标识": pa.string(),
    "匹配_构件标识": pa.string(),
    "匹配_层级": pa.string(),
    "匹配_置信度": pa.float64(),
    "匹配_说明": pa.string(),
}
_PLACED: Final = {
    "匹配_定位层级": pa.string(),
    "匹配_经度": pa.float64(),
    "匹配_纬度": pa.float64(),
    "匹配_精度_m": pa.float64(),
}


class Matcher:
    """Matches one list, block by block."""

    def __init__(self, index: Index, listing: Listing, columns: Sequence[str], *, placed: bool) -> None:
        self.columns: dict[str, pa.DataType] = _FOUND | (_PLACED if placed else {})
        refuse_taken(listing, self.columns)
        self.totals = Totals()
        self.register = index.snapshot.version
        self._of_block = Totals()
        self._index = index
        self._listing = listing
        self._columns = tuple(columns)
        self._placed = placed
        self._full = wording.full_texts(index.snapshot.components)
        self._explained: dict[str, tuple[str, tuple[Match, ...]]] = {}
        self._reviewed: Counter[str] = Counter()

    def run(self, most: int | None = None, parts: Parts | None = None) -> Iterator[pa.Table]:
        """Block by block the columns as they came and those of the results; totals grow with them.

        ``parts`` keeps what is done; what an earlier run has kept there is not done again.
        """
        for number, block in enumerate(self._listing.blocks(most)):
            kept = parts.kept(number) if parts is not None else None
            if kept is None:
                self._of_block = Totals()
                kept = self._block(block), self._of_block
                if parts is not None:
                    parts.keep(number, *kept)
            self.totals.add(kept[1])
            yield kept[0]

    def to_review(self) -> Iterator[Doubtful]:
        """The texts that a person has to decide, each once, with what they may mean."""
        for text, (said, candidates) in self._explained.items():
            yield Doubtful(text, self._reviewed[text], said, [_candidate(each) for each in candidates])

    def _block(self, block: pa.Table) -> pa.Table:
        whole = joined(block, self._columns)
        texts = [text[:TEXT_MOST] for text in whole]
        found = self._index.match_many(texts)
        decision = found.decision.copy()
        nothing = np.fromiter((not text for text in texts), np.bool_, len(texts))
        decision[nothing | (found.component < 0)] = DECISIONS.index(Decision.REJECT)
        cut = np.fromiter((len(text) > TEXT_MOST for text in whole), np.bool_, len(texts))
        decision[cut & (decision == DECISIONS.index(Decision.AUTOMATIC))] = DECISIONS.index(Decision.REVIEW)
        self._count(found, decision, nothing, cut)
        rows = np.flatnonzero(decision == DECISIONS.index(Decision.REVIEW)).tolist()
        said = [""] * len(texts)
        for row in rows:
            said[row] = self._said(texts[row])
            if cut[row]:
                said[row] = f"文字过长,只读了前 {TEXT_MOST} 字;{said[row]}"
        for row in np.flatnonzero(decision == DECISIONS.index(Decision.REJECT)).tolist():
            said[row] = SAID[Doubt.NOTHING_FOUND].zh if texts[row] else "没有地址文字"
        values = self._found(found, decision) | {"匹配_说明": said} | self._position(found)
        for name, kind in self.columns.items():
            column = values[name]
            block = block.append_column(
                name, column if isinstance(column, pa.Array) else pa.array(column, kind)
            )
        return block

    def _count(
        self,
        found: MatchColumns,
        decision: NDArray[np.uint8],
        nothing: NDArray[np.bool_],
        cut: NDArray[np.bool_],
    ) -> None:
        totals = self._of_block
        totals.rows += len(decision)
        totals.empty += int(nothing.sum())
        totals.cut += int(cut.sum())
        for at, kind in enumerate(DECISIONS):
            totals.buckets[BUCKETS[kind]] += int((decision == at).sum())
        sure = decision == DECISIONS.index(Decision.AUTOMATIC)
        totals.expected_wrong += float((1.0 - found.confidence[sure].astype(np.float64)).sum())

    def _found(self, found: MatchColumns, decision: NDArray[np.uint8]) -> dict[str, object]:
        snapshot = self._index.snapshot
        component = pa.array(found.component, mask=found.component < 0)
        address = pa.array(found.address, mask=found.address < 0)
        buckets = [BUCKETS[kind] for kind in DECISIONS]
        return {
            "匹配_处理": [buckets[each] for each in decision.tolist()],
            "匹配_标准地址": self._full.take(component),
            "匹配_地址标识": snapshot.addresses.key.take(address),
            "匹配_构件标识": snapshot.components.key.take(component),
            "匹配_层级": [LEVELS[MatchLevel(each)] for each in found.match_level.tolist()],
            "匹配_置信度": np.round(found.confidence.astype(np.float64), 4),
        }

    def _position(self, found: MatchColumns) -> dict[str, object]:
        """The point of what was found; of what has none, that of what holds it."""
        if not self._placed:
            return {}
        points = {row: self._index.points.of(row) for row in set(found.component.tolist()) if row >= 0}
        placed = [points.get(row) for row in found.component.tolist()]
        return {
            "匹配_定位层级": [LEVELS[MatchLevel(each.level if each else 0)] for each in placed],
            "匹配_经度": [_known(each and each.longitude_deg, 8) for each in placed],
            "匹配_纬度": [_known(each and each.latitude_deg, 8) for each in placed],
            "匹配_精度_m": [_known(each and each.accuracy_m, 1) for each in placed],
        }

    def _said(self, text: str) -> str:
        """Why a row is to be looked at."""
        self._reviewed[text] += 1
        if text not in self._explained:
            if len(self._explained) >= EXPLAINED_MOST:
                self._of_block.unexplained += 1
                return "请人工核对"
            candidates = self._index.match(text)
            self._explained[text] = _reason(candidates), candidates
        return self._explained[text][0]


def _reason(candidates: Sequence[Match]) -> str:
    if not candidates:
        return SAID[Doubt.NOTHING_FOUND].zh
    first = candidates[0]
    told = [SAID[first.doubt].zh] if first.doubt else []
    told += [conflict.message_zh.rstrip("。") for conflict in first.conflicts]
    missing = [
        each.part.name
        for each in first.evidence
        if each.outcome is Outcome.UNKNOWN and not each.part.inferred
    ]
    if missing:
        told.append(f"登记簿没有:{'、'.join(missing)}")
    if len(candidates) > 1:
        told.append(f"另有相近:{candidates[1].text}")
    return ";".join(dict.fromkeys(told)) or SAID[Doubt.UNSURE].zh


def _candidate(match: Match) -> dict[str, object]:
    placed = not math.isnan(match.longitude_deg)
    return {
        "component": match.component,
        "address": match.address,
        "text": match.text,
        "level": LEVELS[match.match_level],
        "confidence": round(match.confidence, 4),
        "position": [round(match.longitude_deg, 8), round(match.latitude_deg, 8)] if placed else None,
    }


def _known(value: float | None, digits: int) -> float | None:
    return None if value is None or math.isnan(value) else round(value, digits)
