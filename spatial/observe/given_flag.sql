-- What the giver of a value says is wrong with it 来源自报的质量标识, kept beside what tests find: a flag is the worse of
-- the two, and a finding that is taken back leaves what was said. Of the values that are believed; few have any.

create table if not exists observe.given_flag (
  datastream integer not null,
  phenomenon_time timestamptz not null,
  flag smallint not null check (flag in (3, 4)),
  primary key (datastream, phenomenon_time)
);
comment on table observe.given_flag is 'Faults (QARTOD 3, 4) that the givers of values say these have, whatever tests find';

grant select on observe.given_flag to onemap_reader;
grant select, insert, update, delete on observe.given_flag to onemap_writer;

create or replace function observe.read_given_flags(since timestamptz, until timestamptz) returns void
  language sql as $$
  -- Roll-ups tell on which days there are any faults.
  insert into observe.given_flag (datastream, phenomenon_time, flag)
  select o.datastream, o.phenomenon_time, o.flag
    from (
      select distinct datastream, start from observe.roll_up_day
        where flag in (3, 4) and start >= since and start < until) d, lateral (
      select o.* from observe.observation o
        where o.datastream = d.datastream and o.phenomenon_time >= d.start
          and o.phenomenon_time < d.start + interval '1 day' and o.flag in (3, 4) offset 0) o
    where not exists (
      select from observe.finding f where f.datastream = o.datastream and f.phenomenon_time = o.phenomenon_time)
  on conflict do nothing
$$;
comment on function observe.read_given_flags is
  'Of what was written between two days before it was written down what givers say: a fault that no test found is theirs';

select observe.read_given_flags('-infinity', 'infinity');
