set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop function trickle_events_log.import_events_of(uuid[], json);
drop function trickle_events_log.import_events(uuid, json);
drop function trickle_events_log.lock_lines(uuid[], json);
drop function trickle_events_log.import_lines(uuid, json);
