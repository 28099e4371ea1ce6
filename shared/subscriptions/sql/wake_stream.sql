-- Lets a blocked stream go on: if its first event that is set aside is waiting, and not parked, it is handled again.
create or replace function trickle_subscriptions_state.wake_stream(
    p_name text, p_tenant uuid, p_stream text) returns void
  language sql volatile
  as $$
    update trickle_subscriptions_state.parked p set state = 'replay', attempts = 0, retry_at = null
      where p.name = p_name and p.tenant_id = p_tenant and p.stream_id = p_stream and p.state = 'waiting'
        and p.version = (
          select min(h.version) from trickle_subscriptions_state.parked h
            where h.name = p_name and h.tenant_id = p_tenant and h.stream_id = p_stream and h.blocks
              and h.state <> 'skipped')
  $$;
alter function trickle_subscriptions_state.wake_stream owner to trickle_owner;
