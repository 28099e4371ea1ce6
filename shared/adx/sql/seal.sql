-- Freezes a batch; false when the lease is lost. The fence stops a forwarder that was thought dead and still runs.
create or replace function trickle_analytics_outbox.seal(p_fence bigint, p_batch_id uuid, p_subscription text,
    p_epoch uuid, p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint,
    p_event_count int, p_byte_count bigint, p_content_hash bytea, p_blob_name text, p_tag text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_generation int :=
    trickle_subscriptions_state.hold_checkpoint(p_subscription, 0, p_fence, p_from_xid, p_from_position);
begin
  if v_generation is null then
    return false;
  end if;
  insert into trickle_analytics_outbox.batches (batch_id, subscription, epoch, generation, from_xid, from_position,
      to_xid, to_position, event_count, byte_count, content_hash, blob_name, tag)
    values (p_batch_id, p_subscription, p_epoch, v_generation, p_from_xid, p_from_position,
      p_to_xid, p_to_position, p_event_count, p_byte_count, p_content_hash, p_blob_name, p_tag);
  return true;
end $$;
alter function trickle_analytics_outbox.seal owner to trickle_owner;
grant execute on function trickle_analytics_outbox.seal to trickle_forwarder;
