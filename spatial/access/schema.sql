-- Access 访问控制: keys, grants, and the audit of what was written, read and refused.

-- The audit 审计: append only, one hash chain, numbered without gaps. The head stands apart, so
-- that a chain cut off at its end is seen, too.

create table spatial.audit (
  id            bigint primary key,
  at            timestamptz not null,
  subject       text not null,
  department    text,
  origin        text not null,        -- operator (command line, database), local, key, token
  credential    text,
  action        text not null,
  layer         text,
  target        text,
  outcome       text not null,        -- done, denied
  request       text,
  details       jsonb not null,
  previous_hash bytea,
  chain_hash    bytea not null
);
create index audit_layer on spatial.audit (layer, id);
comment on table spatial.audit is 'Every write, every read of restricted data, every refusal to somebody named';

create table spatial.audit_head (
  one        boolean primary key default true check (one),
  id         bigint not null,
  chain_hash bytea
);
insert into spatial.audit_head (id) values (0);

create trigger append_only before update or delete or truncate on spatial.audit
  for each statement execute function history.refuse();
alter table spatial.audit enable always trigger append_only;

create function spatial.audit_hash(entry spatial.audit) returns bytea
  language sql stable parallel safe
  return sha256(
    history.field(encode(entry.previous_hash, 'hex')) || int8send(entry.id) || timestamptz_send(entry.at)
    || history.field(entry.subject) || history.field(entry.department) || history.field(entry.origin)
    || history.field(entry.credential) || history.field(entry.action) || history.field(entry.layer)
    || history.field(entry.target) || history.field(entry.outcome) || history.field(entry.request)
    || history.field(entry.details::text));

create function spatial.audit_enter(actor jsonb, action text, layer text, target text, outcome text, details jsonb)
  returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  entry spatial.audit;
begin
  -- Whoever writes next waits here until this transaction ends: no gap, no fork.
  update spatial.audit_head h set id = h.id + 1 returning h.id, h.chain_hash into entry.id, entry.previous_hash;
  entry.at := clock_timestamp();
  entry.subject := coalesce(actor->>'subject', session_user);
  entry.department := actor->>'department';
  entry.origin := coalesce(actor->>'origin', 'operator');
  entry.credential := actor->>'credential';
  entry.action := action;
  entry.layer := layer;
  entry.target := target;
  entry.outcome := outcome;
  entry.request := actor->>'request';
  entry.details := coalesce(details, '{}');
  entry.chain_hash := spatial.audit_hash(entry);
  insert into spatial.audit select (entry).*;
  update spatial.audit_head h set chain_hash = entry.chain_hash;
  return entry.id;
end $$;

create function spatial.actor() returns jsonb language sql stable
  return coalesce(nullif(current_setting('spatial.actor', true), '')::jsonb, '{}');
comment on function spatial.actor() is 'Who acts in this transaction: setting spatial.actor; the operator where unset';

-- Writes are audited by the database itself, at their commit, whichever door they came through.

create function spatial.audit_changeset() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform spatial.audit_enter(
    jsonb_build_object('subject', new.author, 'department', new.department) || spatial.actor(),
    'changeset', new.layer, new.id::text, 'done', jsonb_build_object('opened', new.opened, 'closed', new.closed));
  return null;
end $$;
create constraint trigger audited after insert on spatial.changeset deferrable initially deferred
  for each row execute function spatial.audit_changeset();

create function spatial.audit_layer() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  action text := 'layer-publish';
begin
  if tg_op = 'UPDATE' then
    action := case when new.withdrawn_at is not null then 'layer-withdraw'
      when old.withdrawn_at is not null then 'layer-publish' else 'layer-change' end;
  end if;
  perform spatial.audit_enter(spatial.actor(), action, new.id, new.version::text, 'done',
    jsonb_build_object('contract_sha256', encode(new.contract_sha256, 'hex')));
  return null;
end $$;
create constraint trigger audited after insert or update on spatial.layer deferrable initially deferred
  for each row execute function spatial.audit_layer();


-- API keys 接口密钥: only the SHA-256 of a 256-bit random secret is kept.

create table spatial.api_key (
  id         text collate "C" primary key,      -- shown: omk_<id>
  sha256     bytea not null unique check (octet_length(sha256) = 32),
  subject    text not null,
  department text,
  roles      text[] not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  last_used  date                               -- Beijing day
);

create function spatial.audit_key() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform spatial.audit_enter(spatial.actor(), case tg_op when 'INSERT' then 'key-add' else 'key-revoke' end,
    null, 'omk_' || new.id, 'done',
    jsonb_build_object('subject', new.subject, 'department', new.department, 'roles', new.roles));
  return null;
end $$;
create constraint trigger audited after insert or update of revoked_at on spatial.api_key
  deferrable initially deferred for each row execute function spatial.audit_key();
create trigger kept before delete or truncate on spatial.api_key
  for each statement execute function history.refuse();


-- Grants 授权 of a layer's steward to departments; a revoked one stays as history.

create table spatial.layer_grant (
  id         bigint generated always as identity primary key,
  layer      text collate "C" not null references spatial.layer,
  department text not null,
  "right"    text not null,
  granted_at timestamptz not null default clock_timestamp(),
  granted_by text not null,
  until      timestamptz,
  revoked_at timestamptz,
  revoked_by text
);

create function spatial.audit_grant() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform spatial.audit_enter(spatial.actor(), case tg_op when 'INSERT' then 'grant-add' else 'grant-revoke' end,
    new.layer, new.id::text, 'done', jsonb_build_object('department', new.department, 'right', new."right"));
  return null;
end $$;
create constraint trigger audited after insert or update on spatial.layer_grant
  deferrable initially deferred for each row execute function spatial.audit_grant();
create trigger kept before delete or truncate on spatial.layer_grant
  for each statement execute function history.refuse();


-- Release limits 成果提供限额: how much contiguous large-scale area one holder may take out
-- (自然资发〔2020〕95号, as the city configures it; nothing is limited until a layer is marked).

create table spatial.release_class (
  name          text collate "C" primary key,
  threshold_km2 numeric not null check (threshold_km2 > 0),
  cell_m        int not null check (cell_m between 10 and 1000),
  srid          int not null,                   -- plane in which cells are square
  period_days   int not null check (period_days > 0),
  set_by        text not null,
  set_at        timestamptz not null default clock_timestamp()
);

create table spatial.release_layer (
  layer  text collate "C" primary key references spatial.layer,
  class  text not null references spatial.release_class,
  set_by text not null
);

create table spatial.release_approval (
  id         bigint generated always as identity primary key,
  class      text not null references spatial.release_class,
  holder     text not null,
  number     text not null,                     -- of the approval's document 批准文号
  until      timestamptz not null,
  entered_by text not null,
  entered_at timestamptz not null default clock_timestamp()
);

create table spatial.release_cell (
  class    text not null references spatial.release_class,
  holder   text not null,
  x        int not null,
  y        int not null,
  taken_at timestamptz not null,
  primary key (class, holder, x, y)
);
comment on table spatial.release_cell is 'Cells of the plane that a department, or a person without one, has taken out';

create function spatial.audit_release() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform spatial.audit_enter(spatial.actor(), tg_argv[0] || case tg_op when 'DELETE' then '-remove' else '' end,
    coalesce(to_jsonb(new), to_jsonb(old))->>'layer', null, 'done', coalesce(to_jsonb(new), to_jsonb(old)));
  return null;
end $$;
create constraint trigger audited after insert or update or delete on spatial.release_class
  deferrable initially deferred for each row execute function spatial.audit_release('release-class');
create constraint trigger audited after insert or update or delete on spatial.release_layer
  deferrable initially deferred for each row execute function spatial.audit_release('release-layer');
create constraint trigger audited after insert or update or delete on spatial.release_approval
  deferrable initially deferred for each row execute function spatial.audit_release('release-approval');
