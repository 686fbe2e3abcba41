-- A row in every table of forecasts, warnings, response plans and flood runs, for the cold start of the module.
insert into forecast.model (id, station, version, kind, grade, issued, synthetic, author, content)
  values (encode(sha256('m'), 'hex'), '41800001', 1, 'xinanjiang', '乙', true, true, '李工', 'm');
insert into forecast.forecast (id, model, station, basis_at, until, asof, issued, grade, synthetic, peak_m3_s, author,
    content)
  select encode(sha256('f'), 'hex'), id, '41800001', '2026-07-01', '2026-07-03', '2026-07-01', true, '乙', true,
    0.1::float8 + 0.2::float8, '李工', 'f' from forecast.model;

insert into warning.rule values ('stage', 1, '{"合成": [1, null, "\""]}', sha256('r'), '李工', '水利局', '试');
insert into warning.evaluation (at, asof, rules, stations, readings, inputs_sha256)
  values ('2026-07-01', '2026-07-01', '{"stage": 1}', 1, 2, sha256('i'));
insert into warning.state values
  ('stage', '41800001', '{t,f,f,f}', '{1.5,Infinity,NaN,0}', 0.1, 'blue', '[]');
insert into warning.judgement (evaluation, rule, version, station, colour, verdict, missing)
  select id, 'stage', 1, '41800001', 1, 'blue', '[]' from warning.evaluation;
insert into warning.warning (rule, version, station, hazard, synthetic) values ('stage', 1, '41800001', 'flood', true);
insert into warning.step (warning, number, action, colour, at, value, evidence, subject, department, comment)
  select id, 1, 'issued', 1, '2026-07-01', 21.25, '{}', '李工', '水利局', '两行
的说明,"引号"' from warning.warning;
insert into warning.acknowledgement (warning, number, call, tier, action, subject, department, comment)
  select id, 1, 1, 'duty', 'acknowledged', '王', '水利局', '' from warning.warning;
insert into warning.checkpoint values
  ('2026-07-01T08:00+08:00', 'stage', '41800001', '{t,f,f,f}', '{0,0,0,0}', 0);
insert into warning.rejudgement (evaluation, rule, version, station, from_at, late, corrected, switched, since_s, heard_s,
  told, found, moves)
  select id, 'stage', 1, '41800001', '2026-07-01T07:00+08:00', 1, 0, '{t,f,f,f}', '{0,0,0,0}', 0, 1, 2, '[]'
  from warning.evaluation;
insert into warning.probability (rule, station, issued_at, from_at, until_at, probability, source, synthetic, author)
  values ('stage', '41800001', '2026-07-01', '2026-07-01', '2026-07-02', 0.3, '合成', true, '李工');
insert into warning.verification (rule, version, colour, from_at, until_at, asof, tolerance_s, entries)
  values ('stage', 1, 1, '2026-07-01', '2026-07-02', '2026-07-02', 3600, '[]');

insert into response.version values ('SYN', 1, '{}', sha256('p'), '试');
insert into response.step values ('SYN', 1, 1, 'draft', '李工', '水利局', '');
insert into response.activation (plan, version, trigger, facts, verdicts, exercise, activated_at, subject, department,
    note) values ('SYN', 1, 'rain', '{}', '{}', true, '2026-07-01', '李工', '水利局', '');
insert into response.confirmation select id, 'actions', 'A-1', '王', '水利局', '', '2026-07-01' from response.activation;
insert into response.ending select id, '2026-07-02', '李工', '水利局', '' from response.activation;

insert into flood.run (id, kind, title, version, inputs, inputs_sha256, ground_sha256, repeats, begins_at, asof,
    duration_s, subject, layers, synthetic, plane, west_m, north_m, cell_m, height, width, outline, told)
  select id, 'replay', '合成推演', '1', '{}', sha256('i'), sha256('g'), repeats, '2026-07-01', '2026-07-01', 3600, '李工',
    '{river-works,"a,b"}', true, 4549, 0.5, 1, 20, 2, 2, ST_MakeEnvelope(118, 36, 119, 37, 4490), '{}'
  from (values ('zzzz-0001', null), ('aaaa-0001', 'zzzz-0001')) r(id, repeats);
insert into flood.file select id, 'depth.tif', 'image/tiff', sha256('t'), 1 from flood.run;
insert into flood.piece select id, 'depth.tif', 0, '\x00ff0a22' from flood.run;
insert into flood.under_way values ('bbbb-0001', 12.5);
