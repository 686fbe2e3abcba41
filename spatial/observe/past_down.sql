do $$
declare
  name text;
begin
  foreach name in array array['thing', 'location', 'historical_location', 'sensor', 'observed_property', 'feature',
    'datastream', 'thing_location', 'historical_place', 'datastream_property', 'datastream_feature']
  loop
    execute format('drop function observe.%I(timestamptz)', name || '_at');
  end loop;
  foreach name in array array['thing_location', 'historical_place', 'datastream_property', 'datastream_feature']
  loop
    execute format('drop trigger kept_removal on observe.%I', name);
  end loop;
end $$;
drop function observe.keep_links();
