-- Advances the head of each written stream by its events, and makes the head of a new one. Returns the versions of all
-- streams after that. Called by append alone, after write_events, whose counts it takes: one for each written stream.
create or replace function trickle_events_log.write_heads(
    p_tenant uuid, p_streams text[], p_types text[], p_versions bigint[], p_counts bigint[], p_now timestamptz)
  returns bigint[]
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_versions bigint[] := p_versions;
begin
  for i in 1 .. cardinality(p_counts) loop
    v_versions[i] := v_versions[i] + p_counts[i];
    insert into trickle_events_log.streams (tenant_id, stream_id, stream_type, version, created_at, updated_at)
      values (p_tenant, p_streams[i], p_types[i], v_versions[i], p_now, p_now)
      on conflict (tenant_id, stream_id) do update
        set version = excluded.version, updated_at = excluded.updated_at, stream_type = excluded.stream_type;
  end loop;
  return v_versions;
end $$;
alter function trickle_events_log.write_heads owner to trickle_owner;
