-- The part, from 0 to p_parts - 1, that a stream belongs to when members share a feed. Hash partitions use the same
-- extended hash, so PostgreSQL can't change it between versions. Another value would move streams from one checkpoint
-- to another.
create or replace function trickle_events_log.part_of(p_tenant uuid, p_stream text, p_parts int) returns int
  language sql immutable parallel safe
  as $$
    select ((hashtextextended(p_tenant::text || '/' || p_stream collate "C", 0) & 9223372036854775807) % p_parts)::int
  $$;
alter function trickle_events_log.part_of owner to trickle_owner;
grant execute on function trickle_events_log.part_of to trickle_worker, trickle_operator;
