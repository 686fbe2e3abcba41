-- The guard of the component tree 构件树: what no changeset may break, whoever writes it.
--
-- Every changeset enters the ledger in the transaction that writes it, under the lock of its
-- layer, after its rows. There the tree is held to its laws: of siblings no two have the same
-- key at one time; a parent is there for as long as its children; ranks grow downwards. The
-- lock makes it safe against others that write at the same time: they come after, and see it.
-- An exclusion constraint on (parent, element, key, valid time) says the first at some 50 s
-- for a million rows; and the table of believed rows is replaced by a first load.

create schema address;

create function address.refuse(zh text, en text, value text) returns void
  language plpgsql as $$
begin
  raise exception '%', en using errcode = 'OM422',
    detail = json_build_object('zh', zh, 'en', en, 'value', value)::text;
end $$;

create function address.refuse_twins(changeset bigint) returns void
  language plpgsql as $$
declare
  twin record;
begin
  execute $q$
    select v.name, v.fid, w.fid other, v.parent_id
      from history.components_believed v
      join history.components_believed w on w.parent_id collate "C" = v.parent_id
        and w.element = v.element and w.norm_key collate "C" = v.norm_key
      where v.opened_by = $1 and w.fid <> v.fid and w.valid_from < v.valid_to and w.valid_to > v.valid_from
      limit 1$q$ into twin using changeset;
  if twin.fid is not null then
    perform address.refuse(
      format('同一上级下已有同名构件,请改名或先注销原构件:%s(%s 与 %s)', twin.name, twin.fid, twin.other),
      format('a sibling of the same key is there at that time; rename this one or retire the other: %s (%s and %s)',
        twin.name, twin.fid, twin.other), twin.name);
  end if;
end $$;

create function address.refuse_orphans(changeset bigint) returns void
  language plpgsql as $$
declare
  orphan record;
begin
  execute $q$
    with loose as materialized (
      select v.fid, v.name, v.parent_id, v.valid_from, v.valid_to
        from history.components_believed v
        where v.opened_by = $1 and v.parent_id is not null
          and not exists (
            select from history.components_believed p
              where p.fid = v.parent_id collate "C" and p.valid_from <= v.valid_from and p.valid_to >= v.valid_to
                and (p.element < v.element or v.element = 15))
      union all
      select v.fid, v.name, v.parent_id, v.valid_from, v.valid_to
        from (  -- what is believed is closed by nothing, and has no index for it
          select distinct fid from history.components where closed_by = $1 and recorded_to < 'infinity') c
        join history.components_believed v on v.parent_id collate "C" = c.fid)
    select fid, name, parent_id from loose l
      where not coalesce((
        select range_agg(tstzrange(p.valid_from, p.valid_to)) @> tstzrange(l.valid_from, l.valid_to)
          from history.components_believed p
          join history.components_believed v on v.fid = l.fid and v.valid_from = l.valid_from
          where p.fid = l.parent_id collate "C" and (p.element < v.element or v.element = 15)), false)
      limit 1$q$ into orphan using changeset;
  if orphan.fid is not null then
    perform address.refuse(
      format('上级构件不存在、层级不在其上,或不在该构件的有效期内:%s(%s,上级 %s)',
        orphan.name, orphan.fid, orphan.parent_id),
      format('its parent is not there during all of its valid time, or does not stand above it: %s (%s, parent %s)',
        orphan.name, orphan.fid, orphan.parent_id), orphan.parent_id);
  end if;
end $$;

create function address.guard_tree() returns trigger
  language plpgsql as $$
begin
  perform address.refuse_twins(new.id);
  perform address.refuse_orphans(new.id);
  return null;
end $$;

create trigger address_tree after insert on spatial.changeset
  for each row when (new.layer = 'components') execute function address.guard_tree();
alter table spatial.changeset enable always trigger address_tree;
