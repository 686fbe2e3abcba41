"""Claims: none without a source, heights with a datum, never altered, side by side, chosen, as of then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import database_of

from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.editing.restate_store import restate
from spatial.errors import FieldsDoNotMatch, RowsRejected
from spatial.history import ledger
from spatial.history.model import Intent
from water.errors import ClaimRefused, UnknownClaim
from water.moment import Moment
from water.works import claim_file, claim_store, claims, layers, loading, vocabulary
from water.works.claim import Answered, Claim, Standing, Value, answered
from water.works.datum import VerticalDatum
from water.works.rules import claim_of

DAY = datetime(2026, 3, 1, tzinfo=BEIJING)
TOLD = {
    "subject_kind": "river",
    "subject": "mi",
    "subject_name": "弥河",
    "property": "length",
    "value": "206",
    "document": "山东省志",
}


def intent(day: datetime = DAY, author: str = "李工") -> Intent:
    return Intent(author, "寿光市水利局", "测试", day)


def later(days: int) -> Moment:
    return Moment(DAY + timedelta(days=days))


@pytest.fixture(scope="module")
def register(server_dsn: str, template: str) -> Iterator[str]:
    with database_of(server_dsn, template) as dsn:
        assert loading.build(dsn) == 170
        yield dsn


@pytest.fixture
def claimed(register: str) -> Iterator[Connection]:
    """Whatever a test does there is taken back."""
    with connect(register) as connection, connection.transaction(force_rollback=True):
        yield connection


def of(
    connection: Connection, subject: str, name: str, scope: str = "", moment: Moment | None = None
) -> Answered:
    found = claims.of_subject(connection, subject, moment or later(9))
    (one,) = [each for each in found if (each.question.attribute, each.question.scope) == (name, scope)]
    return one


def test_the_facts_of_the_reference_stand_side_by_side(claimed: Connection) -> None:
    length = of(claimed, "mi", "length")
    assert length.conflict and length.shown is None and length.choice is None
    assert {(each.claim.value.number, each.claim.source.document) for each in length.claims} == {
        (206.0, "山东省志"),
        (193.0, "2019 年弥河治理工程设计批复(齐鲁网报道)"),
        (176.2, "山东省水文局论文"),
    }
    within = of(claimed, "mi", "length", "寿光境内")
    assert not within.conflict and within.shown is not None
    assert within.shown.claim.standing is Standing.UNVERIFIED
    assert [each.claim.value.number for each in of(claimed, "mi", "catchment").claims] == [3319, 3863, 3847.5]
    sill = of(claimed, "yeyuan", "sill-elevation", "放水洞").claims[0].claim
    assert (sill.value.number, sill.value.datum) == (126.0, VerticalDatum.NOT_STATED)
    with_source = claim_store.subjects(claimed, later(9))
    assert sum(count for *_, count in with_source) == 170
    assert {"mi", "dan", "yeyuan", "tangshuiya", "2018-rumbia", "2019-lekima"} <= {
        each[1] for each in with_source
    }


def test_parts_of_the_release_stay_apart_and_the_nested_reservoir_is_no_part(claimed: Connection) -> None:
    flood = claims.of_subject(claimed, "2018-rumbia", later(9))
    releases = {
        (each.question.applies_to[:5], each.question.scope): each.claims[0].claim.value.number
        for each in flood
        if each.question.attribute == "release"
    }
    for at, total in (("14:50", 581.0), ("17:10", 684.0)):
        parts = [releases[(at, scope)] for scope in ("冶源", "黑虎山", "嵩山")]
        assert sum(parts) == total == releases[(at, "三座水库合计")]  # type: ignore[arg-type]
    assert not any("淌水崖" in scope for _, scope in releases)
    assert all("日期未载明" in each.question.applies_to or each.question.scope == "三座水库合计"
               for each in flood if each.question.attribute == "release")  # fmt: skip


def test_a_second_load_writes_nothing(register: str) -> None:
    assert loading.build(register) == 0
    with connect(register) as connection:
        assert ledger.verify(connection).ok
        assert len(ledger.changesets(connection, layers.CLAIMS, limit=9)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"document": " "}, "document"),
        ({"value": "多"}, "value"),
        ({"value": None}, "value"),
        ({"value": "nan"}, "value"),
        ({"value_to": 206}, "value_to"),
        ({"unit": "m3/s"}, "unit"),
        ({"property": "beauty"}, "property"),
        ({"subject": "弥河"}, "subject"),
        ({"subject_kind": "lake"}, "subject_kind"),
        ({"document_date": "去年"}, "document_date"),
        ({"property": "sill-elevation", "value": 130, "unit": "m"}, "vertical_datum"),
        ({"property": "sill-elevation", "value": 130, "vertical_datum": "none"}, "vertical_datum"),
        ({"vertical_datum": "cgvd1985"}, "vertical_datum"),
        ({"property": "course"}, "text"),
        ({"standing": "believed"}, "standing"),
        ({"property": "sill-elevation", "vertical_datum": "not-stated", "standing": "verified"}, "standing"),
    ],
)
def test_what_cannot_be_a_claim_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ClaimRefused) as refused:
        claim_of({**TOLD, **change})
    assert refused.value.details["field"] == field
    assert refused.value.zh and refused.value.en


def test_a_datum_by_its_chinese_name_and_the_usual_unit() -> None:
    told = {**TOLD, "property": "crest-elevation", "value": "21.35", "vertical_datum": "1985 国家高程基准"}
    value = claim_of(told).value
    assert (value.number, value.unit, value.datum) == (21.35, "m", VerticalDatum.CGVD1985)


def test_the_register_refuses_what_comes_by_another_door(claimed: Connection) -> None:
    held = claim_store.claims(claimed, ["mi"], later(9))[0]
    sill = next(
        each
        for each in claim_store.claims(claimed, ["yeyuan"], later(9))
        if each.claim.attribute == "sill-elevation"
    )
    attempts: list[tuple[str, dict[str, Any]]] = [
        (held.claim.id, {"value": 1.0}),
        (held.claim.id, {"document": "  "}),
        (held.claim.id, {"author": "别人"}),
        (held.claim.id, {"remove": True}),
        (sill.claim.id, {"vertical_datum": "none"}),
    ]  # fmt: skip
    for fid, said in attempts:
        with pytest.raises(RowsRejected), claimed.transaction():
            restate(claimed, layers.CLAIMS, intent(), changed=[{"fid": fid, **said}])
    done = restate(claimed, layers.CLAIMS, intent(), changed=[{"fid": held.claim.id, "standing": "verified"}])
    assert done is not None
    assert (
        claim_store.by_id(claimed, [held.claim.id], later(1))[held.claim.id].claim.standing
        is Standing.VERIFIED
    )


def test_the_same_claim_is_one_and_its_standing_has_a_history(claimed: Connection) -> None:
    claim = claim_of({**TOLD, "value": "205.5", "document": "测试文件", "page": "3"})
    first = claims.record(claimed, [claim, claim], intent())
    assert (first.entered, first.restated, first.repeated) == ((claim.id,), (), ())
    again = claims.record(claimed, [claim], intent())
    assert again.repeated == (claim.id,) and again.changeset is None
    checked = replace(claim, standing=Standing.VERIFIED, note="已与原件核对")
    second = claims.record(claimed, [checked], intent(DAY + timedelta(days=5), "王工"))
    assert second.restated == (claim.id,)
    before, after = (claim_store.by_id(claimed, [claim.id], later(days))[claim.id] for days in (4, 5))
    assert (before.claim.standing, after.claim.standing) == (Standing.UNVERIFIED, Standing.VERIFIED)
    assert {before.entered_by, after.entered_by} == {"李工"}
    stood = [(each.claim.standing, each.entered_by) for each in claim_store.versions(claimed, claim.id)]
    assert stood == [(Standing.UNVERIFIED, "李工"), (Standing.VERIFIED, "王工")]
    claims.record(claimed, [replace(checked, note="")], intent(DAY + timedelta(days=6)))
    assert claim_store.by_id(claimed, [claim.id], later(6))[claim.id].claim.note == ""
    with pytest.raises(ClaimRefused):
        claims.record(claimed, [claim, checked], intent())


def test_who_chose_which_claim_when_and_why(claimed: Connection) -> None:
    by_number = {each.claim.value.number: each.claim.id for each in of(claimed, "mi", "length").claims}
    claims.choose(claimed, by_number[206.0], "省志为准", intent(DAY, "李工"))
    claims.choose(claimed, by_number[193.0], "设计批复更新", intent(DAY + timedelta(days=5), "王工"))
    then, now = (of(claimed, "mi", "length", moment=later(days)) for days in (4, 5))
    assert then.shown is not None and then.shown.claim.value.number == 206.0
    assert then.choice is not None and then.choice.chosen_by == "李工"
    assert now.shown is not None and now.shown.claim.value.number == 193.0 and now.conflict
    assert now.choice is not None and (now.choice.chosen_by, now.choice.reason) == ("王工", "设计批复更新")
    assert of(claimed, "mi", "length", moment=later(-1)).choice is None
    told = [(each.chosen_by, each.reason) for each in claim_store.choice_history(claimed, now.question)]
    assert told == [("李工", "省志为准"), ("王工", "设计批复更新")]
    shown = claim_store.by_id(claimed, [by_number[193.0]], later(9))[by_number[193.0]].claim
    claims.record(claimed, [replace(shown, standing=Standing.WITHDRAWN)], intent(DAY + timedelta(days=6)))
    gone = of(claimed, "mi", "length", moment=later(6))
    assert gone.shown is None and gone.conflict  # whoever chose has to choose again
    with pytest.raises(ClaimRefused):
        claims.choose(claimed, by_number[193.0], "仍用", intent(DAY + timedelta(days=7)))
    with pytest.raises(ClaimRefused):
        claims.choose(claimed, by_number[206.0], " ", intent())
    with pytest.raises(UnknownClaim):
        claims.choose(claimed, "CLM-" + "0" * 20, "无", intent())


def test_what_was_known_then_stays_known(register: str) -> None:
    """Recorded time: what was entered later is not there as of before."""
    claim = claim_of({**TOLD, "subject": "asof-river", "value": "10"})
    with connect(register) as connection, connection.transaction():
        claims.record(connection, [claim], intent(datetime(2026, 1, 1, tzinfo=BEIJING)))
    with connect(register) as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
        assert row
        claims.record(connection, [replace(claim, standing=Standing.WITHDRAWN)], intent(DAY))
        then, now = (
            claims.of_subject(connection, "asof-river", Moment(DAY, asof)) for asof in (row[0], None)
        )
        assert then[0].shown is not None and now[0].shown is None and not now[0].groups
        assert (
            claims.of_subject(connection, "asof-river", Moment(DAY, datetime(2026, 1, 1, tzinfo=UTC))) == ()
        )


FILE = "对象类别,对象,对象名称,属性,value,单位(UCUM),来源文件,高程基面\n"


def test_a_file_is_taken_whole_or_every_row_that_cannot_is_named(tmp_path: Path) -> None:
    sound = "工程,S1,闸,gate-bays,9,,竣工图,\n工程,S1,闸,sill-elevation,12.5,m,竣工图,1985 国家高程基准\n"
    path = tmp_path / "主张.csv"
    path.write_text(FILE + sound, "utf-8")
    found = claim_file.read(path)
    assert [each.value.number for each in found.claims] == [9.0, 12.5] and len(found.sha256) == 32
    bad = (
        "work,S1,闸,gate-bays,9,,,\n",
        "work,S1,闸,gate-bays,9,,图,\n",
        "work,S1,闸,crest-elevation,9,m,图,\n",
    )
    path.write_text(FILE + "".join(bad), "utf-8")
    with pytest.raises(RowsRejected) as refused:
        claim_file.read(path)
    told = refused.value.details["report"]["faults"]  # type: ignore[index]
    assert [each["line"] for each in told] == [2, 4]
    assert "来源文件" in told[0]["zh"] and "基面" in told[1]["zh"]
    path.write_text("对象,属性,数\nmi,length,1\n", "utf-8")
    with pytest.raises(FieldsDoNotMatch, match="来源文件"):
        claim_file.read(path)


def test_a_workbook_is_read_alike(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["subject_kind", "subject", "subject_name", "property", "value", "document"],
                ["river", "mi", "弥河", "length", 206, "山东省志"]):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "claims.xlsx")
    (found,) = claim_file.read(tmp_path / "claims.xlsx").claims
    assert found == claim_of({**TOLD, "value": 206})


NUMBERS = st.floats(-1e6, 1e6).map(lambda each: round(each, 3))


@given(
    value=NUMBERS,
    page=st.integers(1, 900),
    standing=st.sampled_from(Standing),
    note=st.text("甲乙", max_size=4),
)
def test_identity_is_what_is_said_and_nothing_else(
    value: float, page: int, standing: Standing, note: str
) -> None:
    claim = claim_of({**TOLD, "value": value, "page": str(page)})
    assert replace(claim, standing=standing, note=note).id == claim.id
    assert claim_of({**TOLD, "value": value + 1, "page": str(page)}).id != claim.id
    assert claim_of({**TOLD, "value": value, "page": str(page + 1)}).id != claim.id
    assert claim_of({**claim.row(), "subject_name": "弥河"}) == claim


@given(
    st.lists(
        st.tuples(st.sampled_from([100.0, 200.0, 206.0]), st.booleans(), st.sampled_from(Standing)),
        max_size=8,
    )
)
def test_groups_part_the_claims_by_what_they_say(told: list[tuple[float, bool, Standing]]) -> None:
    made: list[Claim] = []
    for number, (km, metres, standing) in enumerate(told):
        value = {"value": km * 1000, "unit": "m"} if metres else {"value": km, "unit": "km"}
        made.append(replace(claim_of({**TOLD, **value, "document": f"文件 {number}"}), standing=standing))
    held = [claim_store.Held(each, 1, "a", "b", DAY) for each in made]
    standing_now = [each for each in held if each.claim.standing is not Standing.WITHDRAWN]
    for one in answered(held, {}):
        assert sorted(each.claim.id for group in one.groups for each in group) == sorted(
            each.claim.id for each in standing_now
        )
        said = [{round(_km(each.claim.value), 6) for each in group} for group in one.groups]
        assert all(len(each) == 1 for each in said) and len(set.union(set(), *said)) == len(said)
        assert one.conflict == (len(said) > 1)


def _km(value: Value) -> float:
    assert value.number is not None
    return value.number / (1000 if value.unit == "m" else 1)


def test_vocabulary_and_contract_agree() -> None:
    contract = layers.contract(layers.CLAIMS)
    assert [code for code, _ in contract.field("vertical_datum").codes] == [
        each.value for each in VerticalDatum
    ]
    assert [code for code, _ in contract.field("standing").codes] == [each.value for each in Standing]
    longest = max(len(name) for name in vocabulary.shipped())
    assert longest <= (contract.field("property").max_length or 0)
