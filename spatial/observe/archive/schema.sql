-- The archive of closed days 归档: which day of observations stands in which file, how many months are kept in the
-- database, and which periods are no longer there.

create function observe.day(at timestamptz) returns date
  language sql immutable parallel safe
  return ((at at time zone 'UTC') + interval '8 hours')::date;
comment on function observe.day(timestamptz) is 'The Beijing day of an instant';

create table observe.day_file (                     -- a version of a day as a file; the newest one counts
  day date not null,
  version integer not null check (version > 0),
  path text not null unique,                        -- below the folder of archives
  sha256 bytea not null check (length(sha256) = 32),
  bytes bigint not null,
  rows bigint not null,
  digest numeric not null,                          -- sum of the hashes of its rows as the database has them
  closed_at timestamptz not null default clock_timestamp(),
  primary key (day, version)
);
create trigger append_only before update or delete or truncate on observe.day_file
  for each statement execute function history.refuse();
alter table observe.day_file enable always trigger append_only;

create table observe.closing (                      -- a look at all days, that came to its end
  started_at timestamptz primary key,
  ended_at timestamptz not null default clock_timestamp(),
  files integer not null
);

create table observe.retention (                    -- how many whole months the database keeps; the newest one counts
  version integer generated always as identity primary key,
  months integer check (months >= 2),               -- null: all
  basis text not null,
  declared_at timestamptz not null default clock_timestamp(),
  declared_by text not null default coalesce(spatial.actor()->>'subject', session_user)
);
create trigger append_only before update or delete or truncate on observe.retention
  for each statement execute function history.refuse();
alter table observe.retention enable always trigger append_only;

create table observe.period_away (                  -- a partition that stands in files alone
  start timestamptz not null,
  until timestamptz not null,
  rows bigint not null,
  away_at timestamptz not null default clock_timestamp(),
  restored_at timestamptz,
  primary key (start, away_at)
);
create unique index period_away_now on observe.period_away (start) where restored_at is null;

-- What was corrected since the last look is found by this; what was written, by observation_recorded.
create index superseded_when on observe.superseded using brin (superseded_at)
  with (pages_per_range = 32, autosummarize = on);

create or replace function observe.is_away(at timestamptz) returns boolean language sql stable as
  'select exists (select from observe.period_away a where a.restored_at is null and at >= a.start and at < a.until)';

grant select on observe.day_file, observe.closing, observe.retention, observe.period_away
  to onemap_reader, onemap_writer;
grant insert on observe.day_file, observe.closing, observe.retention to onemap_writer;
