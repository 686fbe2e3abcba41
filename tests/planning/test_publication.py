"""Publication of plans for comment: the period, what is shown, and what of it stays the same for good."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import publication_ground as ground
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from publication_ground import FARMLAND, PERSONAL, VERSION, ZONES, day, draft, intent, square
from serving import database_of

from planning import layers
from planning.errors import (
    BadComment,
    CommentMoved,
    PlanRefused,
    PublicationRefused,
    UnknownComment,
    UnknownPublication,
)
from planning.plans import plans
from planning.plans.life import Paper, Status
from planning.publication import comment_store, comments, document, file, precision, snapshot_store, store
from planning.publication.comments import Outcome, Person, Said, Stance, State
from planning.publication.model import Action, Publication, Standing, Wanted
from planning.publication.precision import Precision
from planning.publication.publication import publish, step, unchanged
from spatial.access import release
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Secrecy, Sharing
from spatial.database import Connection, connect
from spatial.editing.model import RequestKey
from spatial.errors import RequestKeyReused

TODAY = date(2026, 3, 1)
UNTIL = date(2026, 3, 30)
EXTENT = read_city("370783").extent_4490
PAPER = Paper("测试〔2026〕1号", "文件(合成数据)", date(2026, 3, 1))
BY = ("张伟", ground.DEPARTMENT)


@pytest.fixture(scope="module")
def built(server_dsn: str, template: str) -> Iterator[str]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            ground.build(connection)
        yield dsn


@pytest.fixture
def city(built: str) -> Iterator[Connection]:
    """Whatever a test does there is taken back."""
    with connect(built) as connection, connection.transaction(force_rollback=True):
        yield connection


def opened(connection: Connection, *wanted: Wanted) -> Publication:
    return publish(connection, draft(UNTIL, *wanted), intent(3), TODAY)


def shown(connection: Connection, publication: Publication, layer: str) -> dict[str, dict[str, Any]]:
    pinned = publication.layer(layer)
    assert pinned is not None
    source = snapshot_store.of(connection, publication, pinned)
    return {fid: json.loads(text) for fid, text in snapshot_store.page(connection, source, "", 1000)}


# The rules of precision.


@pytest.mark.parametrize("layer_id", layers.LAYERS)
def test_no_layer_is_ever_shown_with_a_field_that_is_not_public(layer_id: str) -> None:
    contract = layers.contract(layer_id)
    hidden = {each.name for each in contract.fields if each.secrecy is not Secrecy.PUBLIC}
    for each in Precision:
        assert hidden.isdisjoint(field.name for field in precision.fields(contract, each))


def test_precision_falls_with_secrecy() -> None:
    rules = precision.shipped()
    zones = layers.contract(ZONES)
    assert rules.ceiling(zones, limited=False).precision is Precision.EXACT
    assert rules.ceiling(zones, limited=True).precision is Precision.COARSE
    assert rules.ceiling(layers.contract("land-violations"), limited=False).precision is Precision.COUNTED
    for controlled in (FARMLAND, "ecological-redline"):
        ceiling = rules.ceiling(layers.contract(controlled), limited=False)
        assert ceiling.precision is Precision.COARSE and "待核" in ceiling.to_be_checked
    with pytest.raises(ValueError, match="by_sharing"):
        precision.read({**_declared(), "by_sharing": {Sharing.OPEN: "exact"}})


def _declared() -> dict[str, Any]:
    return {"least_days": 30, "check": "", "grid_m": 1, "limited": {"precision": "coarse"}, "layers": []}


# Opening, and the life of the version.


def test_a_version_is_submitted_only_when_its_comment_period_is_over(city: Connection) -> None:
    made = opened(city)
    version = plans.version_on(city, VERSION, day(3))
    assert version.status is Status.PUBLIC_NOTICE and version.paper == ground.NOTICE
    assert (made.opens_on, made.closes_on) == (TODAY, UNTIL)
    with pytest.raises(PlanRefused, match="2026-03-30"):
        plans.advance(city, VERSION, Status.SUBMITTED, PAPER, intent(3, 30))
    seen = plans.preview(city, VERSION, Status.SUBMITTED, PAPER, intent(3, 31))
    assert seen.moved[0].after is Status.SUBMITTED
    longer = step(city, made.id, Action.EXTENDED, (*BY, "应公众要求"), date(2026, 3, 20), date(2026, 4, 9))
    assert longer.closes_on == date(2026, 4, 9)
    with pytest.raises(PlanRefused, match="2026-04-09"):
        plans.advance(city, VERSION, Status.SUBMITTED, PAPER, intent(4, 9))
    step(city, made.id, Action.WITHDRAWN, (*BY, "内容有误"), date(2026, 3, 21))
    with pytest.raises(PlanRefused, match="publish-plan"):
        plans.advance(city, VERSION, Status.SUBMITTED, PAPER, intent(5))


def test_a_notice_of_an_earlier_round_counts_for_nothing(city: Connection) -> None:
    opened(city)
    plans.advance(city, VERSION, Status.DRAFTING, Paper(), intent(4, 2))
    plans.advance(city, VERSION, Status.PUBLIC_NOTICE, PAPER, intent(4, 5))
    with pytest.raises(PlanRefused, match="publish-plan"):
        plans.advance(city, VERSION, Status.SUBMITTED, PAPER, intent(4, 6))


@pytest.mark.parametrize(
    ("wanted", "closes_on", "today", "said"),
    [
        ((), UNTIL - timedelta(1), TODAY, "29"),
        ((), UNTIL, TODAY + timedelta(1), "2026-03-01"),
        ((Wanted(FARMLAND, Precision.EXACT),), UNTIL, TODAY, "概略公开"),
        ((Wanted("land-violations"),), UNTIL, TODAY, "land-violations"),
        ((Wanted("plans"),), UNTIL, TODAY, "plans"),
    ],
)
def test_what_may_not_be_published_is_refused(
    city: Connection, wanted: tuple[Wanted, ...], closes_on: date, today: date, said: str
) -> None:
    with pytest.raises(PublicationRefused, match=said), city.transaction():
        publish(city, draft(closes_on, *wanted), intent(3), today)
    version = plans.version_on(city, VERSION, day(3))
    assert version.status is Status.DRAFTING, "nothing moved"


def test_a_version_is_on_show_once_at_a_time_and_not_after_its_notice(city: Connection) -> None:
    made = opened(city)
    with pytest.raises(PublicationRefused, match=str(made.id)):
        opened(city)
    plans.advance(city, VERSION, Status.SUBMITTED, PAPER, intent(4))
    with pytest.raises(PublicationRefused, match="报批"):
        publish(city, draft(date(2026, 5, 30)), intent(5), date(2026, 5, 1))


@pytest.mark.parametrize(
    ("today", "action", "allowed"),
    [
        (date(2026, 3, 5), Action.CLOSED, False),
        (date(2026, 3, 31), Action.CLOSED, True),
        (date(2026, 3, 5), Action.WITHDRAWN, True),
        (date(2026, 3, 5), Action.ERASED, False),
        (date(2026, 3, 5), Action.OPENED, False),
    ],
)
def test_steps_follow_the_period(city: Connection, today: date, action: Action, allowed: bool) -> None:
    made = opened(city)
    if not allowed:
        with pytest.raises(PublicationRefused, match=action):
            step(city, made.id, action, (*BY, "说明"), today)
        return
    assert step(city, made.id, action, (*BY, "说明"), today).steps[-1].action is action
    with pytest.raises(PublicationRefused):
        step(city, made.id, Action.EXTENDED, (*BY, "说明"), today, date(2026, 9, 1))


def test_standings_are_those_of_the_days(city: Connection) -> None:
    made = opened(city)
    told = {each: made.standing(each) for each in (date(2026, 2, 28), TODAY, UNTIL, UNTIL + timedelta(1))}
    assert list(told.values()) == [Standing.ANNOUNCED, Standing.OPEN, Standing.OPEN, Standing.ENDED]
    with pytest.raises(UnknownPublication):
        store.get(city, made.id + 1)


# What everybody sees.


def test_only_public_fields_of_the_version_leave_at_the_precision_of_the_layer(city: Connection) -> None:
    made = opened(city)
    zones, farmland = shown(city, made, ZONES), shown(city, made, FARMLAND)
    assert set(zones) == {f"z{i}{j}" for i in range(4) for j in range(3)}
    told = shapely.geometry.shape(zones["z21"]["geometry"])
    assert shapely.hausdorff_distance(told, square(2, 1)) < 1e-9
    assert set(PERSONAL) and len(farmland) == 2
    for feature in farmland.values():
        assert set(PERSONAL).isdisjoint(feature["properties"])
        assert "yjjbntmj" not in feature["properties"], "an exact area tells what the grid hides"
    text = json.dumps(farmland, ensure_ascii=False)
    assert all(each not in text for each in ("王某", "李某", "13800001234"))
    assert PERSONAL, "the contract has personal fields"


def test_a_coarse_shape_keeps_none_of_its_vertices_and_lies_within_a_cell_of_where_it_is(
    city: Connection,
) -> None:
    made = opened(city)
    pinned = made.layer(FARMLAND)
    assert pinned is not None
    wide, tall = snapshot_store.of(city, made, pinned).cell_deg
    for fid, true in (("f1", square(0, 6)), ("f2", square(2, 6, 0.0001))):
        told = shapely.geometry.shape(shown(city, made, FARMLAND)[fid]["geometry"])
        assert not shapely.is_empty(told) and told.area > 0
        corners = shapely.get_coordinates(told)
        for x, y in corners:
            assert abs(x / wide - round(x / wide)) < 1e-2 and abs(y / tall - round(y / tall)) < 1e-2
        assert not set(map(tuple, corners)) & set(map(tuple, shapely.get_coordinates(true)))
        assert shapely.distance(told, true) < max(wide, tall)
        assert shapely.hausdorff_distance(told, true) < 1.5 * (wide + tall)


def test_what_was_published_stays_what_it_was_whatever_is_written_later(city: Connection) -> None:
    made = opened(city)
    before = shown(city, made, ZONES), shown(city, made, FARMLAND)
    rows = [("z00", "z00", "700", VERSION, square(9, 9)), ("new", "new", "300", VERSION, square(5, 5))]
    ground.write_rows(city, ZONES, ("fid", "bsm", "ghfqdm", "plan_version", "geom"), rows, month=1)
    assert (shown(city, made, ZONES), shown(city, made, FARMLAND)) == before
    assert unchanged(city, made) == {ZONES: True, FARMLAND: True}
    assert [(each["code"], each["features"]) for each in made.layers[0].classes] == [("400", 9), ("300", 3)]
    with pytest.raises(psycopg.Error, match="append-only"), city.transaction():
        city.execute("update planning.publication_layer set precision = 'exact'")


def test_pages_and_boxes_give_every_feature_once(city: Connection) -> None:
    made = opened(city)
    pinned = made.layer(ZONES)
    assert pinned is not None
    source = snapshot_store.of(city, made, pinned)
    found, after = [], ""
    while page := snapshot_store.page(city, source, after, 5):
        found += [fid for fid, _ in page]
        after = page[-1][0]
    assert found == sorted(f"z{i}{j}" for i in range(4) for j in range(3))
    west, south, east, north = square(0, 0).bounds
    box = (west + 1e-4, south + 1e-4, east - 1e-4, north - 1e-4)
    assert [fid for fid, _ in snapshot_store.page(city, source, "", 5, box)] == ["z00"]
    assert [fid for fid, _ in snapshot_store.largest(city, source, 5, box)] == ["z00"]
    assert snapshot_store.holds(city, source, "z00") and not snapshot_store.holds(city, source, "other")


def test_a_layer_whose_release_is_limited_is_shown_coarse(city: Connection) -> None:
    release.set_class(city, "tm", srid=4549, by="test")
    release.mark(city, ZONES, "tm", by="test")
    assert opened(city).layers[0].precision is Precision.COARSE


# Comments.


def said(body: str = "建议保留沿河绿地", **more: Any) -> Said:
    return Said(Stance.SUGGEST, body, Person("赵六", "13700001234"), **more)


def key(text: str, digest: bytes = b"a" * 32) -> RequestKey:
    return RequestKey(text, digest)


def test_a_comment_sent_again_is_one_comment(city: Connection) -> None:
    made = opened(city)
    first = comment_store.take(city, made.id, said(), key("k1"))
    assert comment_store.take(city, made.id, said(), key("k1")) == first
    with pytest.raises(RequestKeyReused):
        comment_store.take(city, made.id, said("另一条"), key("k1", b"b" * 32))
    other = comment_store.take(city, made.id, said(), key("k2"))
    assert other.id != first.id and other.code != first.code
    assert comment_store.statistics(city, made.id)["total"] == 2


def test_comments_written_at_once_are_kept_once_each(server_dsn: str, template: str) -> None:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            ground.build(connection)
            made = opened(connection)
        codes: list[str] = []

        def write(request: str) -> None:
            with connect(dsn) as connection, connection.transaction():
                codes.append(comment_store.take(connection, made.id, said(request), key(request)).code)

        threads = [threading.Thread(target=write, args=(f"k{n % 4}",)) for n in range(12)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(codes) == 12 and len(set(codes)) == 4
        with connect(dsn) as connection:
            assert comment_store.statistics(connection, made.id)["total"] == 4


def test_nobody_sees_who_said_it_nor_telephones_in_what_was_said(city: Connection) -> None:
    made = opened(city)
    kept = comment_store.take(
        city, made.id, said("请回电 13800001234,谢谢", place=shapely.Point(118.75, 36.9)), key("k1")
    )
    told = json.dumps(document.comment(kept), ensure_ascii=False)
    assert "赵六" not in told and "13700001234" not in told and "13800001234" not in told
    assert "code" not in document.comment(kept) and kept.code not in told
    assert document.own(kept)["text"] == "请回电 13800001234,谢谢"
    (named,) = comment_store.with_persons(city, [kept])
    assert document.officer(named)["contact"] == "13700001234"
    assert comment_store.by_code(city, made.id, kept.code) == kept
    with pytest.raises(UnknownComment):
        comment_store.by_code(city, made.id, "x")


def test_moderation_and_answers_follow_each_other_and_are_kept(city: Connection) -> None:
    made = opened(city)
    kept = comment_store.take(city, made.id, said(), key("k1"))
    assert comment_store.select(city, made.id, [State.SHOWN], 0, 10) == ()
    open_ = comment_store.moderate(city, made.id, kept.id, 0, State.SHOWN, "", BY)
    assert comment_store.select(city, made.id, [State.SHOWN], 0, 10) == (open_,)
    with pytest.raises(CommentMoved):
        comment_store.moderate(city, made.id, kept.id, 0, State.HIDDEN, "广告", BY)
    answered = comment_store.answer(city, made.id, kept.id, 1, Outcome.PARTLY, "部分保留", BY)
    assert (answered.outcome, answered.answer, answered.step) == (Outcome.PARTLY, "部分保留", 2)
    again = comment_store.answer(city, made.id, kept.id, 2, Outcome.ADOPTED, "全部保留", BY)
    assert again.answer == "全部保留"
    counted = comment_store.statistics(city, made.id)
    assert counted["outcomes"] == {"adopted": 1} and counted["states"] == {"shown": 1}
    rows = city.execute("select body from planning.comment_step order by number").fetchall()
    assert [row[0] for row in rows] == ["", "部分保留", "全部保留"]


def test_persons_can_be_erased_and_comments_stay(city: Connection) -> None:
    made = opened(city)
    kept = comment_store.take(city, made.id, said(), key("k1"))
    step(city, made.id, Action.CLOSED, (*BY, "已汇总"), date(2026, 4, 1))
    step(city, made.id, Action.ERASED, (*BY, "保存期满"), date(2027, 4, 1))
    (bare,) = comment_store.with_persons(city, list(comment_store.every(city, made.id)))
    assert bare.body == kept.body and bare.person is None
    assert city.execute("select count(*) from planning.comment_person").fetchone() == (0,)
    assert comment_store.take(city, made.id, said(), key("k1")).id == kept.id


def test_the_file_holds_every_comment_and_names_only_where_asked(city: Connection, tmp_path: Path) -> None:
    made = opened(city)
    places = [
        None,
        shapely.Point(118.75, 36.9),
        square(0, 0).geoms[0],
        shapely.LineString([(118.7, 36.9), (118.8, 36.9)]),
    ]
    for number, place in enumerate(places):
        comment_store.take(city, made.id, said(f"=意见{number}", place=place), key(f"k{number}"))
    every = comment_store.with_persons(city, list(comment_store.every(city, made.id)))
    text = file.as_csv(every, persons=True).decode("utf-8-sig")
    assert text.count("赵六") == 4 and "'=意见0" in text and "POINT (118.75 36.9)" in text
    assert "赵六" not in file.as_csv(every, persons=False).decode()
    path = tmp_path / "out.gpkg"
    path.write_bytes(file.as_geopackage(every, tmp_path / ".", persons=False))
    counted = {name: pyogrio.read_info(path, layer=name)["features"] for name, _ in pyogrio.list_layers(path)}
    assert counted == {"points": 1, "lines": 1, "areas": 1, "without_place": 1}
    assert "contact" not in pyogrio.read_info(path, layer="points")["fields"].tolist()


def said_at(kind: str, coordinates: list[Any]) -> dict[str, Any]:
    return {"stance": "suggest", "text": "x", "geometry": {"type": kind, "coordinates": coordinates}}


CROSSED = [[[118.7, 36.9], [118.8, 37.0], [118.8, 36.9], [118.7, 37.0], [118.7, 36.9]]]
LONG = [[118.7 + n * 1e-5, 36.9] for n in range(501)]


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({}, "stance"),
        ({"stance": "suggest", "text": "  "}, "text"),
        ({"stance": "suggest", "text": "x" * 2001}, "text"),
        ({"stance": "suggest", "text": "x", "name": "名" * 51}, "name"),
        ({"stance": "suggest", "text": "x", "fid": "a"}, "fid"),
        ({"stance": "suggest", "text": "x", "website": "a"}, "website"),
        ({"stance": "suggest", "text": "\0"}, "text"),
        ({"stance": ["suggest"], "text": "x"}, "stance"),
        ({"stance": "suggest", "text": 7}, "text"),
        (said_at("Point", [0, 0]), "geometry"),
        (said_at("Point", [36.9, 118.7]), "geometry"),
        (said_at("Point", ["a"]), "geometry"),
        (said_at("MultiPoint", []), "geometry"),
        (said_at("Point", []), "geometry"),
        (said_at("Polygon", CROSSED), "geometry"),
        (said_at("LineString", LONG), "geometry"),
    ],
)
def test_a_comment_that_cannot_be_taken_names_its_member(told: dict[str, Any], where: str) -> None:
    with pytest.raises(BadComment) as refused:
        comments.said(told, EXTENT)
    assert refused.value.details["where"] == where


@given(st.text(max_size=60), st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.text(max_size=60))
def test_a_telephone_is_masked_wherever_it_stands(before: str, number: str, after: str) -> None:
    if before[-1:].isdigit() or after[:1].isdigit():
        return
    assert number not in comments.masked(f"{before}{number}{after}")


@given(st.text(alphabet=st.characters(exclude_characters="0123456789@"), max_size=200))
def test_a_text_without_numbers_and_addresses_stays_as_it_is(body: str) -> None:
    assert comments.masked(body) == body
