-- Raw messages of telemetry 原始报文: kept byte-exact, before they are acknowledged, for ever.
-- A row holds what was decided when the message came; what a later replay decided is in "replay".

create schema telemetry;

create sequence telemetry.message_number;

create table telemetry.message (
  id          bigint not null default nextval('telemetry.message_number'),
  received_at timestamptz not null,
  channel     text collate "C" not null check (channel ~ '^[a-z0-9]+(/[a-z0-9]+)?$'),
  peer        text collate "C" not null,
  device      text collate "C",
  kind        text collate "C" not null check (kind in ('data', 'part', 'test', 'heartbeat', 'other', 'none')),
  bytes       bytea not null,
  sha256      bytea not null generated always as (sha256(bytes)) stored,
  reason      text collate "C",
  detail      text,
  unstored    integer not null default 0 check (unstored >= 0),
  primary key (received_at, id)
) partition by range (received_at);
create index message_id on telemetry.message (id);
create index message_device on telemetry.message (device, received_at);
create index message_rejected on telemetry.message (received_at, id) where reason is not null or unstored > 0;
comment on table telemetry.message is
  '原始报文: every message as it came; reason = why it was rejected, null for an accepted one; unstored = how '
  'many of its values the store did not take';

create trigger append_only before update or delete or truncate on telemetry.message
  for each statement execute function history.refuse();
alter table telemetry.message enable always trigger append_only;

-- One message is one fact however often it comes: the key is the digest over what identifies it in its
-- protocol (device, serial or request code, time of sending, packet, body), not over its transport.
create table telemetry.message_key (
  key     bytea primary key check (octet_length(key) = 32),
  message bigint not null,
  repeats bigint not null default 0 check (repeats >= 0),
  last_at timestamptz not null
);
comment on table telemetry.message_key is '报文识别键: which message a delivery is, and how often it came again';

create table telemetry.replay (
  message  bigint not null,
  at       timestamptz not null default clock_timestamp(),
  reason   text collate "C",
  detail   text,
  unstored integer not null default 0 check (unstored >= 0),
  primary key (message, at)
);
comment on table telemetry.replay is '报文重放: what a later decoding of a message gave; reason = why it was rejected again';
create trigger append_only before update or delete or truncate on telemetry.replay
  for each statement execute function history.refuse();
alter table telemetry.replay enable always trigger append_only;

create view telemetry.message_state as
  select m.id, m.received_at, m.channel, m.peer, m.device, m.kind, m.bytes, m.sha256,
         case when r.at is null then case when m.reason is null then 'accepted' else 'rejected' end
              when r.reason is null then 'replayed' else 'rejected' end as state,
         case when r.at is null then m.reason else r.reason end as reason,
         case when r.at is null then m.detail else r.detail end as detail,
         case when r.at is null then m.unstored else r.unstored end as unstored
    from telemetry.message m
    left join lateral (select p.at, p.reason, p.detail, p.unstored from telemetry.replay p where p.message = m.id
                       order by p.at desc limit 1) r on true;
comment on view telemetry.message_state is '报文状态: accepted, rejected with reason, or replayed';

-- Months in Beijing time; made before the first message of a month is written.
create function telemetry.ensure_month(instant timestamptz) returns void
  language plpgsql as $$
declare
  month timestamp := date_trunc('month', instant at time zone 'Asia/Shanghai');
  partition text := 'message_' || to_char(month, 'YYYYMM');
begin
  if to_regclass('telemetry.' || partition) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('telemetry.message'));
  -- Asked of the table: the answer of to_regclass is remembered over a wait for an advisory lock.
  if exists (select 1 from pg_catalog.pg_class
             where relname = partition and relnamespace = 'telemetry'::regnamespace) then
    return;
  end if;
  execute format('create table telemetry.%I partition of telemetry.message for values from (%L) to (%L)',
    partition, month at time zone 'Asia/Shanghai', (month + interval '1 month') at time zone 'Asia/Shanghai');
  execute format('create trigger append_only before update or delete or truncate on telemetry.%I
    for each statement execute function history.refuse()', partition);
  execute format('alter table telemetry.%I enable always trigger append_only', partition);
end $$;
