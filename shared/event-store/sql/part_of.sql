-- Which of p_parts parts a stream belongs to, from 0 on: a feed that is shared is shared by streams. The extended hash
-- is the one that hash partitions are kept by, so PostgreSQL may not change it between versions: another value would
-- take streams from one checkpoint to another.
create or replace function trickle_events_log.part_of(p_tenant uuid, p_stream text, p_parts int) returns int
  language sql immutable parallel safe
  as $$
    select ((hashtextextended(p_tenant::text || '/' || p_stream collate "C", 0) & 9223372036854775807) % p_parts)::int
  $$;
alter function trickle_events_log.part_of owner to trickle_owner;
grant execute on function trickle_events_log.part_of to trickle_forwarder, trickle_operator;
