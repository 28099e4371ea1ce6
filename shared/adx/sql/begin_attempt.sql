-- Counts an attempt before it is made, so that an attempt that ends in a crash is seen too.
create or replace function trickle_analytics_outbox.begin_attempt(p_batch_id uuid) returns int
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
    update trickle_analytics_outbox.batches b set attempts = b.attempts + 1
      where b.batch_id = p_batch_id returning b.attempts
  $$;
alter function trickle_analytics_outbox.begin_attempt owner to trickle_owner;
grant execute on function trickle_analytics_outbox.begin_attempt to trickle_forwarder;
