-- One append of a tenant is known by (xid, recorded_at): several that were written together have one transaction id,
-- and each a time of its own.
-- Whether events with these ids are there already: the answer to a retry whose first attempt committed.
-- outcome: absent (none of them), replayed (all from one append with equal content: its whole result), exists (else).
create or replace function trickle_events_log.find_append(p_tenant uuid, p_streams text[], p_events json,
    out outcome text, out offending text, out stream_versions jsonb, out epoch uuid, out timeline text, out xid xid8)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_found bigint;
  v_given bigint;
  v_equal bigint;
  v_appends bigint;
  v_recorded_at timestamptz;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  select count(e.event_id), count(*), count(distinct (e.xid, e.recorded_at)),
      min(e.xid::text)::xid8, min(e.recorded_at),
      -- The id to name: one with other content, if that is what is wrong.
      coalesce(min(x.id) filter (where not m.is_equal), min(x.id) filter (where m.is_equal)),
      count(*) filter (where m.is_equal)
    into v_found, v_given, v_appends, xid, v_recorded_at, offending, v_equal
    from json_to_recordset(p_events) as x (s int, id text, source text, type text, "schemaVersion" int,
      time timestamptz, data jsonb, metadata jsonb, "correlationId" text, "causationId" text)
    left join trickle_events_log.events e on e.tenant_id = p_tenant and e.source = coalesce(x.source, '')
      and e.event_id = x.id
    left join lateral (select e.stream_id = p_streams[x.s] and e.type = x.type
        and e.schema_version = coalesce(x."schemaVersion", 1)
        and e.data = coalesce(x.data, 'null'::jsonb) and e.metadata is not distinct from x.metadata
        and (x.time is null or e.occurred_at = x.time) and e.correlation_id is not distinct from x."correlationId"
        and e.causation_id is not distinct from x."causationId" as is_equal) m on e.event_id is not null;
  if v_found = 0 then
    outcome := 'absent';
  elsif v_equal = v_given and v_appends = 1 then
    outcome := 'replayed';
    -- The whole append, whichever part of it was asked for: [[stream, version, id], ...] in its order.
    select jsonb_agg(jsonb_build_array(e.stream_id, e.version, e.event_id) order by e.position) into stream_versions
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and e.xid = find_append.xid
        and e.recorded_at = v_recorded_at and e.stream_id = any (p_streams);
  else
    outcome := 'exists';
  end if;
  select e.epoch into epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1;
  timeline := substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);
end $$;
alter function trickle_events_log.find_append owner to trickle_owner;
grant execute on function trickle_events_log.find_append to trickle_app;
