-- Writes the events of an append to several streams and returns how many each stream received. Called by append alone,
-- after its checks.
create or replace function trickle_events_log.write_events(
    p_tenant uuid, p_streams text[], p_types text[], p_versions bigint[], p_written int, p_now timestamptz,
    p_events jsonb, p_trace_parent text, p_trace_state text) returns bigint[]
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_counts bigint[];
begin
  insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type,
      schema_version, occurred_at, recorded_at, data, metadata, trace_parent, trace_state, correlation_id, causation_id)
  select p_tenant, p_streams[x.s], p_versions[x.s] + row_number() over (partition by x.s order by x.place), x.source,
      x.id, x.type, p_types[x.s], x.schema_version, coalesce(x.occurred_at, p_now), p_now, x.data, x.metadata,
      p_trace_parent, p_trace_state, x.correlation_id, x.causation_id
    from trickle_events_log.event_values(p_events) x
    where x.s between 1 and p_written
    order by x.place;
  select array_agg(coalesce(c.count, 0) order by u.s) into v_counts
    from generate_series(1, p_written) as u (s)
    left join (select x.s, count(*) from jsonb_to_recordset(p_events) as x (s int) group by x.s) c on c.s = u.s;
  return v_counts;
end $$;
alter function trickle_events_log.write_events owner to trickle_owner;
