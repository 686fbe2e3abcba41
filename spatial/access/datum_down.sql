-- The reverse of datum.sql; what the audit holds by then stays in it.
drop trigger audited on spatial.control_point;
drop trigger kept on spatial.control_point;
drop trigger audited on spatial.datum_operation;
drop trigger kept on spatial.datum_operation;
drop trigger audited on spatial.datum_frame;
drop trigger kept on spatial.datum_frame;
drop function spatial.audit_control_point(), spatial.audit_datum_operation(), spatial.audit_datum_frame();
