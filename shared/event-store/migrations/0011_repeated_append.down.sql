set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop function trickle_events_log.find_append(uuid, text[], json);
