"""Writing: canonical form, what counts as a change, splits, keys, stale edits, the first load."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
import shapely
from history_cases import (
    BEIJING,
    SITES,
    day,
    deliver,
    ewkb,
    intent,
    make,
    must,
    point,
    shown,
    site,
    stage,
)

from spatial.database import Connection, connect
from spatial.errors import DuplicateKey, InvalidInput, RowsRejected, StaleVersion, UnknownLayer
from spatial.history import conflict, diff, ledger, store, write
from spatial.history.model import ChangeKind, Column, Delivery, Difference, FeatureTable, FieldChange

AREAS = FeatureTable("land-parcels", (Column("name", "text"),), "MultiPolygon")
LINES = FeatureTable("roads", (Column("name", "text"),), "LineString")
PLAIN = FeatureTable(
    "codes", (Column("name", "text"), Column("price", "numeric"), Column("more", "jsonb")), None
)


def features(conn: Connection, table: FeatureTable) -> list[dict[str, Any]]:
    rows = conn.execute(
        f'select feature from history."{table.name}_believed" order by fid, valid_from'
    ).fetchall()
    return [json.loads(text) for (text,) in rows]


def test_feature_text_is_the_whole_feature(connection: Connection) -> None:
    make(connection, SITES)
    changeset = must(
        deliver(
            connection,
            SITES,
            [
                site(
                    'a"1',
                    '引号"与\n换行',
                    height_m=1.5,
                    floors=3,
                    active=True,
                    built=date(2020, 2, 29),
                    seen=datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=BEIJING),
                    keeper="内部",
                )
            ],
        )
    )
    assert features(connection, SITES) == [
        {
            "type": "Feature",
            "id": 'a"1',
            "geometry": {"type": "Point", "coordinates": [118.75, 36.9]},
            "properties": {
                "name": '引号"与\n换行',
                "height_m": 1.5,
                "floors": 3,
                "active": True,
                "built": "2020-02-29",
                "seen": "2026-01-02T03:04:05.6+08:00",
                "valid_from": "2026-01-01T00:00:00+08:00",
                "valid_to": None,
                "changeset": changeset.id,
            },
        }
    ]


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"name": "e\u0301tage"}, {"name": "\u00e9tage"}),
        ({"name": ""}, {"name": None}),
        ({"height_m": -0.0}, {"height_m": 0.0}),
        ({"geom": point(118.75 + 3e-10)}, {"geom": point(118.75)}),
        ({"geom": ewkb("POINT Z (118.75 36.9 12)")}, {"geom": point(118.75)}),
        ({"geom": ewkb("MULTIPOINT ((118.75 36.9))")}, {"geom": point(118.75)}),
        ({"geom": bytes(shapely.to_wkb(shapely.Point(118.75, 36.9)))}, {"geom": point(118.75)}),
    ],
)
def test_what_is_said_the_same_way_twice_is_no_change(
    connection: Connection, given: dict[str, Any], same: dict[str, Any]
) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a") | given]))
    assert deliver(connection, SITES, [site("a") | same], from_day=5) is None


def test_rings_take_one_form_whatever_their_start_and_direction(connection: Connection) -> None:
    make(connection, AREAS)
    shell = [(118.5, 36.5), (118.6, 36.5), (118.6, 36.6), (118.5, 36.6)]
    hole = [(118.52, 36.52), (118.54, 36.52), (118.54, 36.54)]
    forms = []
    for turn in range(4):
        for ring in (shell, shell[::-1]):
            outer = ring[turn:] + ring[:turn]
            inner = (hole if turn % 2 else hole[::-1])[turn % 3 :] + (hole if turn % 2 else hole[::-1])[
                : turn % 3
            ]
            forms.append(shapely.Polygon(outer, [inner]))
    must(deliver(connection, AREAS, [{"fid": "p", "geom": ewkb(forms[0].wkt), "name": "x"}]))
    for form in forms[1:]:
        row = {"fid": "p", "geom": ewkb(form.wkt), "name": "x"}
        assert deliver(connection, AREAS, [row], from_day=1) is None
    (found,) = features(connection, AREAS)
    kept = shapely.geometry.shape(found["geometry"])
    assert kept.geom_type == "MultiPolygon"
    assert kept.equals(forms[0])
    (polygon,) = kept.geoms
    assert polygon.exterior.is_ccw, "RFC 7946, 3.1.6"
    assert not polygon.interiors[0].is_ccw


def test_lines_keep_their_direction(connection: Connection) -> None:
    make(connection, LINES)
    must(deliver(connection, LINES, [{"fid": "r", "geom": ewkb("LINESTRING (118.9 36.9, 118.8 36.8)")}]))
    back = {"fid": "r", "geom": ewkb("LINESTRING (118.8 36.8, 118.9 36.9)")}
    assert must(deliver(connection, LINES, [back])).opened == 1


def test_an_invalid_polygon_stays_as_it_came_for_the_checks(connection: Connection) -> None:
    make(connection, AREAS)
    bow = "POLYGON ((118.5 36.5, 118.6 36.6, 118.6 36.5, 118.5 36.6, 118.5 36.5))"
    staging = stage(connection, AREAS, [{"fid": "bow", "geom": ewkb(bow)}])
    (valid,) = connection.execute(f'select ST_IsValid(geom) from staging."{staging.name}"').fetchone() or ()
    assert valid is False


def test_geometry_of_another_kind_is_refused_and_nothing_is_written(connection: Connection) -> None:
    make(connection, SITES)
    staging = stage(connection, SITES, [site("a"), site("b", geom=ewkb("LINESTRING (118 36, 119 37)"))])
    with pytest.raises(RowsRejected):
        write.apply(connection, staging, intent())
    assert connection.execute("select count(*) from history.cell_sites").fetchone() == (0,)


def test_identical_redelivery_writes_nothing(connection: Connection) -> None:
    make(connection, SITES)
    rows = [site(f"s{n}", f"站{n}", height_m=n / 7, floors=n, built=date(2020, 1, 1)) for n in range(50)]
    must(deliver(connection, SITES, rows, delivery=Delivery.FULL))
    staging = stage(connection, SITES, rows)
    again = intent(30, Delivery.FULL)
    assert write.difference(connection, staging, again) == Difference(0, 0, 0, 50)
    assert write.changes(connection, staging, again, 10) == ()
    assert write.apply(connection, staging, again) is None
    assert connection.execute("select count(*) from spatial.changeset").fetchone() == (1,)


def test_difference_and_changes_tell_what_apply_then_does(connection: Connection) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a"), site("b"), site("c")], delivery=Delivery.FULL))
    staging = stage(connection, SITES, [site("a", "新站"), site("b"), site("d", keeper="王")])
    for delivery, retired in ((Delivery.PARTIAL, 0), (Delivery.FULL, 1)):
        assert write.difference(connection, staging, intent(9, delivery)) == Difference(1, 1, retired, 1)
    found = {c.fid: c for c in write.changes(connection, staging, intent(9, Delivery.FULL), 10)}
    assert found["a"].kind is ChangeKind.UPDATE
    assert found["a"].fields == (FieldChange("name", "站", "新站"),)
    assert (found["a"].line, found["a"].valid_from, found["a"].valid_to) == (1, day(9), None)
    assert found["d"].kind is ChangeKind.INSERT
    assert FieldChange("keeper", None, "王") in found["d"].fields
    assert (found["c"].kind, found["c"].line) == (ChangeKind.RETIRE, None)
    assert len(write.changes(connection, staging, intent(9, Delivery.FULL), 1)) == 1
    changeset = must(write.apply(connection, staging, intent(9, Delivery.FULL)))
    connection.commit()
    assert (changeset.opened, changeset.closed) == (4, 2), "two shortened pasts, two new; two closed"
    assert shown(connection, SITES, day(10)) == {"a": "新站", "b": "站", "d": "站"}
    assert shown(connection, SITES, day(8)) == {"a": "站", "b": "站", "c": "站"}


def test_a_backdated_change_splits_what_was_believed(connection: Connection) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a", "甲")]))
    must(deliver(connection, SITES, [site("a", "乙")], from_day=10))
    must(deliver(connection, SITES, [site("a", "丙", valid_from=day(5), valid_to=day(15))]))
    assert [shown(connection, SITES, day(n))["a"] for n in (4, 5, 14, 15)] == ["甲", "丙", "丙", "乙"]
    spans = connection.execute(
        """
        select valid_from, nullif(valid_to, 'infinity'), name from history.cell_sites_believed order by 1
        """
    ).fetchall()
    assert spans == [(day(0), day(5), "甲"), (day(5), day(15), "丙"), (day(15), None, "乙")]
    assert len(diff.versions(connection, SITES, "a")) == 1 + 2 + 3


def test_equal_content_over_adjoining_versions_is_no_change(connection: Connection) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a", "甲", valid_to=day(5))]))
    must(deliver(connection, SITES, [site("a", "甲", valid_from=day(5))]))
    assert connection.execute("select count(*) from history.cell_sites_believed").fetchone() == (2,)
    assert deliver(connection, SITES, [site("a", "甲")], from_day=2) is None
    assert must(deliver(connection, SITES, [site("a", "甲", valid_from=day(-3))])).closed == 2


def test_gaps_are_kept(connection: Connection) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a", "甲", valid_to=day(3)), site("b")]))
    must(deliver(connection, SITES, [site("a", "乙", valid_from=day(6))]))
    must(deliver(connection, SITES, [site("a", "丙", valid_from=day(4), valid_to=day(5))]))
    seen = [shown(connection, SITES, day(n)).get("a") for n in range(7)]
    assert seen == ["甲", "甲", "甲", None, "丙", None, "乙"]


def test_doubled_keys_are_named_with_their_lines(connection: Connection) -> None:
    make(connection, SITES)
    for _ in range(2):  # into the empty layer and into the filled one
        staging = stage(
            connection, SITES, [site("a"), site("b"), site("a", "他"), site("c"), site("b", "她")]
        )
        with pytest.raises(DuplicateKey, match=r"a \(1, 3\); b \(2, 5\)"):
            write.apply(connection, staging, intent())
        write.drop_staging(connection, staging)
        deliver(connection, SITES, [site("z")])
    staging = stage(connection, SITES, [{"fid": "z", "remove": True}, {"fid": "z", "remove": True}])
    with pytest.raises(DuplicateKey, match=r"z \(1, 2\)"):  # nothing would be opened twice, but kept twice
        write.apply(connection, staging, intent(3))


def test_missing_keys_are_named_by_line(connection: Connection) -> None:
    make(connection, SITES)
    staging = stage(connection, SITES, [site("a"), site("")])
    with pytest.raises(RowsRejected, match="lines: 2"):
        write.apply(connection, staging, intent())


@pytest.mark.parametrize("wrong", [{"valid_to": day(0)}, {"valid_from": day(9), "valid_to": day(3)}])
def test_intervals_that_end_before_they_begin_are_named_by_line(
    connection: Connection, wrong: dict[str, Any]
) -> None:
    make(connection, SITES)
    for _ in range(2):  # into the empty layer and into the filled one
        staging = stage(connection, SITES, [site("a"), site("b", **wrong)])
        for ask in (write.difference, write.apply):
            with pytest.raises(RowsRejected, match=r"lines: 2$"), connection.transaction():
                ask(connection, staging, intent(1))
        deliver(connection, SITES, [site("b")])


def test_stale_edit_carries_base_mine_and_theirs(connection: Connection) -> None:
    make(connection, SITES)
    base = must(deliver(connection, SITES, [site("a", "甲", floors=1), site("b")]))
    theirs = must(deliver(connection, SITES, [site("a", "甲", floors=2)], from_day=3))
    mine = site("a", "乙", floors=1, expected_changeset=base.id)
    staging = stage(connection, SITES, [mine])
    with pytest.raises(StaleVersion) as caught:
        write.apply(connection, staging, intent(4))
    (stale,) = conflict.stale(caught.value)
    assert (stale.fid, stale.expected, stale.believed) == ("a", base.id, theirs.id)
    assert stale.base and stale.mine and stale.theirs
    merged = conflict.merge(stale.base, stale.mine, stale.theirs)
    assert merged.clean
    assert (merged.values["name"], merged.values["floors"]) == ("乙", 2)
    write.drop_staging(connection, staging)
    rebased = site("a", "乙", floors=2, expected_changeset=theirs.id)
    assert must(deliver(connection, SITES, [rebased], from_day=4)).opened == 2


def test_unknown_layer_and_unknown_column(connection: Connection) -> None:
    make(connection, SITES)
    staging = stage(connection, SITES, [site("a")])
    other = write.Staging(FeatureTable("nowhere", (), "Point"), staging.name)
    with pytest.raises(UnknownLayer, match=r"nowhere$"):
        write.apply(connection, other, intent())
    with pytest.raises(InvalidInput, match=r"colour$"):
        write.copy_rows(connection, staging, ["line", "colour"], [])


def test_a_staging_table_of_another_layer_is_refused(connection: Connection) -> None:
    make(connection, SITES, AREAS)
    staging = stage(connection, AREAS, [{"fid": "a"}])
    with pytest.raises(psycopg.errors.DatatypeMismatch):
        write.apply(connection, write.Staging(SITES, staging.name), intent())


def test_tables_without_geometry(connection: Connection) -> None:
    make(connection, PLAIN)
    first = {"fid": "k", "name": "x", "price": "1.50", "more": '{"b": 1, "a": [2]}'}
    staging = write.create_staging(connection, PLAIN)
    line = b'1\tk\tx\t1.50\t{"b": 1, "a": [2]}\n'
    write.copy_text(connection, staging, ["line", *first], [line[:7], line[7:]])
    write.canonicalise(connection, staging)
    must(write.apply(connection, staging, intent()))
    (found,) = features(connection, PLAIN)
    assert found["geometry"] is None
    assert (found["properties"]["price"], found["properties"]["more"]) == (1.5, {"a": [2], "b": 1})


def test_what_was_believed_is_kept_as_it_was(connection: Connection) -> None:
    """Narrowed, split or closed: the superseded row is the former one but for who closed it, and when."""
    former = """
        select (to_jsonb(v) - '{recorded_to, closed_by}'::text[])::text from history.cell_sites v
          where v.opened_by = %s order by fid"""
    make(connection, SITES)
    first = must(deliver(connection, SITES, [site(fid, '"甲\\' + fid) for fid in "abcd"], from_day=1))
    before = connection.execute(former, (first.id,)).fetchall()
    rows = [
        site("a", "乙", valid_from=day(5)),
        site("b", "乙", valid_from=day(5), valid_to=day(7)),
        site("c", "乙", valid_from=day(1)),
        {"fid": "d", "remove": True, "valid_from": day(5), "valid_to": day(7)},
    ]
    second = must(deliver(connection, SITES, rows))
    assert (second.opened, second.closed) == (2 + 3 + 1 + 2, 4)
    assert connection.execute(former, (first.id,)).fetchall() == before
    assert ledger.verify(connection, "cell-sites").ok


def test_versions_from_before_a_layer_was_widened_are_narrowed(connection: Connection) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a"), site("b")]))
    wide = store.add_columns(connection, SITES, [Column("colour", "text")])
    must(deliver(connection, wide, [site("a", colour="红"), {"fid": "b", "remove": True}], from_day=3))
    assert ledger.verify(connection, "cell-sites").ok
    told = connection.execute(
        "select feature::json -> 'properties' ->> 'valid_to', feature::json #> '{properties,colour}' is null"
        " from history.cell_sites_believed where valid_to < 'infinity' order by fid"
    ).fetchall()
    assert told == [("2026-01-04T00:00:00+08:00", False)] * 2


def test_a_widened_layer_keeps_its_hashes(connection: Connection) -> None:
    make(connection, SITES)
    rows = [site("a"), site("b")]
    must(deliver(connection, SITES, rows))
    wide = store.add_columns(connection, SITES, [Column("colour", "text")])
    connection.commit()
    assert ledger.verify(connection, "cell-sites").ok
    connection.rollback()
    assert deliver(connection, wide, rows, from_day=3) is None
    assert must(deliver(connection, wide, [site("a", colour="红"), site("b")], from_day=3)).opened == 2
    assert ledger.verify(connection, "cell-sites").ok
    colours = connection.execute("select fid, colour from layer.cell_sites order by fid").fetchall()
    assert colours == [("a", "红"), ("b", None)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update history.cell_sites set colour = '绿'")


def test_listeners_hear_of_each_changeset(connection: Connection, database: str) -> None:
    make(connection, SITES)
    with connect(database, autocommit=True) as listener:
        listener.execute("listen onemap_changes")
        changeset = must(deliver(connection, SITES, [site("a")]))
        (heard,) = listener.notifies(timeout=60, stop_after=1)
    assert json.loads(heard.payload) == {"changeset": changeset.id, "layer": "cell-sites"}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])  # CST is Chicago's to PostgreSQL
def test_session_settings_do_not_change_what_is_written(
    connection: Connection, database: str, zone: str
) -> None:
    make(connection, SITES)
    row = site("a", height_m=0.1 + 0.2, built=date(2020, 1, 2), seen=datetime(1988, 7, 1, tzinfo=BEIJING))
    must(deliver(connection, SITES, [row]))
    with connect(database) as odd:
        odd.execute(f"set datestyle = 'German'; set timezone = '{zone}'; set extra_float_digits = 0")
        assert deliver(odd, SITES, [row], from_day=1) is None
        staging = stage(odd, SITES, [site("b", height_m=0.1 + 0.2)])
        odd.execute(
            "select id from spatial.apply_changeset('cell-sites', %s, 'l', 'd', 'r', null, %s, false)",
            (staging.name, day(2)),
        )
        odd.commit()
        stored = connection.execute("select valid_from from history.cell_sites where fid = 'b'").fetchall()
        assert stored == [(day(2),)]
        assert ledger.verify(odd).ok
    found, _ = features(connection, SITES)
    assert found["properties"]["seen"] == "1988-07-01T00:00:00+08:00", "no summer time of 1988"


def test_years_are_made_ahead_and_on_demand(connection: Connection) -> None:
    make(connection, SITES)
    store.ensure_years(connection, SITES, 2019, 2020)
    store.ensure_years(connection, SITES, 2019, 2020)
    years = connection.execute(
        """
        select right(relid::text, 4)::int from pg_partition_tree('history.cell_sites')
        where isleaf and relid::text ~ '[0-9]$' order by 1
        """
    ).fetchall()
    now = datetime.now(BEIJING).year
    assert [y for (y,) in years] == [2019, 2020, now - 1, now, now + 1, now + 2]


def test_the_table_swapped_in_by_a_first_load_is_the_one_that_was_made(connection: Connection) -> None:
    def built() -> list[Any]:
        return connection.execute(
            """
            select 'constraint', conname, pg_get_constraintdef(oid), ''
              from pg_constraint where conrelid = 'history.cell_sites_believed'::regclass
            union all
            select 'index', indexname, indexdef, ''
              from pg_indexes where tablename = 'cell_sites_believed'
            union all
            select 'trigger', tgname, pg_get_triggerdef(oid), tgenabled::text
              from pg_trigger where tgrelid = 'history.cell_sites_believed'::regclass and not tgisinternal
            union all
            select 'column', attname, format_type(atttypid, atttypmod) || attcollation, attnotnull::text
              from pg_attribute where attrelid = 'history.cell_sites_believed'::regclass and attnum > 0
            union all
            select 'default', adnum::text, pg_get_expr(adbin, adrelid), ''
              from pg_attrdef where adrelid = 'history.cell_sites_believed'::regclass
            union all
            select 'rest', relowner::text, pg_get_expr(relpartbound, oid), relpersistence::text
              from pg_class where oid = 'history.cell_sites_believed'::regclass
            order by 1, 2
            """
        ).fetchall()

    make(connection, SITES)
    made = built()
    assert len([row for row in made if row[0] == "trigger"]) == 4
    must(deliver(connection, SITES, [site("a")], delivery=Delivery.FULL))
    assert built() == made
