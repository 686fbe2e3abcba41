-- Keeping messages 报文入库: whose each is, and, once their readings were offered, what became of it.
-- Run by 0041, and by 0052, which puts these in the place of earlier ones: a function in SQL is planned at every call.

create or replace function telemetry.claim(received timestamptz[], keys bytea[])
  returns table (number bigint, message bigint)
  language plpgsql as $$
#variable_conflict use_column
declare
  instant timestamptz;
begin
  for instant in
    select min(r) from unnest(received) r group by date_trunc('month', r at time zone 'Asia/Shanghai')
  loop
    perform telemetry.ensure_month(instant);
  end loop;
  return query
  with numbered as materialized (
    select g.*, nextval('telemetry.message_number') as number
      from unnest(received, keys) with ordinality g(received_at, key, place)),
  claimed as (
    insert into telemetry.message_key as k (key, message, repeats, last_at)
      select key, min(number), count(*) - 1, (select max(received_at) from numbered) from numbered
        group by key order by key
      on conflict (key) do update set repeats = k.repeats + excluded.repeats + 1,
        last_at = greatest(k.last_at, excluded.last_at)
      returning key, message)
  select n.number, c.message from numbered n join claimed c using (key) order by n.place;
end $$;
comment on function telemetry.claim is
  'A number for each delivery, and that of the message that it is: another one where it had come before';

create or replace function telemetry.enter(
    numbers bigint[], messages bigint[], received timestamptz[], channels text[], peers text[], devices text[],
    kinds text[], bodies bytea[], reasons text[], details text[], unstoreds integer[])
  returns void language plpgsql as $$
begin
  with decided as materialized (
    select g.*, case when message <> number then 'repeated' when reason is null then 'accepted' else 'rejected' end as outcome
      from unnest(numbers, messages, received, channels, peers, devices, kinds, bodies, reasons, details, unstoreds)
        g(number, message, received_at, channel, peer, device, kind, bytes, reason, detail, unstored)),
  kept as (
    insert into telemetry.message (id, received_at, channel, peer, device, kind, bytes, reason, detail, unstored)
      select number, received_at, channel, peer, device, kind, bytes, reason, detail, unstored
        from decided where outcome <> 'repeated' order by number)
  insert into telemetry.tally as t (channel, outcome, reason, slot, messages, unstored, last_at)
    select channel, outcome, case outcome when 'rejected' then reason else '' end, mod(pg_backend_pid(), 64),
        count(*), coalesce(sum(unstored) filter (where outcome = 'accepted'), 0), max(received_at)
      from decided group by 1, 2, 3 order by 1, 2, 3
    on conflict (channel, outcome, reason, slot) do update set messages = t.messages + excluded.messages,
      unstored = t.unstored + excluded.unstored, last_at = greatest(t.last_at, excluded.last_at);
end $$;
comment on function telemetry.enter is 'Keep claimed deliveries that had not come before, and count all of them';

create or replace function telemetry.keep(
    received timestamptz[], keys bytea[], channels text[], peers text[], devices text[], kinds text[],
    bodies bytea[], reasons text[], details text[], unstoreds integer[])
  returns table (number bigint, message bigint)
  language plpgsql as $$
declare
  numbers bigint[];
  messages bigint[];
begin
  select array_agg(c.number order by c.place), array_agg(c.message order by c.place) into numbers, messages
    from telemetry.claim(received, keys) with ordinality c(number, message, place);
  perform telemetry.enter(
    numbers, messages, received, channels, peers, devices, kinds, bodies, reasons, details, unstoreds);
  return query select * from unnest(numbers, messages);
end $$;
comment on function telemetry.keep is
  'Both in one, of messages that have no readings to offer in between: numbers as claim() gives them';
