-- Which of p_members handles a stream. The extended hash is the one that hash partitions are kept by, so PostgreSQL may
-- not change it between versions: another value would take streams from one checkpoint to another.
create or replace function trickle_subscriptions_state.member_of(p_tenant uuid, p_stream text, p_members int) returns int
  language sql immutable parallel safe
  as $$ select ((hashtextextended(p_tenant::text || '/' || p_stream collate "C", 0) & 9223372036854775807) % p_members)::int $$;
alter function trickle_subscriptions_state.member_of owner to trickle_owner;
grant execute on function trickle_subscriptions_state.member_of to trickle_worker, trickle_operator;
