set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop function trickle_events_log.find_append(uuid, text[], json);
drop function trickle_events_log.append(uuid, text[], text[], bigint[], int, jsonb, text, text, text, bytea);
drop function trickle_events_log.check_parts(text[], bigint[], int, jsonb);
drop function trickle_events_log.write_events(uuid, text[], text[], bigint[], int, timestamptz, jsonb, text, text);
drop function trickle_events_log.lock_streams(uuid[], text[], boolean[]);
drop function trickle_events_log.lock_key(uuid, text);
drop function trickle_events_log.lock_class();
