set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop function trickle_events_log.resume_point(uuid, xid8, bigint);
drop function trickle_events_log.begin_epoch(text, xid8, bigint);
drop function trickle_events_log.epoch_point(text, timestamptz);
drop function trickle_events_log.feed_status(int, int);
drop function trickle_events_log.running_transactions(pg_snapshot);
revoke select (xid, position, recorded_at) on trickle_events_log.events from trickle_operator;
drop policy events_operator on trickle_events_log.events;
