-- The head of a stream: its version, its type, when it began and when it grew. No row: there is no such stream.
create or replace function trickle_events_log.stream_info(p_tenant uuid, p_stream text)
  returns table (version bigint, stream_type text, created_at timestamptz, updated_at timestamptz)
  language plpgsql volatile rows 1
  set plan_cache_mode = force_generic_plan
  as $$
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  return query select s.version, s.stream_type, s.created_at, s.updated_at
    from trickle_events_log.streams s where s.tenant_id = p_tenant and s.stream_id = p_stream;
end $$;
alter function trickle_events_log.stream_info owner to trickle_owner;
grant execute on function trickle_events_log.stream_info to trickle_app, trickle_worker;
