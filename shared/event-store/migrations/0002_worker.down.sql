set local lock_timeout = '2s';
set local statement_timeout = '60s';

revoke select on trickle_events_log.streams, trickle_events_log.names from trickle_worker;
drop policy names_worker on trickle_events_log.names;
drop policy streams_worker on trickle_events_log.streams;
