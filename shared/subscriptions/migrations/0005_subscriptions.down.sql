set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop function trickle_events_log.read_feed(xid8, bigint, xid8, bigint, int, int);
drop schema trickle_subscriptions_state cascade;
