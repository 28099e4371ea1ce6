set local lock_timeout = '2s';
set local statement_timeout = '60s';
drop schema trickle_messages_state cascade;
