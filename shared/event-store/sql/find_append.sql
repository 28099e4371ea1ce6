-- Finds out whether events with these ids are stored already, for a retry whose first attempt may have been committed.
-- outcome: absent (none is stored), replayed (all are, from one append and with equal content: its whole result is
-- returned), exists (any other case).
-- (xid, recorded_at) identifies one append of a tenant: appends that were written together have the same transaction
-- id, but different times.
create or replace function trickle_events_log.find_append(p_tenant uuid, p_streams text[], p_events jsonb,
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
      -- The id for the error: one with other content, if there is any.
      coalesce(min(x.id) filter (where not m.is_equal), min(x.id) filter (where m.is_equal)),
      count(*) filter (where m.is_equal)
    into v_found, v_given, v_appends, xid, v_recorded_at, offending, v_equal
    from trickle_events_log.event_values(p_events) x
    left join trickle_events_log.events e on e.tenant_id = p_tenant and e.source = x.source and e.event_id = x.id
    left join lateral (select (e.stream_id, e.type, e.schema_version, e.data)
          = (p_streams[x.s], x.type, x.schema_version, x.data)
        and (e.metadata, e.correlation_id, e.causation_id) is not distinct from
          (x.metadata, x.correlation_id, x.causation_id)
        and (x.occurred_at is null or e.occurred_at = x.occurred_at) as is_equal) m on e.event_id is not null;
  if v_found = 0 then
    outcome := 'absent';
  elsif v_equal = v_given and v_appends = 1 then
    outcome := 'replayed';
    -- The whole append, even if only some of its ids were given: [[stream, version, id], ...] in the append's order.
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
grant execute on function trickle_events_log.find_append to trickle_app, trickle_worker;
