-- Queues write with the login of the worker, so it reads the receipts of the bound tenant, as the app does.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

grant usage on schema trickle_commands_log to trickle_worker;
create policy receipts_worker on trickle_commands_log.receipts for select to trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id());
grant select on trickle_commands_log.receipts to trickle_worker;
