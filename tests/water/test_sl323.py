"""SL 323 tables: what is written is read again, what a column cannot hold is refused by its line."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.datum.clock import BEIJING
from water.errors import BadStation
from water.gauges import sl323
from water.gauges.station import ELEMENTS

RIVER = sl323.table("ST_RIVER_R")
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(
    lambda each: each.replace(microsecond=0, tzinfo=BEIJING)
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "STCD": st.from_regex(r"[0-9]{8}", fullmatch=True),
            "TM": TIMES,
            "Z": st.one_of(st.none(), st.integers(-9_999_999, 9_999_999).map(lambda each: each / 1000)),
            "Q": st.one_of(st.none(), st.integers(0, 999_999_999).map(lambda each: each / 1000)),
            "FLWCHRCD": st.one_of(st.none(), st.sampled_from("123456")),
        }
    ),
    max_size=8,
)


@given(ROWS)
def test_what_is_written_is_read_again(rows: list[dict[str, Any]]) -> None:
    found, faults = sl323.read(RIVER, sl323.write(RIVER, rows))
    assert not faults
    assert [{name: row[name] for name in told} for told, (_, row) in zip(rows, found, strict=True)] == rows


def test_as_another_reader_sees_it() -> None:
    row = {"STCD": "41800001", "TM": datetime(2026, 7, 1, 8, tzinfo=BEIJING), "Z": 21.5, "Q": 1680.0}
    (told,) = csv.DictReader(io.StringIO(sl323.write(RIVER, [row]).decode()))
    assert told["Z"] == "21.500" and told["Q"] == "1680.000" and told["TM"] == "2026-07-01 08:00:00"
    assert list(told) == [
        *("STCD", "TM", "Z", "Q", "XSA", "XSAVV", "XSMXV", "FLWCHRCD", "WPTN", "MSQMT", "MSAMT", "MSVMT"),
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("Z", 12345.0), ("Z", float("inf")), ("Q", 1e7), ("STCD", "123456789")]
)
def test_a_value_that_does_not_fit_is_not_cut(name: str, value: Any) -> None:
    row = {"STCD": "41800001", "TM": datetime(2026, 7, 1, tzinfo=BEIJING), name: value}
    with pytest.raises(BadStation, match=name):
        sl323.write(RIVER, [row])


def test_bad_rows_are_named_by_their_line_and_the_others_are_read() -> None:
    text = (
        "stcd,tm,z\r\n41800001,2026-07-01 08:00,21.5\r\n,2026-07-01 09:00,21.5\r\n41800001,昨天,1\r\n"
        "41800001,2026/7/1 10:00:00,12345.1\r\n41800001,2026-02-30 10:00,1\r\n"
        "41800001,2026-07-01 11:00,1e1\r\n41800001,2026-07-01 12:00,\r\n"
    )
    rows, faults = sl323.read(RIVER, text.encode("gb18030"))
    assert [line for line, _ in rows] == [2, 8] and [each.line for each in faults] == [3, 4, 5, 6, 7]
    assert rows[1][1]["Z"] is None
    for wrong in ("STCD,Z\n1,2\n", "STCD,TM,深度\n1,2,3\n", "STCD,STCD,TM\n", ""):
        with pytest.raises(BadStation):
            sl323.read(RIVER, wrong.encode())
    with pytest.raises(BadStation):
        sl323.table("ST_WHAT_R")


def test_tables_hold_elements_that_there_are_and_say_what_is_unverified() -> None:
    shipped = sl323.shipped()
    assert {each.id for each in shipped.values() if each.verified} == {"ST_RIVER_R", "ST_PPTN_R"}
    for each in shipped.values():
        assert set(each.elements.values()) <= set(ELEMENTS)
        assert set(each.elements) <= {column.name for column in each.columns}


def test_a_row_of_one_gate_names_it() -> None:
    gates = sl323.table("ST_GATE_R")
    row = {"EXKEY": "A", "EQPTP": "1", "EQPNO": "02"}
    assert gates.part_of(row) == "A.1.02" and gates.part_cells("A.1.02") == row
    assert gates.part_of({"EQPNO": None}) == "" and gates.part_cells("") == {}
    assert gates.part_cells(gates.part_of({"EQPNO": "2"})) == {"EXKEY": "", "EQPTP": "", "EQPNO": "2"}
    with pytest.raises(BadStation, match=r"1/2"):
        gates.part_of({"EQPNO": "1/2"})
