"""What stations say now 测站现状: the newest value of every datastream, what quality control found, what was
corrected. Statements of reads; each gives finished JSON.

``layers`` are the layers of the catalogue whose Things may be told of, ``None`` all of them and those of
none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from spatial.history.read import Statement
from spatial.observe.finding import NOTED, STEPS
from spatial.observe.finding_store import NEWEST

SETTLED: Final = timedelta(minutes=1)
"""A writer stamps its values before it commits: who asks what is new is told again of so long before."""
_STEPS: Final = orjson.dumps({each.value: [*STEPS[each], NOTED] for each in STEPS}).decode()
_SEEN: Final = "(%(all)s or t.layer = any(%(layers)s::text[]))"
_ANSWERS: Final = """coalesce((
            select json_agg(json_build_object('action', a.action, 'subject', a.subject,
              'department', a.department, 'note', a.note, 'recorded_at', a.recorded_at,
              'stands', a.recorded_at >= f.recorded_at) order by a.number)
            from observe.finding_answer a
            where a.datastream = f.datastream and a.phenomenon_time = f.phenomenon_time), '[]')"""
_WAITS: Final = """waits as materialized (
  select distinct on (observed_property) observed_property,
      (rules->'gap'->>'suspect_s')::float8 * interval '1 s' as wait
    from observe.quality_rule order by observed_property, version desc)"""
_STATION: Final = """json_build_object('thing', t.id, 'key', t.key, 'name', t.name, 'layer', t.layer,
      'position', g.position, 'datastreams', n.streams)"""
_TESTS: Final = f"""case when l.flag in (3, 4) then coalesce((
            select json_agg(distinct f.test order by f.test) from observe.finding f
             where f.datastream = d.id and f.phenomenon_time = l.phenomenon_time and {NEWEST}
            having max(f.flag) <= l.flag), '[]')
            else '[]' end"""
_PARTS: Final = f"""streams as (
  select d.thing, json_agg(json_build_object('id', d.id, 'name', d.name, 'unit', d.unit->>'symbol',
          'property', p.observed_property, 'count', l.count, 'first', l.first_time, 'value', l.result_number,
          'time', l.phenomenon_time, 'recorded_at', l.recorded_at, 'flag', l.flag,
          'due', l.phenomenon_time + r.wait, 'stale', coalesce(l.phenomenon_time + r.wait < now(), false),
          'tests', {_TESTS}) order by d.id) streams
    from told join observe.datastream d on d.thing = told.id and not d.multi
    join observe.latest l on l.datastream = d.id
    join observe.datastream_property p on p.datastream = d.id and p.position = 0
    left join waits r using (observed_property)
   group by d.thing),
places as (
  select distinct on (x.thing) x.thing,
      json_build_array(ST_X(g.middle), ST_Y(g.middle)) as position
    from told join observe.thing t using (id) join observe.thing_location x on x.thing = t.id
    join observe.location o on o.id = x.location, lateral (select ST_PointOnSurface(o.geom) middle) g
   where o.geom is not null and coalesce(t.layer <> all(%(counted)s::text[]), true)
   order by x.thing, o.id)"""
"""What is told of the Things of ``told``: in sets, since one by one they take twice as long."""
_JOINED: Final = "join streams n on n.thing = t.id left join places g on g.thing = t.id"
_STATIONS: Final = f"""
with w as materialized (
  select t.id, max(l.written_at) written
    from observe.thing t join observe.datastream d on d.thing = t.id and not d.multi
    join observe.latest l on l.datastream = d.id
   where {_SEEN} group by t.id),
told as materialized (
  select w.id from w where %(since)s::timestamptz is null or w.written > %(since)s::timestamptz),
{_WAITS},
{_PARTS}
select json_build_object('at', (select nullif(max(written), '-infinity') from w), 'stations', coalesce((
  select json_agg({_STATION} order by t.id)
    from told join observe.thing t using (id) {_JOINED}), '[]'))::text
"""
_CLOCK: Final = "select clock_timestamp()"
_WRITTEN: Final = """
select d.id, d.thing, l.written_at from observe.latest l join observe.datastream d on d.id = l.datastream
 where l.written_at > %(since)s and not d.multi order by 3
"""
_SOME: Final = f"""
with told as materialized (select distinct unnest(%(things)s::bigint[]) as id),
{_WAITS},
{_PARTS}
select t.id, t.layer, ({_STATION})::text from observe.thing t {_JOINED}
"""
_PROPERTIES: Final = """
select json_build_object('properties', coalesce(json_agg(json_build_object('id', p.id, 'key', p.key,
    'name', p.name, 'definition', p.definition, 'rules', q.rules, 'basis', q.basis, 'version', q.version,
    'declared_at', q.declared_at) order by p.id), '[]'))::text
  from observe.observed_property p left join lateral (
    select rules, basis, version, declared_at from observe.quality_rule q
     where q.observed_property = p.id order by version desc limit 1) q on true
"""
_FINDINGS: Final = f"""
select json_build_object('findings', coalesce(json_agg(n.told order by n.place)
    filter (where n.place <= %(limit)s), '[]'), 'more', count(*) > %(limit)s)::text
  from (
    select row_number() over (
        order by f.phenomenon_time desc, f.datastream desc) place,
        json_build_object('datastream', f.datastream, 'thing', t.id, 'time', f.phenomenon_time,
          'value', o.result_number, 'flag', o.flag, 'tests', json_agg(distinct f.test order by f.test),
          'version', max(f.version), 'recorded_at', f.recorded_at, 'layer', t.layer, 'state', s.state,
          'steps', case when %(all)s or t.layer = any(%(editable)s::text[]) then %(steps)s::jsonb->s.state
            else '[]' end,
          'answers', case when %(named)s then {_ANSWERS} else '[]' end) told
      from observe.finding f
      join observe.datastream d on d.id = f.datastream join observe.thing t on t.id = d.thing,
      lateral (
        select v.result_number, v.flag from observe.observation v
         where v.datastream = f.datastream and v.phenomenon_time = f.phenomenon_time offset 0) o,
      lateral (select observe.finding_state(f.datastream, f.phenomenon_time, f.recorded_at) state) s
     where {_SEEN} and o.flag in (3, 4) and {NEWEST}
       and (%(state)s::text is null or %(state)s <> 'raised' or not exists (
         select from observe.finding_answer a
          where a.datastream = f.datastream and a.phenomenon_time = f.phenomenon_time
            and a.recorded_at >= f.recorded_at and a.action <> 'noted'))
       and (%(state)s::text is null or %(state)s = 'raised' or s.state = %(state)s
         and (f.datastream, f.phenomenon_time) in (
           select a.datastream, a.phenomenon_time from observe.finding_answer a where a.action = %(state)s))
       and (%(start)s::timestamptz is null or f.phenomenon_time >= %(start)s)
       and (%(end)s::timestamptz is null or f.phenomenon_time < %(end)s)
       and (%(one)s::integer is null or f.datastream = %(one)s)
       and (%(time)s::timestamptz is null or (f.phenomenon_time, f.datastream) < (%(time)s, %(before)s))
     group by f.phenomenon_time, f.datastream, t.id, o.result_number, o.flag, f.recorded_at, s.state
    having max(f.flag) <= o.flag  -- else it was taken back, and the giver said less
     order by f.phenomenon_time desc, f.datastream desc limit %(limit)s + 1) n
"""
_CORRECTIONS: Final = """
with gone as materialized (
  select phenomenon_time, recorded_at, superseded_at, result_number, flag from observe.superseded
   where datastream = %(one)s and phenomenon_time >= %(start)s and phenomenon_time < %(end)s
     and recorded_at < superseded_at),
v as (
  select * from gone
  union all
  select phenomenon_time, recorded_at, null, result_number, flag from observe.observation o
   where datastream = %(one)s and phenomenon_time >= (select min(phenomenon_time) from gone)
     and phenomenon_time <= (select max(phenomenon_time) from gone)),
n as (
  select *, lead(recorded_at) over w as following, lead(result_number) over w as number_then,
      lead(flag) over w as flag_then from v window w as (partition by phenomenon_time order by recorded_at))
select json_build_object('corrections', coalesce(json_agg(json_build_object('time', c.phenomenon_time,
    'value', c.result_number, 'flag', c.flag, 'recorded_at', c.recorded_at, 'superseded_at', c.superseded_at,
    'value_then', c.number_then, 'flag_then', c.flag_then, 'withdrawn', c.following is null)
    order by c.superseded_at desc, c.phenomenon_time desc) filter (where c.place <= %(limit)s), '[]'),
    'more', count(*) > %(limit)s)::text
  from (
    select *, row_number() over (order by superseded_at desc, phenomenon_time desc) place from n
     where superseded_at is not null
     order by superseded_at desc, phenomenon_time desc limit %(limit)s + 1) c
"""


@dataclass(frozen=True, slots=True)
class Findings:
    """Which findings are asked for, the newest first: within a span, of one datastream, below a place."""

    limit: int
    start: datetime | None = None
    end: datetime | None = None
    datastream: int | None = None
    before: tuple[datetime, int] | None = None
    """Instant and datastream of the last of the page before."""
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for findings: what they may answer, and whether they are told who answered."""

    editable: Sequence[str]
    named: bool


def stations(
    layers: Sequence[str] | None, since: datetime | None, counted: Collection[str] = ()
) -> tuple[str, dict[str, object]]:
    """Things with the newest value of each of their datastreams; ``since``: those written to after it. Places
    of Things of layers that are ``counted`` when they leave are not told.
    """
    begun = None if since is None else since - SETTLED
    return _STATIONS, {**_allowed(layers), "since": begun, "counted": list(counted)}


def clock() -> Statement:
    """What time it is where values are stamped."""
    return Statement(_CLOCK, ())


def written(since: datetime) -> tuple[str, dict[str, object]]:
    """Datastreams that were written to after an instant, the first of them first: number, Thing, when."""
    return _WRITTEN, {"since": since}


def some(things: Sequence[int], counted: Collection[str] = ()) -> tuple[str, dict[str, object]]:
    """Things by their numbers, as :func:`stations` tells each: number, layer, JSON."""
    return _SOME, {"things": list(things), "counted": list(counted)}


def properties() -> Statement:
    """The observed properties, with the rules of quality control in force."""
    return Statement(_PROPERTIES, ())


def findings(layers: Sequence[str] | None, asked: Findings, asker: Asker) -> tuple[str, dict[str, object]]:
    """What quality control found wrong with values that are believed now, and what was done about it; one row
    more than the limit.
    """
    time, before = asked.before or (None, None)
    return _FINDINGS, {
        **_allowed(layers),
        "limit": asked.limit,
        "start": asked.start,
        "end": asked.end,
        "one": asked.datastream,
        "time": time,
        "before": before,
        "state": asked.state,
        "editable": list(asker.editable),
        "named": asker.named,
        "steps": _STEPS,
    }


def corrections(datastream: int, start: datetime, end: datetime, limit: int) -> tuple[str, dict[str, object]]:
    """What was believed of the values of a span before, and what took its place, the newest first."""
    return _CORRECTIONS, {"one": datastream, "start": start, "end": end, "limit": limit}


def _allowed(layers: Sequence[str] | None) -> dict[str, object]:
    return {"all": layers is None, "layers": list(layers or ())}
