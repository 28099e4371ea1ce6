-- Queues append and read with the login of the worker. It sees heads of streams and held names of the bound tenant
-- only, as the app does; events of all tenants it reads already, for subscriptions.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create policy streams_worker on trickle_events_log.streams for select to trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_worker on trickle_events_log.names for select to trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id());
grant select on trickle_events_log.streams, trickle_events_log.names to trickle_worker;
