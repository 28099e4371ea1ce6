set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop function trickle_events_log.current_epoch();
drop function trickle_events_log.read_tenant_feed(uuid, xid8, bigint, timestamptz, text[], text[], int, int, int);
drop function trickle_events_log.since_checkpoint(uuid, timestamptz, xid8);
drop function trickle_events_log.stream_info(uuid, text);
drop function trickle_events_log.read_stream(uuid, text, bigint, bigint, boolean, text[], int, int, int);
drop function trickle_events_log.feed_horizon();
revoke execute on function trickle_events_log.lock_class() from trickle_app, trickle_forwarder, trickle_operator;
