-- Marks a batch as sent and moves the checkpoint after it, both or neither; false when the lease is lost.
create or replace function trickle_analytics_outbox.complete(
    p_fence bigint, p_batch_id uuid, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_batch trickle_analytics_outbox.batches;
begin
  select * into strict v_batch from trickle_analytics_outbox.batches b where b.batch_id = p_batch_id;
  if not trickle_subscriptions_state.advance(v_batch.subscription, 0, p_fence, v_batch.from_xid, v_batch.from_position,
      v_batch.to_xid, v_batch.to_position, p_lease_ms) then
    return false;
  end if;
  update trickle_analytics_outbox.batches b set state = 'sent', sent_at = clock_timestamp(), error = null
    where b.batch_id = p_batch_id;
  return true;
end $$;
alter function trickle_analytics_outbox.complete owner to trickle_owner;
grant execute on function trickle_analytics_outbox.complete to trickle_forwarder;
