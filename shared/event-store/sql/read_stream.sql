-- One page of a stream from p_from to p_to (both inclusive; backward, p_to is the lower one), of p_types or of all.
-- stream_version: null if there is no such stream. No event above this version is returned, even if one was committed
--   meanwhile, so version and page fit together.
-- reached: the last version that was read, which a filter may have left out. Null if the range is empty. Versions have
--   no gaps, so the p_scan_limit rows that one page may read are a range of versions.
-- events: JSON, joined by a comma and a line feed. The bytes are counted event by event and before anything is joined:
--   a page of large events would otherwise take the server's memory.
create or replace function trickle_events_log.read_stream(
    p_tenant uuid, p_stream text, p_from bigint, p_to bigint, p_backward boolean, p_types text[],
    p_limit int, p_scan_limit int, p_max_bytes int,
    out stream_version bigint, out reached bigint, out count int, out events text)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_rows int := case when p_types is null then p_limit else p_scan_limit end;
  v_first bigint;
  v_last bigint;
  v_share int := p_max_bytes / p_limit;
  v_is_quick boolean := v_share >= 65536;
  v_small bigint;
  v_event record;
  v_events text[];
  v_bytes bigint := 0;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  count := 0;
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
    return;
  end if;

  -- A page of events that all take at most their share of the bytes need not be counted event by event, and without
  -- the loop it costs a tenth less. A larger event is not joined to the others, and one that is large as it is stored
  -- is not even printed: so this never takes more memory than the page may have and one event. The loop does the rest.
  -- Only where the share is 64 KiB, which few events exceed: one larger event, and the whole page is printed twice.
  if v_is_quick and p_backward then
    select count(*), count(*) filter (where octet_length(p.json) <= v_share), min(p.version),
        string_agg(p.json, E',\n' order by p.version desc) filter (where octet_length(p.json) <= v_share)
      into count, v_small, reached, events
      from (select e.version, case when trickle_events_log.may_fit(e.data, v_share)
          then trickle_events_log.event_json(
              e.event_id, e.source, e.stream_id, e.version, e.type, e.occurred_at, e.recorded_at, e.stream_type,
              e.schema_version, e.correlation_id, e.causation_id, e.trace_parent, e.data, e.metadata) end as json
          from trickle_events_log.events e
          where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
            and (p_types is null or e.type = any (p_types))
          order by e.version desc limit p_limit) p;
  elsif v_is_quick then
    select count(*), count(*) filter (where octet_length(p.json) <= v_share), max(p.version),
        string_agg(p.json, E',\n' order by p.version) filter (where octet_length(p.json) <= v_share)
      into count, v_small, reached, events
      from (select e.version, case when trickle_events_log.may_fit(e.data, v_share)
          then trickle_events_log.event_json(
              e.event_id, e.source, e.stream_id, e.version, e.type, e.occurred_at, e.recorded_at, e.stream_type,
              e.schema_version, e.correlation_id, e.causation_id, e.trace_parent, e.data, e.metadata) end as json
          from trickle_events_log.events e
          where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
            and (p_types is null or e.type = any (p_types))
          order by e.version limit p_limit) p;
  end if;
  if v_small = count then
    if p_types is not null and count < p_limit then
      reached := case when p_backward then v_first else v_last end;
    end if;
    return;
  end if;

  count := 0;
  if p_backward then
    for v_event in
      select e.version, trickle_events_log.event_json(
            e.event_id, e.source, e.stream_id, e.version, e.type, e.occurred_at, e.recorded_at, e.stream_type,
            e.schema_version, e.correlation_id, e.causation_id, e.trace_parent, e.data, e.metadata) as json
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          and (p_types is null or e.type = any (p_types))
        order by e.version desc limit p_limit
    loop
      count := count + 1;
      v_bytes := v_bytes + octet_length(v_event.json);
      v_events[count] := v_event.json;
      reached := v_event.version;
      exit when v_bytes >= p_max_bytes;
    end loop;
  else
    for v_event in
      select e.version, trickle_events_log.event_json(
            e.event_id, e.source, e.stream_id, e.version, e.type, e.occurred_at, e.recorded_at, e.stream_type,
            e.schema_version, e.correlation_id, e.causation_id, e.trace_parent, e.data, e.metadata) as json
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          and (p_types is null or e.type = any (p_types))
        order by e.version limit p_limit
    loop
      count := count + 1;
      v_bytes := v_bytes + octet_length(v_event.json);
      v_events[count] := v_event.json;
      reached := v_event.version;
      exit when v_bytes >= p_max_bytes;
    end loop;
  end if;
  events := array_to_string(v_events, E',\n');
  if p_types is not null and count < p_limit and v_bytes < p_max_bytes then
    reached := case when p_backward then v_first else v_last end;
  end if;
end $$;
alter function trickle_events_log.read_stream owner to trickle_owner;
grant execute on function trickle_events_log.read_stream to trickle_app, trickle_worker;
