-- Attribute indexes 属性索引 of believed rows: what a contract says is searched, or must be unique.

alter table history.layout add column indexes text[] not null default '{}';  -- each the columns of one index

create or replace function history.layout_of(of_layer text) returns history.layout
  language plpgsql stable as $$
declare
  form history.layout;
begin
  select l.layer, l.name, l.geometry, l.columns, l.types, l.public_columns, l.content, l.feature,
      l.former_features, l.indexes into form
    from history.layout l where l.layer = of_layer;
  if form.layer is null then
    raise exception 'no layer %', of_layer using errcode = 'OM404';
  end if;
  return form;
end $$;

create or replace function history.guard_believed(form history.layout, relation text) returns void
  language plpgsql as $$
begin
  execute format('alter table history.%I add constraint %I unique (fid, valid_from)',
    relation, relation || '_start');
  execute format('alter table history.%I add constraint %I unique nulls not distinct (fid, next_from)
    deferrable initially deferred', relation, relation || '_one_next');
  execute format('alter table history.%1$I add constraint %2$I foreign key (fid, next_from)
    references history.%1$I (fid, valid_from) deferrable initially deferred', relation, relation || '_next');
  execute format('create index %I on history.%I (opened_by)', relation || '_opened', relation);
  if form.geometry is not null then
    execute format('create index %I on history.%I using gist (geom)', relation || '_geom', relation);
  end if;
  perform history.index_attributes(form, relation);
  execute format('create trigger no_delete before delete or truncate on history.%I
    for each statement execute function history.refuse()', relation);
  execute format('alter table history.%I enable always trigger no_delete', relation);
end $$;
