-- The ledger's functions: what a changeset's hashes are made of, what no longer matches
-- them, and what differs between two changesets. ledger.py and diff.py call these.

-- Digests. A changeset's content is what it opened and what it closed; entries
-- are sorted within 256 buckets, so that no aggregate grows past 1 GB.

create function history.content_hash(opened bigint, opened_digest bytea, closed bigint, closed_digest bytea)
  returns bytea language sql immutable parallel safe
  return sha256(int8send(opened) || coalesce(opened_digest, '') || int8send(closed) || coalesce(closed_digest, ''));

create function history.field(value text) returns bytea
  language sql stable parallel safe
  return case when value is null then '\xffffffff'::bytea
    else int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') end;
comment on function history.field(text) is 'Length-prefixed UTF-8; null differs from every text';

create function history.chain_hash(entry spatial.changeset) returns bytea
  language sql stable parallel safe
  return sha256(
    entry.content_hash || history.field(encode(entry.previous_hash, 'hex')) || int8send(entry.id)
    || history.field(entry.layer) || history.field(entry.author) || history.field(entry.department)
    || history.field(entry.reason) || history.field(encode(entry.source_sha256, 'hex'))
    || timestamptz_send(entry.recorded_at) || int8send(entry.opened) || int8send(entry.closed));

create type history.digest as (
  changeset bigint, opened bigint, opened_digest bytea, closed bigint, closed_digest bytea);

create function history.digesting(table_name text, opened_where text, closed_where text) returns text
  language sql immutable
  return format($q$
    with opened_bucket as (
      select opened_by id, bucket, count(*) n, sha256(string_agg(entry, '' order by entry)) digest
      from (
        select opened_by, get_byte(content_sha256 || '\x00', 0) bucket,  -- tampering may leave it empty
          content_sha256 || timestamptz_send(valid_from) || timestamptz_send(valid_to) entry
        from history.%1$I where %2$s) o
      group by 1, 2),
    closed_bucket as (
      select closed_by id, get_byte(entry, 0) bucket, count(*) n,
        sha256(string_agg(entry, '' order by entry)) digest
      from (
        select closed_by, sha256(history.field(fid) || timestamptz_send(valid_from)
          || timestamptz_send(recorded_from)) entry
        from history.%1$I where %3$s) c
      group by 1, 2),
    o as (select id, sum(n)::bigint n, sha256(string_agg(digest, '' order by bucket)) digest
      from opened_bucket group by 1),
    c as (select id, sum(n)::bigint n, sha256(string_agg(digest, '' order by bucket)) digest
      from closed_bucket group by 1)
    select coalesce(o.id, c.id) changeset, coalesce(o.n, 0) opened, o.digest opened_digest,
        coalesce(c.n, 0) closed, c.digest closed_digest
    from o full join c on c.id = o.id$q$, table_name, opened_where, closed_where);

create function history.digests(table_name text) returns setof history.digest
  language plpgsql stable as $$
begin
  return query execute history.digesting(table_name, 'true', 'closed_by is not null');
end $$;


-- Verifying and telling apart. Rows are formed anew from their columns and compared.

create function history.altered(of_layer text)
  returns table (changeset bigint, fid text, content boolean, served boolean, times boolean)
  language plpgsql stable set jit = off set extra_float_digits = 1 set datestyle = 'ISO' as $$
declare
  form history.layout := history.layout_of(of_layer);
begin
  return query execute format($q$
    select w.opened_by, w.fid, w.content, w.served, w.times from (
      select v.opened_by, v.fid, v.valid_from,
        v.content_sha256 is distinct from sha256(%2$s) content,
        (v.feature in (%3$s)) is not true served,
        o.recorded_at is distinct from v.recorded_from
          or case when v.closed_by is null then 'infinity' else c.recorded_at end
            is distinct from v.recorded_to times
      from history.%1$I v
      left join spatial.changeset o on o.id = v.opened_by and o.layer = %4$L
      left join spatial.changeset c on c.id = v.closed_by and c.layer = %4$L) w
    where w.content or w.served or w.times
    order by w.opened_by, w.fid, w.valid_from$q$,
    form.name, form.content, array_to_string(form.feature || form.former_features, ', '), of_layer);
end $$;
comment on function history.altered is
  'Rows whose hash, served text or recorded times are not what columns and changesets say';

create function history.between(of_layer text, older bigint, newer bigint, at timestamptz default null)
  returns table (fid text, kind text, valid_from timestamptz, old_valid_to timestamptz, new_valid_to timestamptz,
    old json, new json)
  language plpgsql stable set datestyle = 'ISO' as $$
declare
  form history.layout := history.layout_of(of_layer);
  valid text := '';
  pairing text := '(fid, valid_from)';
begin
  if at is not null then  -- the map of one instant: one version a side, told apart by content alone
    valid := format('and v.valid_from <= %1$L and v.valid_to > %1$L', at);
    pairing := '(fid)';
  end if;
  return query execute format($q$
    select fid, case when o.id is null then 'insert' when n.id is null then 'delete' else 'update' end,
        coalesce(n.since, o.since), nullif(o.valid_to, 'infinity'), nullif(n.valid_to, 'infinity'),
        o.fields, n.fields
      from (
        select v.fid, v.valid_from, v.valid_from since, v.valid_to, v.opened_by id, v.content_sha256,
            to_json(f) fields
          from history.%1$I v, lateral (select %6$s) f
          where v.opened_by <= %2$s and v.closed_by > %2$s and v.closed_by <= %3$s %4$s) o
      full join (
        select v.fid, v.valid_from, v.valid_from since, v.valid_to, v.opened_by id, v.content_sha256,
            to_json(f) fields
          from history.%1$I v, lateral (select %6$s) f
          where v.opened_by > %2$s and v.opened_by <= %3$s and (v.closed_by is null or v.closed_by > %3$s) %4$s) n
        using %5$s
      where o.content_sha256 is distinct from n.content_sha256 or (%7$s and o.valid_to <> n.valid_to)
      order by fid, 3$q$,
    form.name, older, newer, valid, pairing, history.value_list(form, true), (at is null)::text);
end $$;
comment on function history.between is
  'What is believed differently after changeset newer than after older; public values only';
