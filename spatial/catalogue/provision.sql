-- Which contracts came with the platform, so that a newer release can renew them and no other.

alter table spatial.layer add column if not exists shipped_sha256 bytea;
comment on column spatial.layer.shipped_sha256 is
  'The contract as the platform last shipped it; where it is not the one in force, the city has its own';

-- What was published before this was kept: a layer that nobody took to a second contract has the one it
-- came with, and so has one that nobody but the sample city ever wrote to. Which ids the platform ships
-- is not known here; a layer of another id is never renewed.
update spatial.layer l set shipped_sha256 = contract_sha256
 where shipped_sha256 is null
   and (version = 1
        or not exists (select from spatial.changeset c where c.layer = l.id and c.author <> 'onemap sample'));
