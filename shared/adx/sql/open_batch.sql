-- The batch that was sealed and not yet marked as sent; there is one at the most. p_generation: the generation of the
-- subscription, from the lease. A batch of an earlier generation begins at a point that an operator has moved the
-- subscription away from. It is marked as abandoned, whether it was sent or not, so that it blocks nothing.
create or replace function trickle_analytics_outbox.open_batch(p_subscription text, p_generation int)
  returns table (batch_id uuid, subscription text, epoch uuid, from_xid xid8, from_position bigint, to_xid xid8,
    to_position bigint, event_count int, byte_count bigint, content_hash bytea, blob_name text, tag text)
  language plpgsql volatile security definer rows 1
  set search_path = pg_catalog, pg_temp
  as $$
begin
  update trickle_analytics_outbox.batches b
    set state = 'abandoned', error = 'the subscription was placed elsewhere by an operator'
    where b.subscription = p_subscription and b.state = 'sealed' and b.generation < p_generation;
  return query
    select b.batch_id, b.subscription, b.epoch, b.from_xid, b.from_position, b.to_xid, b.to_position, b.event_count,
        b.byte_count, b.content_hash, b.blob_name, b.tag
      from trickle_analytics_outbox.batches b where b.subscription = p_subscription and b.state = 'sealed';
end $$;
alter function trickle_analytics_outbox.open_batch owner to trickle_owner;
grant execute on function trickle_analytics_outbox.open_batch to trickle_forwarder;
