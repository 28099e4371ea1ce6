-- One event with its content, by its version in the stream. No row: the log does not have it. PostgreSQL inlines the
-- function into the calling statement, so it runs with the caller's rights.
create or replace function trickle_events_log.event_at(p_tenant uuid, p_stream text, p_version bigint)
  returns table (source text, event_id text, stream_type text, schema_version int, occurred_at timestamptz,
    recorded_at timestamptz, data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language sql stable rows 1
  as $$
    select e.source::text, e.event_id::text, e.stream_type, e.schema_version, e.occurred_at::timestamptz, e.recorded_at,
        e.data::text, e.metadata::text, e.correlation_id, e.causation_id, e.trace_parent
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version = p_version
  $$;
alter function trickle_events_log.event_at owner to trickle_owner;
grant execute on function trickle_events_log.event_at to trickle_worker;
