-- The reverse of schema.sql: the audit goes with its chain.
drop trigger audited on spatial.changeset;
drop trigger audited on spatial.layer;
drop table spatial.release_cell, spatial.release_approval, spatial.release_layer, spatial.release_class;
drop function spatial.audit_release();
drop table spatial.layer_grant, spatial.api_key, spatial.audit_head;
drop function spatial.audit_grant(), spatial.audit_key(), spatial.audit_layer(), spatial.audit_changeset();
drop function spatial.actor(), spatial.audit_enter(jsonb, text, text, text, text, jsonb);
drop function spatial.audit_hash(spatial.audit);
drop table spatial.audit;
