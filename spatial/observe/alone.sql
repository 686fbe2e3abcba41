-- One value with the number it got 单值写入, in one statement: what a single POST asks for.

create function observe.record_alone(
    stream integer, at timestamptz, number double precision, json jsonb, until timestamptz, resulted timestamptz,
    message bigint, foi integer, said smallint, more jsonb, out recorded timestamptz, out made bigint)
  language plpgsql as $$
begin
  recorded := observe.record_one(stream, at, number, json, until, resulted, message, foi, said, more);
  if recorded is not null then
    select l.id into made from observe.latest l where l.datastream = stream;
  end if;
end $$;
comment on function observe.record_alone is 'As observe.record_one, and the number of the value; nulls where that wrote nothing';
