-- Messages that bring no readings of their own 无读数的报文, kept in one statement.

create function telemetry.keep(
    received timestamptz[], channels text[], peers text[], devices text[], kinds text[], bodies bytea[],
    keys bytea[], reasons text[], details text[])
  returns table (place integer, message bigint, repeated boolean)
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
      from unnest(received, channels, peers, devices, kinds, bodies, keys, reasons, details) with ordinality
        g(received_at, channel, peer, device, kind, bytes, key, reason, detail, place)),
  claimed as (
    insert into telemetry.message_key as k (key, message, repeats, last_at)
      select key, min(number), count(*) - 1, (select max(received_at) from numbered) from numbered
        group by key order by key
      on conflict (key) do update set repeats = k.repeats + excluded.repeats + 1,
        last_at = greatest(k.last_at, excluded.last_at)
      returning key, message),
  decided as materialized (
    select n.*, c.message, c.message <> n.number as repeated,
        case when c.message <> n.number then 'repeated' when n.reason is null then 'accepted' else 'rejected' end as outcome
      from numbered n join claimed c using (key)),
  kept as (
    insert into telemetry.message (id, received_at, channel, peer, device, kind, bytes, reason, detail)
      select number, received_at, channel, peer, device, kind, bytes, reason, detail
        from decided where not repeated order by number),
  counted as (
    insert into telemetry.tally as t (channel, outcome, reason, slot, messages, unstored, last_at)
      select channel, outcome, case outcome when 'rejected' then reason else '' end, mod(pg_backend_pid(), 64),
          count(*), 0, max(received_at)
        from decided group by 1, 2, 3 order by 1, 2, 3
      on conflict (channel, outcome, reason, slot) do update set messages = t.messages + excluded.messages,
        last_at = greatest(t.last_at, excluded.last_at))
  select place::integer, message, repeated from decided;
end $$;
comment on function telemetry.keep is
  'Keep messages without readings: place in the arrays, number of the message that each is, and whether it had come before';
