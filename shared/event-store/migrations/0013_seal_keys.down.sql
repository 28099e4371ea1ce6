set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop function trickle_events_log.remove_seal_key(text);
drop function trickle_events_log.add_seal_key(text);
drop function trickle_events_log.seal_key_states();
drop function trickle_events_log.seal_keys();
drop function trickle_events_log.sealing_key_id(timestamptz);
drop function trickle_events_log.seal_key_delay();
drop table trickle_events_log.seal_keys;
