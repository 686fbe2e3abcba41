-- The indexes of believed rows 索引: those of their layout and no others. Run by 0008, and by 0051, since which an index
-- may be of another kind than of columns.

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
  foreach wanted in array form.indexes loop  -- columns, or "using …"
    execute format('create index if not exists %I on history.%I %s',
      relation || '_by_' || left(md5(wanted), 8), relation,
      case when starts_with(wanted, 'using ') then wanted else '(' || wanted || ')' end);
  end loop;
end $$;
comment on function history.index_attributes is 'Gives believed rows the indexes of their layout, and no others';
