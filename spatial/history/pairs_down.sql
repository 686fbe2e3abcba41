-- Without indexes of pairs: those there are go.

update history.layout set indexes = array(select i from unnest(indexes) i where not starts_with(i, 'using '))
  where exists (select from unnest(indexes) i where starts_with(i, 'using '));
select history.index_attributes(l, l.name || '_believed') from history.layout l;

drop function history.pairs;
