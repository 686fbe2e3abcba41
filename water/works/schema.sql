-- The guard of the claims 主张: what no changeset may break, whoever writes it and by whatever door.
--
-- Every changeset enters the ledger in the transaction that writes it, after its rows. There the claims
-- are held to their laws: no claim without a source; a height has its datum and nothing else has one; a
-- claim is never altered, only its standing and the note on it; it never ends, it is withdrawn.

create schema if not exists water;

create function water.refuse(zh text, en text, value text) returns void
  language plpgsql as $$
begin
  raise exception '%', en using errcode = 'OM422',
    detail = json_build_object('zh', zh, 'en', en, 'value', value)::text;
end $$;

create function water.guard_claims() returns trigger
  language plpgsql as $$
declare
  wrong text;
begin
  execute $q$
    select v.claim_id from history.river_claims v
      where v.opened_by = $1 and coalesce(btrim(v.document), '') = '' limit 1$q$ into wrong using new.id;
  if wrong is not null then
    perform water.refuse(
      format('没有来源文件的主张不予登记,请写明出自哪份文件:%s', wrong),
      format('a claim without a source is not taken, name the document it is from: %s', wrong), wrong);
  end if;
  execute $q$
    select v.claim_id from history.river_claims v
      where v.opened_by = $1 and (v.quantity = 'height') = (v.vertical_datum = 'none') limit 1$q$
    into wrong using new.id;
  if wrong is not null then
    perform water.refuse(
      format('高程须注明基面,其他量不带基面:%s', wrong),
      format('a height has its vertical datum, and nothing else has one: %s', wrong), wrong);
  end if;
  execute $q$
    select v.claim_id from history.river_claims v join history.river_claims o on o.fid = v.fid
      where v.opened_by = $1 and o.opened_by <> v.opened_by
        and (v.subject_kind, v.subject, v.subject_name, v.property, v.quantity, v.scope, v.applies_to, v.value,
             v.value_to, v.bound, v.text, v.unit, v.vertical_datum, v.document, v.page, v.document_date, v.author)
         is distinct from
            (o.subject_kind, o.subject, o.subject_name, o.property, o.quantity, o.scope, o.applies_to, o.value,
             o.value_to, o.bound, o.text, o.unit, o.vertical_datum, o.document, o.page, o.document_date, o.author)
      limit 1$q$ into wrong using new.id;
  if wrong is not null then
    perform water.refuse(
      format('主张只增不改,请另登记一条并撤回原有的:%s', wrong),
      format('a claim is never altered, enter another one and withdraw this one: %s', wrong), wrong);
  end if;
  execute $q$
    select c.fid from history.river_claims c
      where c.closed_by = $1 and not exists (
        select from history.river_claims_believed b where b.fid = c.fid and b.valid_to = 'infinity')
      limit 1$q$ into wrong using new.id;
  if wrong is not null then
    perform water.refuse(
      format('主张不能删除,请将其核实状态改为已撤回:%s', wrong),
      format('a claim is not removed, withdraw it by its standing: %s', wrong), wrong);
  end if;
  return null;
end $$;

create trigger river_claims after insert on spatial.changeset
  for each row when (new.layer = 'river-claims') execute function water.guard_claims();
alter table spatial.changeset enable always trigger river_claims;
