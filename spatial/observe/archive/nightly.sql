-- The nightly chore 每夜归档: at what time of Beijing it is done, and what each night came to.

create table observe.nightly (                      -- the newest one counts
  version integer generated always as identity primary key,
  at time,                                          -- null: not done by itself
  declared_at timestamptz not null default clock_timestamp(),
  declared_by text not null default coalesce(spatial.actor()->>'subject', session_user)
);
create trigger append_only before update or delete or truncate on observe.nightly
  for each statement execute function history.refuse();
alter table observe.nightly enable always trigger append_only;

create table observe.night (
  started_at timestamptz primary key,
  ended_at timestamptz not null default clock_timestamp(),
  files integer not null,                           -- days that were written
  away integer not null,                            -- periods that left the database
  failure text                                      -- code of what ended it early; null where nothing did
);
create trigger append_only before update or delete or truncate on observe.night
  for each statement execute function history.refuse();
alter table observe.night enable always trigger append_only;

insert into observe.nightly (at) values ('02:15');

grant select on observe.nightly, observe.night to onemap_reader, onemap_writer;
grant insert on observe.nightly, observe.night to onemap_writer;
