-- Freezes a batch; false when the lease is lost. The fence makes a forwarder that was thought dead do no harm; the
-- member's row is held, or a take-over that has not committed yet would not be seen.
create or replace function trickle_analytics_outbox.seal(p_fence bigint, p_batch_id uuid, p_subscription text, p_epoch uuid,
    p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint,
    p_event_count int, p_byte_count bigint, p_content_hash bytea, p_blob_name text, p_tag text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  insert into trickle_analytics_outbox.batches (batch_id, subscription, epoch, generation, from_xid, from_position, to_xid, to_position,
      event_count, byte_count, content_hash, blob_name, tag)
    select p_batch_id, p_subscription, p_epoch, g.generation, p_from_xid, p_from_position, p_to_xid, p_to_position,
        p_event_count, p_byte_count, p_content_hash, p_blob_name, p_tag
      from trickle_subscriptions_state.members s
      join trickle_subscriptions_state.subscriptions g on g.name = s.name
      where s.name = p_subscription and s.member = 0 and s.fence = p_fence and s.lease_until is not null
        and (s.xid, s.position) = (p_from_xid, p_from_position)
      for share of s;
  return found;
end $$;
alter function trickle_analytics_outbox.seal owner to trickle_owner;
grant execute on function trickle_analytics_outbox.seal to trickle_forwarder;
