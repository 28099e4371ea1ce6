-- One page of a stream from p_from to p_to (both inclusive; backward, p_to is the lower one), of p_types or of all. No
-- row: there is no such stream. The first column of every row is the stream's version. No event above this version is
-- returned, even if one was committed meanwhile, so version and page fit together. If the page has read further than
-- its last event, a row without an event has the version that was reached. Versions have no gaps, so the p_scan_limit
-- rows that one page may read are a range of versions.
create or replace function trickle_events_log.read_stream(
    p_tenant uuid, p_stream text, p_from bigint, p_to bigint, p_backward boolean, p_types text[],
    p_limit int, p_scan_limit int, p_max_bytes int)
  returns table (stream_version bigint, version bigint, source text, event_id text, type text, schema_version int,
    occurred_at timestamptz, recorded_at timestamptz, data text, metadata text, correlation_id text, causation_id text,
    trace_parent text, stream_type text)
  language plpgsql volatile rows 100
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_rows int := case when p_types is null then p_limit else p_scan_limit end;
  v_first bigint;
  v_last bigint;
  v_is_small boolean;
  v_returned int := 0;
  v_bytes bigint := 0;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  select s.version into stream_version from trickle_events_log.streams s
    where s.tenant_id = p_tenant and s.stream_id = p_stream;
  if not found then
    return;
  end if;
  if p_backward then
    v_last := least(p_from, stream_version);
    v_first := greatest(p_to, v_last - v_rows + 1, 1);
  else
    v_first := greatest(p_from, 1);
    v_last := least(p_to, v_first + v_rows - 1, stream_version);
  end if;

  if v_first > v_last then
    return next;
    return;
  end if;

  -- The bytes of a page that is certainly small need not be counted, and without the loop it costs a tenth less. The
  -- text of a jsonb value is at most 32 times as long as the stored value (5e-324 takes 16 bytes and its text 328),
  -- unless the value is compressed.
  if p_types is null and not p_backward then
    select sum(pg_column_size(e.data) + coalesce(pg_column_size(e.metadata), 0)) * 32 <= p_max_bytes
        and not bool_or(pg_column_compression(e.data) is not null or pg_column_compression(e.metadata) is not null)
      into v_is_small
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last;
    if v_is_small then
      return query
        select read_stream.stream_version, e.version, e.source::text, e.event_id::text, e.type::text, e.schema_version,
            e.occurred_at::timestamptz, e.recorded_at, e.data::text, e.metadata::text, e.correlation_id, e.causation_id,
            e.trace_parent, e.stream_type
          from trickle_events_log.events e
          where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          order by e.version;
      return;
    end if;
  end if;

  if p_backward then
    for version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata, correlation_id,
        causation_id, trace_parent, stream_type in
      select e.version, e.source, e.event_id, e.type, e.schema_version, e.occurred_at, e.recorded_at, e.data::text,
          e.metadata::text, e.correlation_id, e.causation_id, e.trace_parent, e.stream_type
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          and (p_types is null or e.type = any (p_types))
        order by e.version desc limit p_limit
    loop
      v_returned := v_returned + 1;
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
  else
    for version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata, correlation_id,
        causation_id, trace_parent, stream_type in
      select e.version, e.source, e.event_id, e.type, e.schema_version, e.occurred_at, e.recorded_at, e.data::text,
          e.metadata::text, e.correlation_id, e.causation_id, e.trace_parent, e.stream_type
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          and (p_types is null or e.type = any (p_types))
        order by e.version limit p_limit
    loop
      v_returned := v_returned + 1;
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
  end if;
  if p_types is not null and v_returned < p_limit and v_bytes < p_max_bytes then
    version := case when p_backward then v_first else v_last end;
    event_id := null;
    data := null;
    metadata := null;
    return next;
  end if;
end $$;
alter function trickle_events_log.read_stream owner to trickle_owner;
grant execute on function trickle_events_log.read_stream to trickle_app;
