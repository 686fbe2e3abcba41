-- Without indexes of pairs: those there are go, and attribute indexes are made as they were.

update history.layout set indexes = array(select i from unnest(indexes) i where not starts_with(i, 'using '))
  where exists (select from unnest(indexes) i where starts_with(i, 'using '));
select history.index_attributes(l, l.name || '_believed') from history.layout l;

create or replace function history.index_attributes(form history.layout, relation text) returns void
  language plpgsql as $$
declare
  wanted text;
  surplus text;
begin
  for surplus in
    select relname from pg_index join pg_class on pg_class.oid = indexrelid
      where indrelid = format('history.%I', relation)::regclass and starts_with(relname, relation || '_by_')
    except select relation || '_by_' || left(md5(i), 8) from unnest(form.indexes) i
  loop
    execute format('drop index history.%I', surplus);
  end loop;
  foreach wanted in array form.indexes loop
    execute format('create index if not exists %I on history.%I (%s)',
      relation || '_by_' || left(md5(wanted), 8), relation, wanted);
  end loop;
end $$;
comment on function history.index_attributes is 'Gives believed rows the attribute indexes of their layout, and no others';

drop function history.pairs;
