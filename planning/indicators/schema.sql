-- Indicators, quota ledger, monitoring, model runs 指标、账本、监测、模型运行. Run once by a migration.
--
-- Nothing here is ever updated or deleted: what was computed, booked, raised or receipted stays.

create function planning.refuse_to_forget() returns trigger
  language plpgsql as $$
begin
  raise exception '% of %.% is refused: it is append-only 只增不改', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create function planning.kept_for_good(relation regclass) returns void
  language plpgsql as $$
begin
  execute format('create trigger append_only before update or delete or truncate on %s
    for each statement execute function planning.refuse_to_forget()', relation);
  execute format('alter table %s enable always trigger append_only', relation);
end $$;


-- Legal area of a feature's content 椭球面积: the same content has the same area for good. A cache:
-- content_sha256 is the digest the history keeps of identity, geometry and attributes.

create table planning.content_area (
  content_sha256 bytea not null check (length(content_sha256) = 32),
  epsg integer not null,
  area_m2 numeric(20, 6) not null check (area_m2 >= 0),
  primary key (content_sha256, epsg)
);
select planning.kept_for_good('planning.content_area');
comment on table planning.content_area is
  '按内容摘要保存的椭球面积(平方米),边按所列投影带的平面直线 Legal area by content digest';


-- Values of indicators 指标值, with the digests of what they rest on.

create table planning.indicator_value (
  id bigint generated always as identity primary key,
  code text not null collate "C",
  edition text not null,
  definition_sha256 text not null,
  region text not null,
  region_sha256 text not null,
  at timestamptz not null,
  asof timestamptz not null,
  value numeric,
  reason_zh text,
  reason_en text,
  unit text not null,
  inputs jsonb not null,
  inputs_sha256 text not null,
  computed_at timestamptz not null default clock_timestamp(),
  check ((value is null) = (reason_zh is not null and reason_en is not null))
);
create index indicator_value_code on planning.indicator_value (code, region, at desc, id desc);
select planning.kept_for_good('planning.indicator_value');
comment on table planning.indicator_value is '指标值及其输入摘要 Values of indicators';


-- The quota ledger 指标台账, by double entry. A measure is what may be summed: accounts of one measure
-- exchange with each other alone.

create table planning.quota_account (
  id text primary key collate "C" check (id ~ '^[a-z0-9-]+(/[a-z0-9-]+)*$'),
  measure text not null collate "C",
  unit text not null,
  title_zh text not null,
  title_en text not null,
  guarded boolean not null,           -- may not be overdrawn
  opened_at timestamptz not null default clock_timestamp()
);
select planning.kept_for_good('planning.quota_account');
comment on table planning.quota_account is '指标账户 Accounts of the quota ledger';

create table planning.quota_posting (
  id bigint generated always as identity primary key,
  booked_on date not null,
  document text not null check (document <> ''),
  project text,
  reason text not null,
  author text not null,
  department text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select planning.kept_for_good('planning.quota_posting');

create table planning.quota_entry (
  posting bigint not null references planning.quota_posting,
  line integer not null,
  account text not null references planning.quota_account,
  amount numeric(20, 4) not null check (amount <> 0),
  sealed_by xid8 not null default pg_current_xact_id(),
  primary key (posting, line)
);
create index quota_entry_account on planning.quota_entry (account, posting);
select planning.kept_for_good('planning.quota_entry');
comment on table planning.quota_entry is '分录:一笔内各计量单位之和为零 Entries; of a posting they sum to zero by measure';

create function planning.hold_balance() returns trigger
  language plpgsql as $$
declare
  found record;
begin
  select a.measure, sum(e.amount) total into found
    from planning.quota_entry e join planning.quota_account a on a.id = e.account
    where e.posting = new.posting group by a.measure having sum(e.amount) <> 0 limit 1;
  if found.measure is not null then
    raise exception 'posting % does not balance: % %', new.posting, found.measure, found.total
      using errcode = 'OM460', detail = found.measure || ' ' || found.total;
  end if;
  if exists (select from planning.quota_entry e
      where e.posting = new.posting and e.sealed_by <> new.sealed_by) then
    raise exception 'posting % is closed', new.posting using errcode = 'OM461';
  end if;
  if new.amount < 0 and (select guarded from planning.quota_account where id = new.account) then
    -- Those that draw on one account come one after the other, and each sees what was drawn before.
    perform pg_advisory_xact_lock(hashtextextended('planning.quota_account ' || new.account, 0));
    select sum(amount) total into found from planning.quota_entry where account = new.account;
    if found.total < 0 then
      raise exception 'account % is overdrawn: %', new.account, found.total
        using errcode = 'OM462', detail = new.account || ' ' || found.total;
    end if;
  end if;
  return null;
end $$;
create constraint trigger balanced after insert on planning.quota_entry
  deferrable initially deferred for each row execute function planning.hold_balance();


-- Monitoring 监测: what was measured after which changesets.

create table planning.limit_value (
  id bigint generated always as identity primary key,
  code text not null collate "C",
  region text not null,
  value numeric not null,
  document text not null check (document <> ''),
  valid_from date not null,
  author text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index limit_value_code on planning.limit_value (code, region, valid_from desc, id desc);
select planning.kept_for_good('planning.limit_value');
comment on table planning.limit_value is '上级下达或规划批复的限值,注明文件 Limits with the document that sets them';

create table planning.monitoring (
  id bigint generated always as identity primary key,
  code text not null collate "C",
  definition_sha256 text not null,
  region text not null,
  region_sha256 text not null,
  at timestamptz not null,
  heads jsonb not null,               -- layer -> {changeset, recorded_at, chain_hash}
  parts jsonb not null,               -- measure -> value, or null without data
  value numeric,
  incremental boolean not null,
  touched bigint not null,            -- features that were measured for it
  recorded_at timestamptz not null default clock_timestamp()
);
create index monitoring_code on planning.monitoring (code, region, id desc);
select planning.kept_for_good('planning.monitoring');
comment on table planning.monitoring is '每次变更后的监测值 Monitored values after each change';

create table planning.alert (
  id bigint generated always as identity primary key,
  code text not null collate "C",
  region text not null,
  level text not null check (level in ('blue', 'yellow', 'orange', 'red')),
  monitoring bigint not null references planning.monitoring,
  limit_value bigint not null references planning.limit_value,
  follows bigint references planning.alert,   -- the milder one it takes the place of
  changed geometry(Geometry, 4490),
  raised_at timestamptz not null default clock_timestamp()
);
create index alert_code on planning.alert (code, region, id desc);
create index alert_changed on planning.alert using gist (changed);
select planning.kept_for_good('planning.alert');
comment on table planning.alert is '预警 Alerts, blue to red';

create table planning.alert_receipt (
  id bigint generated always as identity primary key,
  alert bigint not null references planning.alert,
  number integer not null check (number > 0),
  action text not null check (action in ('raised', 'acknowledged', 'handled', 'closed', 'noted')),
  subject text not null,
  department text not null,
  note text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  unique (alert, number)
);
select planning.kept_for_good('planning.alert_receipt');
comment on table planning.alert_receipt is '预警回执:谁、何时、做了什么 Receipts of alerts';


-- Runs of models 模型运行, by the digests of what went in and came out.

create table planning.model_run (
  id bigint generated always as identity primary key,
  model text not null collate "C",
  version text not null,
  declaration_sha256 text not null,
  region text not null,
  region_sha256 text not null,
  at timestamptz not null,
  asof timestamptz not null,
  inputs jsonb not null,
  parameters jsonb not null,
  inputs_sha256 text not null,
  outputs jsonb not null,
  outputs_sha256 text not null,
  computed_at timestamptz not null default clock_timestamp()
);
create index model_run_model on planning.model_run (model, region, id desc);
select planning.kept_for_good('planning.model_run');
comment on table planning.model_run is '模型运行记录 Runs of models';
