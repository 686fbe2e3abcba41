"""Rows for the staging table, made batch by batch from the reader's arrays."""

from __future__ import annotations

from collections.abc import Iterator

from spatial.catalogue.contract import Contract
from spatial.datum import STANDARD, Registry
from spatial.exchange import fields, shapes
from spatial.exchange.batches import Batch, Content
from spatial.exchange.evidence import FrameReading
from spatial.exchange.identity import PROVISIONAL, assigned, new_identities
from spatial.exchange.report import Rejection
from spatial.exchange.sandbox import Limits


class Rows:
    """Iterates over staged rows; what cannot become a row is in ``rejected`` afterwards."""

    def __init__(
        self,
        contract: Contract,
        content: Content,
        mapped: fields.Mapped,
        reading: FrameReading | None,
        limits: Limits,
        registry: Registry = STANDARD,
        *,
        provisional: bool = False,
    ) -> None:
        self.rejected: list[Rejection] = []
        self.path: tuple[str, ...] = ()
        self.accuracy_m: float | None = None
        self._contract = contract
        self._content = content
        self._mapped = mapped
        self._reading = reading
        self._limits = limits
        self._registry = registry
        self._identities = new_identities()
        # Only where there are features to be found again does a new identity give way.
        self._mark = PROVISIONAL if provisional else ""

    @property
    def columns(self) -> list[str]:
        """Names of the columns each row holds."""
        geometry = [] if self._reading is None else ["geom"]
        return ["line", "fid", *geometry, *(field.name for field, _ in self._mapped.fields)]

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        for batch in self._content.read():
            yield from self._batch(batch)

    def _batch(self, batch: Batch) -> Iterator[tuple[object, ...]]:
        wrong: dict[int, list[tuple[str, str, str, str | None]]] = {}
        cells = []
        for field, index in self._mapped.fields:
            values, failed = fields.cast(field, batch.columns[index], batch.lossy[index].tolist())
            cells.append(values)
            for row, reason in failed.items():
                told = batch.columns[index][row]
                zh, en = f"字段 {field.name}:{reason.zh}", f"field {field.name}: {reason.en}"
                wrong.setdefault(row, []).append((f"type:{field.name}", zh, en, told))
        parts: list[list[object]] = [batch.lines.tolist(), self._fids(batch, cells, wrong)]
        places: list[tuple[float, float] | None] = [None] * len(batch.lines)
        if self._reading is None:
            for row, (zh, en) in batch.problems.items():
                wrong.setdefault(row, []).append(("unreadable", zh, en, None))
        else:
            source = self._registry.frame(self._reading.frame)
            arrived = shapes.bring(
                batch, source, self._reading.swapped, self._limits.vertices, self._registry
            )
            self.path, self.accuracy_m = arrived.path or self.path, arrived.accuracy_m or self.accuracy_m
            places = arrived.places
            for row, (rule, zh, en) in arrived.wrong.items():
                wrong.setdefault(row, []).append((rule, zh, en, None))
            parts.append(list(arrived.ewkb))
        for row, whole in enumerate(zip(*parts, *cells, strict=True)):
            if row in wrong:
                self._reject(whole, wrong[row], places[row])
            else:
                yield whole

    def _fids(
        self,
        batch: Batch,
        cells: list[list[object]],
        wrong: dict[int, list[tuple[str, str, str, str | None]]],
    ) -> list[object]:
        if self._contract.key:
            names = [field.name for field, _ in self._mapped.fields]
            keys = cells[names.index(self._contract.key)]
            for row, key in enumerate(keys):
                if (key is None or key == "") and row not in wrong:
                    wrong[row] = [("key-missing", "没有主键值", "has no key value", None)]
            return [None if key is None else str(key) for key in keys]
        given = None if self._mapped.fid is None else batch.columns[self._mapped.fid]
        if given is None:
            return [self._mark + next(self._identities) for _ in range(len(batch.lines))]
        fids: list[object] = []
        for row, text in enumerate(given):
            known = None if not text else assigned(text)
            if text and known is None:
                zh, en = f"要素标识不是 UUID:{text}", f"the feature's identity is no UUID: {text}"
                wrong.setdefault(row, []).append(("identity", zh, en, text))
            fids.append(known or self._mark + next(self._identities))
        return fids

    def _reject(
        self,
        row: tuple[object, ...],
        reasons: list[tuple[str, str, str, str | None]],
        place: tuple[float, float] | None,
    ) -> None:
        lon, lat = place or (None, None)
        fid = None if row[1] is None else str(row[1]).removeprefix(PROVISIONAL)
        for rule, zh, en, value in reasons:
            line = int(str(row[0]))
            self.rejected.append(Rejection(line, fid, rule, zh, en, value, lon, lat))
