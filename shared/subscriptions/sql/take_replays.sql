-- Events that a member has to handle again, with their content. Of a blocked stream only the first event that is set
-- aside is given. An event that is not in the log any more has no content (is_there is false).
create or replace function trickle_subscriptions_state.take_replays(p_name text, p_member int, p_limit int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint,
    source text, event_id text, type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz,
    data text, metadata text, correlation_id text, causation_id text, trace_parent text, parked_id bigint,
    is_there boolean)
  language sql stable rows 20
  as $$
    select p.tenant_id, p.xid, p.position, e.stream_type, p.stream_id, p.version, p.source, p.event_id, p.type,
        e.schema_version, e.occurred_at, e.recorded_at, e.data, e.metadata, e.correlation_id, e.causation_id,
        e.trace_parent, p.parked_id, e.event_id is not null
      from trickle_subscriptions_state.parked p
      join trickle_subscriptions_state.subscriptions s on s.name = p.name
      left join lateral trickle_events_log.event_at(p.tenant_id, p.stream_id, p.version) e
        on e.source = p.source and e.event_id = p.event_id
      where p.name = p_name and p.state = 'replay' and (p.retry_at is null or p.retry_at <= clock_timestamp())
        and trickle_events_log.part_of(p.tenant_id, p.stream_id, s.members) = p_member
        and (not p.blocks or not exists (
          select from trickle_subscriptions_state.parked h
            where h.name = p_name and h.tenant_id = p.tenant_id and h.stream_id = p.stream_id and h.blocks
              and h.state <> 'skipped' and h.version < p.version))
      order by p.parked_id limit p_limit
  $$;
alter function trickle_subscriptions_state.take_replays owner to trickle_owner;
grant execute on function trickle_subscriptions_state.take_replays to trickle_worker;
