"""What the processes of lists do; compiled loops are read with it, so it is imported when one runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from address import review_store
from address.batch import MEDIA_TYPES, Listing, Matcher, Sheet, chosen, opened
from address.engine import ENGINE
from spatial.database import connect
from spatial.errors import FieldsDoNotMatch
from spatial.exchange import sandbox
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import delivered

REPEATED_SHOWN: Final = 20


def matched(context: Context, inputs: Inputs, *, placed: bool) -> Outputs:
    """Match a list, all of it or its first rows."""
    with sandbox.work_folder() as work:
        listing, columns, matcher = _begun(context, inputs, work, placed=placed)
        repeated = _Repeated(listing, inputs.get("key"))
        most = inputs.get("preview")
        rows: list[dict[str, Any]] = []
        kind = inputs.get("format", listing.format)
        path = context.work / f"matched.{kind}"
        with Sheet(path, kind) as sheet:
            for block in matcher.run(most):
                repeated.take(block)
                sheet.write(block)
                if most is not None:
                    rows += block.to_pylist()
                _tell(context, matcher, most or listing.count)
        report = _report(listing, columns, matcher) | repeated.told()
    report |= {"preview": rows} if most is not None else {}
    outputs: dict[str, Document | Filed] = {
        "list": _filed(path, kind, listing, "匹配"),
        "report": Document(report),
    }
    if inputs.get("review", False) and most is None:
        _keep_for_review(context, matcher, report, outputs)
    return outputs


def _keep_for_review(
    context: Context, matcher: Matcher, report: dict[str, Any], outputs: dict[str, Document | Filed]
) -> None:
    """The list under review and the end of its job are one transaction."""
    owner, totals = context.owner, matcher.totals
    with connect(context.dsn) as connection, connection.transaction():
        report["review"] = review_store.add(
            connection,
            report["name"],
            owner.department,
            owner.subject,
            matcher.register,
            report["columns"],
            totals.rows,
            totals.buckets,
            matcher.to_review(),
        )
        outputs["report"] = Document(report)
        context.finish(connection, outputs)


def deduped(context: Context, inputs: Inputs) -> Outputs:
    """Which rows of a list mean the same address; the first of each group stands for it."""
    with sandbox.work_folder() as work:
        listing, columns, matcher = _begun(context, inputs, work, placed=False)
        kind = inputs.get("format", listing.format)
        between = context.work / "matched.parquet"
        keys: list[str] = []
        with Sheet(between, "parquet") as sheet:
            for block in matcher.run():
                keys += _meaning(block, columns)
                sheet.write(block)
                _tell(context, matcher, listing.count)
        groups = _Groups(keys)
        path = context.work / f"deduped.{kind}"
        with Sheet(path, kind, "去重") as sheet, pq.ParquetFile(between) as file:
            for batch in file.iter_batches():
                sheet.write(groups.appended(pa.Table.from_batches([batch])))
        report = _report(listing, columns, matcher) | groups.told()
    return {"list": _filed(path, kind, listing, "去重"), "report": Document(report)}


def _begun(
    context: Context, inputs: Inputs, work: Path, *, placed: bool
) -> tuple[Listing, tuple[str, ...], Matcher]:
    listing = opened(_delivered(inputs, work), work, inputs.get("encoding"), inputs.get("sheet"))
    context.step(5, f"名单 {listing.count} 行,读取登记簿", f"{listing.count} rows; reading the register")
    with connect(context.dsn) as connection:
        index = ENGINE.index(connection)
    columns = chosen(listing, index.parser, inputs.get("columns"))
    return listing, columns, Matcher(index, listing, columns, placed=placed)


def _delivered(inputs: Inputs, work: Path) -> Path:
    folder = work / "delivered"
    folder.mkdir()
    return delivered(inputs["file"], folder)


def _tell(context: Context, matcher: Matcher, of: int) -> None:
    done = matcher.totals.rows
    context.step(10 + 85 * done // max(of, done, 1), f"已匹配 {done} 行", f"{done} rows matched")


def _report(listing: Listing, columns: tuple[str, ...], matcher: Matcher) -> dict[str, Any]:
    return {
        "name": listing.name,
        "format": listing.format,
        "encoding": listing.encoding,
        "columns": list(columns),
        "all_columns": list(listing.columns),
        "register": matcher.register,
        **matcher.totals.to_json(),
    }


def _filed(path: Path, kind: str, listing: Listing, what: str) -> Filed:
    return Filed(path, MEDIA_TYPES[kind], f"{Path(listing.name).stem}_{what}.{kind}")


class _Repeated:
    """Values of the list's own key that stand on several rows."""

    def __init__(self, listing: Listing, key: str | None) -> None:
        if key is not None and key not in listing.columns:
            raise FieldsDoNotMatch(
                f"名单没有这一列(现有:{'、'.join(listing.columns)}):{key}",
                f"the list has no such column (it has {', '.join(listing.columns)}): {key}",
                value=key,
            )
        self._key = key
        self._held: Counter[str | None] = Counter()

    def take(self, block: pa.Table) -> None:
        if self._key is not None:
            self._held.update(block.column(self._key).to_pylist())

    def told(self) -> dict[str, Any]:
        if self._key is None:
            return {}
        missing = self._held.pop(None, 0)
        again = [(value, number) for value, number in self._held.items() if number > 1]
        shown = [{"value": value, "rows": number} for value, number in again[:REPEATED_SHOWN]]
        return {"key": self._key, "keys_missing": missing, "keys_repeated": len(again), "repeated": shown}


def _meaning(block: pa.Table, columns: tuple[str, ...]) -> Iterator[str]:
    """What a row means: its address where that is sure, else its own words."""
    texts = zip(*(block.column(name).to_pylist() for name in columns), strict=True)
    found = zip(
        block.column("匹配_处理").to_pylist(), block.column("匹配_构件标识").to_pylist(), texts, strict=True
    )
    for bucket, component, words in found:
        said = "".join("".join(each.split()) for each in words if each)
        yield f"={component}" if bucket == "自动" else f"~{said}" if said else ""


class _Groups:
    """Rows of one meaning, numbered in the order in which they first come."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys
        self._size = Counter(keys)
        self._number: dict[str, int] = {}
        self._first: dict[str, int] = {}
        for row, key in enumerate(keys):
            if key and key not in self._number:
                self._number[key], self._first[key] = len(self._number) + 1, row
        self._at = 0

    def appended(self, block: pa.Table) -> pa.Table:
        """The next rows, with their groups."""
        at = range(self._at, self._at + block.num_rows)
        self._at += block.num_rows
        keys = [self._keys[row] for row in at]
        told: dict[str, pa.Array] = {
            "去重_组": pa.array([self._number.get(key) for key in keys], pa.int64()),
            "去重_组内行数": pa.array([self._size[key] if key else 1 for key in keys], pa.int64()),
            "去重_代表": pa.array(
                [
                    "是" if not key or self._first[key] == row else "否"
                    for row, key in zip(at, keys, strict=True)
                ]
            ),
            "去重_依据": pa.array([_BY.get(key[:1], "没有地址文字") for key in keys]),
        }
        for name, column in told.items():
            block = block.append_column(name, column)
        return block

    def told(self) -> dict[str, Any]:
        sizes = [self._size[key] for key in self._number]
        return {
            "groups": len(sizes),
            "duplicates": sum(sizes) - len(sizes),
            "largest_group": max(sizes, default=0),
        }


_BY: Final = {"=": "同一地址", "~": "文字相同"}
