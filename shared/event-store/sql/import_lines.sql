-- Imports the lines of one tenant. The caller has bound the tenant and taken the locks.
-- p_lines: [{n, streamId, streamType, id, source, type, schemaVersion, time, data, metadata, correlationId,
--   causationId, traceParent}]
-- stream_type: the stream's type, for a line that is rejected because it claims another type.
create or replace function trickle_events_log.import_lines(p_tenant uuid, p_lines json)
  returns table (n int, outcome text, code text, stream_type text)
  language plpgsql volatile rows 500
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_status text;
  v_now timestamptz;
begin
  select t.status into v_status from trickle_tenants_state.tenant_status(p_tenant) t;
  if v_status is distinct from 'active' then
    return query select x.n, 'rejected',
        case when v_status is null then 'TENANT_UNKNOWN' else 'TENANT_SUSPENDED' end, null::text
      from json_to_recordset(p_lines) as x (n int);
    return;
  end if;
  -- A generic plan that was made while the log was small looks ids up by the tenant alone, and it is kept. With it, a
  -- batch of a new tenant read all the tenant's events for each line, until the next ANALYZE. So large batches are
  -- planned again, which takes a tenth of their time.
  perform set_config('plan_cache_mode', 'force_custom_plan', true) where json_array_length(p_lines) >= 50;
  v_now := clock_timestamp();
  return query
  with lines as materialized (
    select x.n, x."streamId" as stream_id, x."streamType" as claimed, x.id, coalesce(x.source, '') as source, x.type,
        coalesce(x."schemaVersion", 1) as schema_version, x.time, coalesce(x.data, 'null'::jsonb) as data, x.metadata,
        x."correlationId" as correlation_id, x."causationId" as causation_id, x."traceParent" as trace_parent,
        row_number() over (partition by coalesce(x.source, ''), x.id order by x.n) = 1 as is_first
      from json_to_recordset(p_lines) as x (n int, "streamId" text, "streamType" text, id text, source text, type text,
        "schemaVersion" int, time timestamptz, data jsonb, metadata jsonb, "correlationId" text, "causationId" text,
        "traceParent" text)),
  -- Each line with the stored event that has its id, if there is one. The line is compared with this event.
  looked_up as materialized (
    select l.*, e.known, (e.stream_id, e.type, e.schema_version, e.data)
          = (l.stream_id, l.type, l.schema_version, l.data)
        and (e.metadata, e.correlation_id, e.causation_id) is not distinct from
          (l.metadata, l.correlation_id, l.causation_id)
        and (l.time is null or e.occurred_at = l.time) as is_equal
      from lines l
      left join lateral (
        select true as known, s.stream_id, s.type, s.schema_version, s.data, s.metadata, s.occurred_at,
              s.correlation_id, s.causation_id
          from trickle_events_log.events s
          where s.tenant_id = p_tenant and s.source = l.source and s.event_id = l.id limit 1) e on true),
  -- A stream without a type gets the type of its first new line that claims one. Events of earlier lines have no type.
  heads as materialized (
    select c.stream_id, coalesce(s.version, 0) as version, s.stream_type as type_before,
        coalesce(s.stream_type, c.claimed) as stream_type, c.typed_from
      from (select l.stream_id, min(l.n) filter (where l.is_new) as typed_from,
            (array_agg(l.claimed order by l.n) filter (where l.is_new))[1] as claimed
          from (
            select u.stream_id, u.n, u.claimed, u.claimed is not null and u.is_first and u.known is null as is_new
              from looked_up u) l
          group by l.stream_id) c
      left join lateral (
        select h.version, h.stream_type from trickle_events_log.streams h
          where h.tenant_id = p_tenant and h.stream_id = c.stream_id) s on true),
  -- A line that claims another type is rejected and then ignored: a later line with the same id counts as the first.
  typed as materialized (
    select t.*, row_number() over (partition by t.is_mismatch, t.source, t.id order by t.n) as copy
      from (
        select u.*, h.stream_type as type_of_stream,
            u.claimed is not null and u.claimed is distinct from h.stream_type as is_mismatch
          from looked_up u join heads h on h.stream_id = u.stream_id) t),
  -- If no stored event has the line's id, the line is compared with the first line of this batch that has the id.
  judged as materialized (
    select l.n, l.stream_id, l.id, l.source, l.type, l.schema_version, l.time, l.data, l.metadata, l.correlation_id,
        l.causation_id, l.trace_parent, l.known, l.is_mismatch, l.type_of_stream, f.n is not null as repeated,
        case when l.known then l.is_equal
          else (f.stream_id, f.type, f.schema_version, f.data) = (l.stream_id, l.type, l.schema_version, l.data)
            and (f.metadata, f.correlation_id, f.causation_id, f.time) is not distinct from
              (l.metadata, l.correlation_id, l.causation_id, l.time)
        end as is_equal
      from typed l
      left join typed f on l.copy > 1 and f.source = l.source and f.id = l.id and f.copy = 1 and not f.is_mismatch),
  fresh as materialized (
    select j.*, row_number() over (partition by j.stream_id order by j.n) as offset_in_stream
      from judged j where j.known is null and not j.repeated and not j.is_mismatch),
  written as (
    insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type,
        schema_version, occurred_at, recorded_at, data, metadata, trace_parent, correlation_id, causation_id)
    select p_tenant, f.stream_id, h.version + f.offset_in_stream, f.source, f.id, f.type,
        case when f.n >= h.typed_from then h.stream_type else h.type_before end, f.schema_version,
        coalesce(f.time, v_now), v_now, f.data, f.metadata, f.trace_parent, f.correlation_id, f.causation_id
      from fresh f join heads h on h.stream_id = f.stream_id order by f.n),
  advanced as (
    insert into trickle_events_log.streams (tenant_id, stream_id, stream_type, version, created_at, updated_at)
    select p_tenant, h.stream_id, h.stream_type, h.version + count(*), v_now, v_now
      from fresh f join heads h on h.stream_id = f.stream_id group by h.stream_id, h.stream_type, h.version
      on conflict (tenant_id, stream_id) do update
        set stream_type = excluded.stream_type, version = excluded.version, updated_at = excluded.updated_at)
  select j.n,
      case when j.is_mismatch then 'rejected' when j.known is null and not j.repeated then 'appended'
        when j.is_equal then 'duplicate' else 'rejected' end,
      case when j.is_mismatch then 'STREAM_TYPE_MISMATCH'
        when (j.known or j.repeated) and not j.is_equal then 'EVENT_ID_EXISTS' end,
      case when j.is_mismatch then j.type_of_stream end
    from judged j;
end $$;
alter function trickle_events_log.import_lines owner to trickle_owner;
