-- The reverse of schema.sql.
drop table if exists spatial.quality_measure, spatial.layer_contract, spatial.layer;
