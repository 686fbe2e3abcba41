"""The forms a row takes, as SQL expressions over a row aliased ``v``.

Canonical (what is compared), content (what is hashed), feature (what is
served). Equal things must come out byte for byte the same, whatever session
settings are in force: so no expression here depends on DateStyle or TimeZone, and the
functions that use ``feature`` fix extra_float_digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from spatial.history.model import Column, FeatureTable

MOST_ARGUMENTS = 90

_CANONICAL = {
    # Asking first is three times as fast as normalising what is in NFC already; ASCII always is.
    "text": "nullif(case when octet_length(v.{name}) = length(v.{name}) or v.{name} is nfc normalized"
    " then v.{name} else normalize(v.{name}) end, '')",
    "double precision": "v.{name} + 0.0::double precision",  # -0 becomes 0
    "numeric": "trim_scale(v.{name})",
}
_HASHED = {
    "text": "v.{name}",
    "bigint": "v.{name}::text",
    "double precision": "encode(float8send(v.{name}), 'hex')",
    "numeric": "v.{name}::text",
    "boolean": "v.{name}::text",
    "date": "encode(date_send(v.{name}), 'hex')",
    "timestamptz": "encode(timestamptz_send(v.{name}), 'hex')",
    "jsonb": "v.{name}::text",
}
_BEIJING = "rtrim(to_json(v.{name} at time zone interval '08:00')::text, '\"') || '+08:00\"'"
_SERVED = {
    "text": "to_json(v.{name})::text",
    "bigint": "v.{name}::text",
    "double precision": "to_json(v.{name})::text",
    "numeric": "to_json(v.{name})::text",
    "boolean": "v.{name}::text",
    "date": "to_json(v.{name})::text",
    "timestamptz": _BEIJING,
    "jsonb": "v.{name}::text",
}


def canonical(column: Column) -> Composed:
    """A staged value in canonical form: NFC, no empty text, no negative zero, no idle digits."""
    return _of(_CANONICAL.get(column.sql_type, "v.{name}"), column.name)


def canonical_fid() -> Composed:
    """A staged key: NFC; empty text is no key."""
    return _of(_CANONICAL["text"], "fid")


def canonical_geometry(table: FeatureTable) -> Composed:
    """A staged geometry: two dimensions, snapped, rings in a fixed form (``spatial.canonical``).

    A point's coordinates are the doubles nearest to their decimal numbers.
    """
    call = SQL("spatial.canonical(v.geom, {}, {})").format(
        Literal(table.geometry), Literal(table.precision_deg)
    )
    scale = round(1 / table.precision_deg)
    if table.geometry != "Point" or abs(scale * table.precision_deg - 1) >= 1e-9:
        return call
    # The common case without a function call per row: spatial.nearest, written out.
    return SQL(
        "case when ST_SRID(v.geom) = 4490 and GeometryType(v.geom) = 'POINT'"
        " and v.geom && ST_MakeEnvelope(-999, -999, 999, 999, 4490)"
        " then ST_Point(round(ST_X(v.geom) * {scale}) / {scale} + 0.0::float8,"
        " round(ST_Y(v.geom) * {scale}) / {scale} + 0.0::float8, 4490) else {call} end"
    ).format(scale=SQL("{}::float8").format(Literal(scale)), call=call)


def content(table: FeatureTable) -> Composed:
    """The bytes whose SHA-256 is a row's ``content_sha256``.

    Every present value with its name, texts with their length in bytes before
    them (the others cannot contain a separator), by name; then the geometry as
    little-endian EWKB. Absent values leave no trace and order in the contract
    does not matter, so a layer can be widened without changing what its rows
    hash to.
    """
    fields: list[Composable] = [SQL("'fid=' || octet_length(v.fid) || ':' || v.fid")]
    for column in sorted(table.columns, key=lambda c: c.name):
        value = _of(_HASHED[column.sql_type], column.name)
        if column.sql_type in ("text", "jsonb"):
            value = SQL("octet_length({}) || ':' || {}").format(value, value)
        fields.append(SQL("{} || {}").format(Literal(f";{column.name}="), value))
    text = SQL("convert_to(concat({}), 'UTF8')").format(_concatenated(fields))
    if table.geometry is None:
        return text
    return SQL("{} || coalesce('\\x00'::bytea || ST_AsEWKB(v.geom, 'NDR'), '')").format(text)


def feature(table: FeatureTable) -> Composed:
    """The finished GeoJSON Feature; longitude, latitude, at most nine decimals, Beijing time."""
    geometry = "coalesce(ST_AsGeoJSON(v.geom, 9, 0), 'null')" if table.geometry else "'null'"
    pieces: list[Composable] = [
        SQL("""'{"type":"Feature","id":' || to_json(v.fid)::text"""),
        SQL("""',"geometry":' || """ + geometry),
        *_properties([column for column in table.columns if column.public]),
    ]
    return SQL("concat({})").format(_concatenated(pieces))


def properties_text(columns: Sequence[Column]) -> Composed:
    """The rest of a Feature's text from its ``properties`` on, with these attributes alone."""
    return SQL("concat({})").format(_concatenated(_properties(columns)))


def _properties(columns: Sequence[Column]) -> list[Composable]:
    return [
        SQL("""',"properties":{'"""),
        *(
            SQL("{} || coalesce({}, 'null') || ','").format(
                Literal(f'"{column.name}":'), _of(_SERVED[column.sql_type], column.name)
            )
            for column in columns
        ),
        SQL("""'"valid_from":' || """) + _of(_BEIJING, "valid_from"),
        SQL("""',"valid_to":' || """)
        + SQL("case when v.valid_to = 'infinity' then 'null' else {} end").format(_of(_BEIJING, "valid_to")),
        SQL("""',"changeset":' || v.opened_by || '}}'"""),
    ]


def former_feature(table: FeatureTable, added: Sequence[Column]) -> Composed:
    """How features looked before columns were added: true of rows without a value there."""
    absent: Iterable[Composable] = [SQL("v.{} is null").format(Identifier(c.name)) for c in added]
    return SQL("case when {} then {} end").format(SQL(" and ").join(absent), feature(table))


def _concatenated(pieces: Sequence[Composable]) -> Composed:
    """Arguments of concat(), which takes at most a hundred: the rest goes into inner calls."""
    if len(pieces) <= MOST_ARGUMENTS:
        return SQL(", ").join(pieces)
    groups = [pieces[i : i + MOST_ARGUMENTS] for i in range(0, len(pieces), MOST_ARGUMENTS)]
    return _concatenated([SQL("concat({})").format(SQL(", ").join(group)) for group in groups])


def _of(template: str, name: str) -> Composed:
    return SQL(template).format(name=Identifier(name))
