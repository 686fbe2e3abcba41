-- Values whose time was corrected into another month 移到他月的观测值. Their numbers stay, and say the month in which they
-- were recorded first: here is where else they are, or once were. Looked at where a number finds nothing in its month.

create table observe.moved_value (
  id bigint not null,
  phenomenon_time timestamptz not null,
  moved_at timestamptz not null default clock_timestamp(),
  primary key (id, phenomenon_time)
);
comment on table observe.moved_value is 'Times outside the month that the number of a value says, at which it is or was';

grant select on observe.moved_value to onemap_reader;
grant select, insert, update on observe.moved_value to onemap_writer;
