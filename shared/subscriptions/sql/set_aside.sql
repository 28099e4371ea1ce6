-- Records events that are set aside (p_parked: [{tenantId, streamId, version, xid, position, source, eventId, type,
-- state, blocks, attempts, error}]). The caller has locked the member's row, so an operator can't decide about a
-- blocked stream at the same time.
create or replace function trickle_subscriptions_state.set_aside(p_name text, p_parked jsonb) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  -- After a reset a skipped event may come again; its row gets the new state. Any other event with a row is set aside
  -- already and is left unchanged.
  insert into trickle_subscriptions_state.parked as p (name, tenant_id, stream_id, version, xid, position, source,
      event_id, type, state, blocks, attempts, error)
    select p_name, x."tenantId", x."streamId", x.version, x.xid, x.position, x.source, x."eventId", x.type, x.state,
        x.blocks, x.attempts, left(x.error, 2000)
      from jsonb_to_recordset(p_parked) as x ("tenantId" uuid, "streamId" text, version bigint, xid xid8,
        position bigint, source text, "eventId" text, type text, state text, blocks boolean, attempts int, error text)
    on conflict (name, tenant_id, stream_id, version) do update
      set state = excluded.state, blocks = excluded.blocks, attempts = excluded.attempts, error = excluded.error,
          retry_at = null, parked_at = clock_timestamp()
      where p.state = 'skipped';
  -- The event that blocked the stream when the page was read may have been skipped since then. Then nothing else would
  -- wake the waiting events.
  perform trickle_subscriptions_state.wake_stream(p_name, w."tenantId", w."streamId")
    from (select distinct x."tenantId", x."streamId"
      from jsonb_to_recordset(p_parked) as x ("tenantId" uuid, "streamId" text, state text)
      where x.state = 'waiting') w;
end $$;
alter function trickle_subscriptions_state.set_aside owner to trickle_owner;
