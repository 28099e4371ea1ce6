set local lock_timeout = '2s';
set local statement_timeout = '60s';

revoke select on trickle_commands_log.receipts from trickle_worker;
drop policy receipts_worker on trickle_commands_log.receipts;
revoke usage on schema trickle_commands_log from trickle_worker;
