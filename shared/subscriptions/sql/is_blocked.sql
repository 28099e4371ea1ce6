-- Whether an earlier event of the stream is set aside and the later ones wait for it.
create or replace function trickle_subscriptions_state.is_blocked(
    p_name text, p_tenant uuid, p_stream text) returns boolean
  language sql stable
  as $$
    select exists (
      select from trickle_subscriptions_state.parked p
        where p.name = p_name and p.tenant_id = p_tenant and p.stream_id = p_stream and p.blocks
          and p.state <> 'skipped')
  $$;
alter function trickle_subscriptions_state.is_blocked owner to trickle_owner;
grant execute on function trickle_subscriptions_state.is_blocked to trickle_worker;
