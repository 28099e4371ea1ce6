-- For an operator who puts the subscription elsewhere: what was sealed, and perhaps sent, stays on record and blocks
-- nothing.
create or replace function trickle_analytics_outbox.abandon(p_subscription text, p_reason text) returns int
  language plpgsql volatile
  as $$
declare
  v_count int;
begin
  update trickle_analytics_outbox.batches b set state = 'abandoned', error = p_reason where b.subscription = p_subscription and b.state = 'sealed';
  get diagnostics v_count = row_count;
  return v_count;
end $$;
alter function trickle_analytics_outbox.abandon owner to trickle_owner;
