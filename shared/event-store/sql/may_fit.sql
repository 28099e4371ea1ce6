-- Whether a value is likely to take at most so many bytes when it is printed, as far as its stored size tells. So a
-- page does not print a large event only to find that it is too large. A compressed value is mostly two to five times
-- as long when it is printed, so one that is compressed to an eighth is taken for a large one. PostgreSQL inlines this.
create or replace function trickle_events_log.may_fit(p_value jsonb, p_bytes int) returns boolean
  language sql stable parallel safe
  as $$
    select pg_column_size(p_value) <= case when pg_column_compression(p_value) is null then p_bytes else p_bytes / 8 end
  $$;
alter function trickle_events_log.may_fit owner to trickle_owner;
grant execute on function trickle_events_log.may_fit to trickle_app, trickle_worker;
