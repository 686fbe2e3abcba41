"""The functions of a ``$filter`` (18-088, table 24) and how they are written in SQL."""

from __future__ import annotations

from spatial.observe.things.model import Kind

_N, _T, _I, _G, _B = Kind.NUMBER, Kind.TEXT, Kind.INSTANT, Kind.GEOMETRY, Kind.TRUTH


def _part(field: str) -> tuple[tuple[Kind, ...], str, Kind]:
    return (_I,), f"extract({field} from ({{}}) at time zone 'UTC')::double precision", _N


def _relation(function: str) -> tuple[tuple[Kind, ...], str, Kind]:
    return (_G, _G), f"{function}({{}}, {{}})", _B


FUNCTIONS: dict[str, tuple[tuple[Kind, ...], str, Kind]] = {
    "substringof": ((_T, _T), "(select position(x in y) > 0 from (select {} as x, {} as y offset 0) o)", _B),
    "contains": ((_T, _T), "(select position(y in x) > 0 from (select {} as x, {} as y offset 0) o)", _B),
    "endswith": ((_T, _T), "(select right(x, length(y)) = y from (select {} as x, {} as y offset 0) o)", _B),
    "startswith": ((_T, _T), "starts_with({}, {})", _B),
    "length": ((_T,), "length({})::double precision", _N),
    "indexof": (
        (_T, _T),
        "(select position(y in x) - 1 from (select {} as x, {} as y offset 0) o)::double precision",
        _N,
    ),
    "substring": ((_T, _N, _N), "substr({0}, ({1})::int + 1, greatest(({2})::int, 0))", _T),
    "tolower": ((_T,), "lower({})", _T),
    "toupper": ((_T,), "upper({})", _T),
    "trim": ((_T,), "btrim({})", _T),
    "concat": ((_T, _T), "({} || {})", _T),
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "hour": _part("hour"),
    "minute": _part("minute"),
    "second": ((_I,), "floor(extract(second from ({}) at time zone 'UTC'))::double precision", _N),
    "fractionalseconds": (
        (_I,),
        "(select s - floor(s) from (select extract(second from {}) as s) o)::double precision",
        _N,
    ),
    "date": ((_I,), "to_char(({}) at time zone 'UTC', 'YYYY-MM-DD')", _T),
    "time": ((_I,), "to_char(({}) at time zone 'UTC', 'HH24:MI:SS.MS')", _T),
    "totaloffsetminutes": ((_I,), "(0 * extract(epoch from {}))::double precision", _N),
    "now": ((), "now()", _I),
    "mindatetime": ((), "'-infinity'::timestamptz", _I),
    "maxdatetime": ((), "'infinity'::timestamptz", _I),
    "round": ((_N,), "(select sign(x) * floor(abs(x) + 0.5) from (select {} as x offset 0) o)", _N),
    "floor": ((_N,), "floor({})", _N),
    "ceiling": ((_N,), "ceil({})", _N),
    "geo.distance": ((_G, _G), "ST_Distance({}, {})", _N),
    "geo.length": ((_G,), "ST_Length({})", _N),
    "geo.intersects": _relation("ST_Intersects"),
    "st_equals": _relation("ST_Equals"),
    "st_disjoint": _relation("ST_Disjoint"),
    "st_touches": _relation("ST_Touches"),
    "st_within": _relation("ST_Within"),
    "st_overlaps": _relation("ST_Overlaps"),
    "st_crosses": _relation("ST_Crosses"),
    "st_intersects": _relation("ST_Intersects"),
    "st_contains": _relation("ST_Contains"),
    "st_relate": ((_G, _G, _T), "ST_Relate({}, {}, {})", _B),
}
"""The functions of 18-088, table 24: what they take, how they are written, what they give."""
