-- The change feed 变更流: every changeset of every layer in one order that consumers follow.
--
-- Numbers and recorded instants are given before the commit, so with writers of several
-- layers at once a lower one may become visible after a higher one, and who has read past it
-- would never see it. A position is given here when a changeset enters the ledger, and is
-- *settled* once no transaction under way can still commit one at or below it. A writer
-- announces, by an advisory lock it holds until its transaction ends, a position that its own
-- will lie above; only then it takes its own. Of a layer, positions follow the chain.
-- A transaction that writes something else, however long, holds nothing up.
-- Primary server only: a standby does not see the locks.

create sequence spatial.changeset_position;
create table spatial.changeset_feed (
  position bigint primary key default nextval('spatial.changeset_position'),
  changeset bigint not null unique     -- of the ledger: the trigger below alone writes here
);
create trigger append_only before update or delete or truncate on spatial.changeset_feed
  for each statement execute function history.refuse();
alter table spatial.changeset_feed enable always trigger append_only;

create function history.last_position() returns bigint
  language sql volatile
  return (select case when is_called then last_value else 0 end from spatial.changeset_position);

create function history.enter_feed() returns trigger
  language plpgsql as $$
begin
  -- 7302502 in the upper 24 bits tells these locks from others; 40 bits are left for positions.
  perform pg_advisory_xact_lock_shared((7302502::bigint << 40) + history.last_position());
  insert into spatial.changeset_feed (changeset) select id from entered order by id;
  return null;
end $$;

-- Nobody writes the ledger between what is numbered here and the trigger.
lock table spatial.changeset in share row exclusive mode;
insert into spatial.changeset_feed (changeset) select id from spatial.changeset order by id;
create trigger enter_feed after insert on spatial.changeset
  referencing new table as entered for each statement execute function history.enter_feed();
alter table spatial.changeset enable always trigger enter_feed;

create function spatial.settled_position() returns bigint
  language plpgsql volatile as $$
declare
  given bigint;
  announced bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the feed is read in read committed transactions, not %',
      current_setting('transaction_isolation') using errcode = 'invalid_transaction_state';
  end if;
  given := history.last_position();  -- before the locks are looked at: who locks later gets a higher one
  select min(((l.classid::bigint & 255) << 32) | l.objid::bigint) into announced
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 8 = 7302502
      and l.database = (select oid from pg_database where datname = current_database());
  return least(given, announced);
end $$;
comment on function spatial.settled_position() is
  'No changeset will appear at this position of the feed or below it that a statement begun after this call '
  'does not see';
