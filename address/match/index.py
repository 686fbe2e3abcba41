"""The index over one snapshot 匹配索引: a text, or many, to the address that is meant."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from address.keys import hashes
from address.match import kernel
from address.match.answer import (
    DECISIONS,
    OUTCOMES,
    Candidate,
    Costs,
    Decision,
    Evidence,
    Match,
    MatchColumns,
)
from address.match.calibrate import Calibration, shipped
from address.match.doubt import Doubt
from address.match.file import load, save
from address.match.known import known_of, learned_of, look_up, row_of
from address.match.near import names_of
from address.match.point import Points
from address.match.rows import MOST_SAID, WIDEST, resolve
from address.match.tables import tables
from address.model import LEVELS, MatchLevel, Parsed
from address.parse import ParsedColumns, Parser, Reading
from address.snapshot import Snapshot

KEPT = 5
ROWS_AT_A_TIME = 8192
THREADS = 2
_LEVEL_OF = np.zeros(256, np.uint8)
for _element, _level in LEVELS.items():
    _LEVEL_OF[_element] = _level

# A scanner's O and l beside digits are digits; a letter alone stays what it is.
_SCANNED = re.compile(
    r"(?<=[\d０-９])[OoＯｏ](?=[\d０-９号號室])|(?<![A-Za-z])[OoＯｏ](?=[\d０-９])"
    r"|(?<=[\d０-９OoＯｏ])[lIｌＩ](?![A-Za-z])|(?<![A-Za-zＡ-Ｚａ-ｚ])[lIｌＩ](?=[OoＯｏ]*[\d０-９])"
    r"|(?<![A-Za-zＡ-Ｚａ-ｚ])(?=[OoIＯｏＩ]*[lｌ])(?=[lIｌＩ]*[OoＯｏ])[OoIlＯｏＩｌ]{2,}(?=[号號室户戶層层楼樓])"
    r"|(?<![A-Za-zＡ-Ｚａ-ｚ])[lｌ]{2,}(?=[\d０-９])"
    r"|(?<=附)[lIｌＩ](?=号)|(?<![A-Za-zＡ-Ｚａ-ｚ])[lｌ](?=[号號室楼层層梯门門]|单元|單元)"
)
_LETTERS = re.compile("[OolIＯｏｌＩ]")


def mended(text: str) -> str:
    """The text with digits where a scanner saw letters; of the same length.

    >>> mended("1O1室"), mended("70l室"), mended("B座l02"), mended("OK大厦")
    ('101室', '701室', 'B座102', 'OK大厦')
    >>> mended("lOl室"), mended("lO38号"), mended("II单元")
    ('101室', '1038号', 'II单元')
    """
    if not _LETTERS.search(text):
        return text
    for _ in range(2):  # once more for what stands beside a digit now: lO38号
        text = _SCANNED.sub(lambda found: _LETTERS.sub(_as_digit, found[0]), text)
    return text


def _as_digit(found: re.Match[str]) -> str:
    return "1" if found[0] in "lIｌＩ" else "0"


class Index:
    """Matches texts with the addresses of a snapshot; one thread at a time."""

    def __init__(
        self,
        snapshot: Snapshot,
        parser: Parser | None = None,
        calibration: Calibration | None = None,
        costs: Costs | None = None,
        file: Path | None = None,
    ) -> None:
        """Builds the index, or maps the one that ``file`` holds for this version of the register."""
        self.snapshot = snapshot
        self.parser = parser or Parser(snapshot)
        self.calibration = calibration or shipped()
        self.costs = costs or Costs()
        if file is not None:
            self.tables, self.names, self.known = load(file, snapshot.version)
        else:
            self.tables = tables(snapshot, self.parser)
            self.names = names_of(snapshot, self.tables)
            self.known = known_of(snapshot)
        self.learned = learned_of(snapshot, self.tables.address)
        self.points = Points(snapshot, self.tables)

    def save(self, file: Path) -> None:
        """Writes the index for other processes to map."""
        save(file, self.snapshot.version, self.tables, self.names, self.known)

    @property
    def nbytes(self) -> int:
        """Memory of the index itself, without snapshot and parser."""
        return sum(column.nbytes for part in (self.tables, self.names, self.known) for column in part)

    def known_component(self, text: str) -> int:
        """The component whose address is written so, letter by letter; -1 for none or several."""
        row = row_of(text, self.known, self.learned)
        return self.snapshot.addresses.component.item(row) if row >= 0 else -1

    def match(self, text: str, limit: int = 5) -> tuple[Match, ...]:
        """Candidates for a text, likeliest first; none where nothing in the register answers."""
        parsed, found = self.candidates(text, limit)
        return tuple(self._match(each, parsed) for each in found)

    def candidates(
        self, text: str, limit: int, reading: Reading | None = None
    ) -> tuple[Parsed, tuple[Candidate, ...]]:
        """What was read in a text, and what it may mean, likeliest first.

        ``reading``: what this index's parser has read in the text already.
        """
        whole = mended(text)
        if reading is None or reading.parsed.text != whole:
            reading = self.parser.read(whole)
        parsed, columns = reading.parsed, reading.columns
        best, rank, feature, doubt, said = self._resolve(columns)
        if best.item(0, 0) < 0:
            return parsed, _told_by_others(parsed)[: max(limit, 0)]
        confidence = float(self.calibration.confidence(feature)[0])
        decision = int(self._decided(feature, np.array([confidence]), best[:, 0])[0])
        first, why = best.item(0, 0), _why(decision, doubt.item(0))
        exact = row_of(text, self.known, self.learned)
        if exact >= 0:
            first, confidence, decision = self.snapshot.addresses.component.item(exact), 1.0, 0
            why = Doubt.NONE
        found = [
            Candidate(
                first, rank.item(0, 0), confidence, feature.item(0, kernel.MARGIN), DECISIONS[decision],
                _evidence(parsed, columns, said[0]), why,
            )
        ]  # fmt: skip
        for k in range(1, min(limit, KEPT)):
            row = best.item(0, k)
            if row >= 0 and row != first:
                behind = rank.item(0, 0) - rank.item(0, k)
                # The rest of the confidence is shared by how far behind they are.
                share = math.exp(-behind)
                left = (1.0 - confidence) * share / (1.0 + share)
                found.append(Candidate(row, rank.item(0, k), left, -behind, Decision.REVIEW, (), Doubt.RIVAL))
        return parsed, tuple(found[: max(limit, 0)])

    def doubt(self, reading: Reading, component: int) -> Doubt:
        """Why a component that a text names in full is yet not what it says; none where nothing says so.

        ``reading``: what this index's parser has read. That the component has no address of its own is
        no reason: it is the place itself that was named.
        """
        best, _, _, doubt, _ = self._resolve(reading.columns)
        first = best.item(0, 0)
        if first != component:
            return Doubt.RIVAL if first >= 0 else Doubt.BESIDE if reading.parsed.qualifiers else Doubt.NONE
        why = Doubt(doubt.item(0))
        return Doubt.NONE if why is Doubt.NO_ADDRESS else why

    def match_many(self, texts: Sequence[str] | pa.Array | pa.ChunkedArray) -> MatchColumns:
        """The best candidate of each text; equal texts are matched once."""
        array = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else _as_array(texts)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        encoded = array.cast(pa.string()).fill_null("").dictionary_encode()
        distinct, place = encoded.dictionary, encoded.indices.to_numpy()
        found = self._distinct(distinct)
        return MatchColumns(*(getattr(found, name)[place] for name in MatchColumns.__slots__))

    def _exact(self, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The address that is written so, letter by letter, by the register or by a department."""
        found = look_up(self.known, keys)
        return np.where(found >= 0, found, look_up(self.learned, keys))

    def features(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Best component and features of each text, without the short way: what calibration is fitted on."""
        best, _, feature, *_ = self._resolve(self.parser.parse_many([mended(text) for text in texts]))
        return best[:, 0], feature

    def _distinct(self, texts: pa.Array) -> MatchColumns:
        exact = self._exact(hashes(texts))
        component = np.full(len(texts), -1, np.int32)
        confidence = np.ones(len(texts), np.float32)
        margin = np.full(len(texts), WIDEST, np.float32)
        decision = np.zeros(len(texts), np.uint8)
        hit = exact >= 0
        component[hit] = self.snapshot.addresses.component[exact[hit]]
        rest = np.flatnonzero(~hit)
        wanted = [mended(text) for text in texts.take(pa.array(rest)).to_pylist()]
        starts = range(0, len(wanted), ROWS_AT_A_TIME)

        def work(start: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
            beside = self.parser.beside()
            best, _, feature, *_ = self._resolve(beside.parse_many(wanted[start : start + ROWS_AT_A_TIME]))
            return best[:, 0].copy(), feature

        with ThreadPoolExecutor(THREADS) as pool:
            for start, (best, feature) in zip(starts, pool.map(work, starts), strict=True):
                rows = rest[start : start + ROWS_AT_A_TIME]
                sure = self.calibration.confidence(feature)
                sure[best < 0] = 0.0
                component[rows], confidence[rows] = best, sure
                margin[rows] = feature[:, kernel.MARGIN]
                decision[rows] = self._decided(feature, sure, best)
        level = np.where(component >= 0, _LEVEL_OF[self.tables.element[np.maximum(component, 0)]], 0)
        address = np.where(component >= 0, self.tables.address[np.maximum(component, 0)], -1)
        return MatchColumns(
            component, address.astype(np.int32), level.astype(np.uint8), confidence, margin, decision, hit
        )

    def _resolve(
        self, c: ParsedColumns
    ) -> tuple[
        NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8], NDArray[np.uint8]
    ]:
        count = len(c)
        best = np.empty((count, KEPT), np.int32)
        rank = np.empty((count, KEPT), np.float64)
        feature = np.zeros((count, kernel.FEATURES), np.float64)
        doubt = np.zeros(count, np.uint8)
        said = np.zeros((count, MOST_SAID), np.uint8)
        resolve(
            self.tables, self.names, c.sort, c.what, c.first, c.last, c.start, c.end, c.number,
            c.sub_number, c.letter, c.marks, c.owner, c.candidate_of, c.candidate, c.folded, c.item_of,
            c.folded_of, c.score, best, rank, feature, doubt, said,
        )  # fmt: skip
        return best, rank, feature, doubt, said

    def _decided(
        self, feature: NDArray[np.float64], confidence: NDArray[np.float64], best: NDArray[np.int32]
    ) -> NDArray[np.uint8]:
        """Decisions by cost; what is doubtful in itself is looked at however sure it seems."""
        decision = np.full(len(best), DECISIONS.index(Decision.REVIEW), np.uint8)
        decision[(confidence >= self.costs.accept_from) & (feature[:, kernel.DOUBTFUL] == 0)] = (
            DECISIONS.index(Decision.AUTOMATIC)
        )
        decision[
            (confidence < self.costs.reject_below) & (feature[:, kernel.NO_ADDRESS] > 0) | (best < 0)
        ] = DECISIONS.index(Decision.REJECT)
        return decision

    def _match(self, found: Candidate, parsed: Parsed) -> Match:
        component = found.row
        address = int(self.tables.address[component])
        point = self.points.of(component, parsed)
        return Match(
            address=str(self.snapshot.addresses.key[address]) if address >= 0 else None,
            component=str(self.snapshot.components.key[component]),
            row=component,
            text=self._path(component),
            match_level=LEVELS[int(self.tables.element[component])],
            point_level=MatchLevel(point.level),
            longitude_deg=point.longitude_deg,
            latitude_deg=point.latitude_deg,
            accuracy_m=point.accuracy_m,
            score=found.score,
            confidence=found.confidence,
            margin=found.margin,
            decision=found.decision,
            evidence=found.evidence,
            conflicts=parsed.conflicts,
            doubt=found.doubt,
        )

    def _path(self, component: int) -> str:
        names = []
        while component >= 0:
            names.append(self.snapshot.components.name[component].as_py())
            component = int(self.tables.parent[component])
        return "".join(reversed(names))


def _why(decision: int, doubt: int) -> Doubt:
    """Why a match is looked at: what stands against it, else that it is not sure enough."""
    if DECISIONS[decision] is Decision.AUTOMATIC:
        return Doubt.NONE
    return Doubt(doubt) if doubt else Doubt.UNSURE


def _as_array(texts: Sequence[str]) -> pa.Array:
    """A column of texts; half a character is none: it becomes ?."""
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())


def _told_by_others(parsed: Parsed) -> tuple[Candidate, ...]:
    """Of a text that names a crossing or a place beside alone: what it names, to be looked at."""
    rows = [row for qualifier in parsed.qualifiers for part in qualifier.parts for row in part.components]
    return tuple(
        Candidate(row, 0.0, 0.0, 0.0, Decision.REVIEW, (), Doubt.BESIDE) for row in dict.fromkeys(rows)
    )


def _evidence(parsed: Parsed, columns: ParsedColumns, said: NDArray[np.uint8]) -> tuple[Evidence, ...]:
    """The parts of the reading with their outcomes; both list parts first, in the same order."""
    told = zip(columns.sort.tolist(), columns.owner.tolist(), said.tolist(), strict=False)
    outcomes = [outcome for sort, owner, outcome in told if sort == 0 and owner < 0]
    return tuple(
        Evidence(part, OUTCOMES[outcome]) for part, outcome in zip(parsed.parts, outcomes, strict=False)
    )
