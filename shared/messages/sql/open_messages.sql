-- How many messages are parked and wait for an operator, by queue, and since when. Counts at most p_counted_max of
-- them, the oldest first.
create or replace function trickle_messages_state.open_messages(p_counted_max int)
  returns table (queue text, messages int, oldest_at timestamptz)
  language sql stable security definer rows 10
  set search_path = pg_catalog, pg_temp
  as $$
    select o.queue, count(*)::int, min(o.parked_at)
      from (select p.queue, p.parked_at from trickle_messages_state.parked_messages p
        where p.state = 'parked' order by p.parked_at limit p_counted_max) o
      group by o.queue order by o.queue
  $$;
alter function trickle_messages_state.open_messages owner to trickle_owner;
grant execute on function trickle_messages_state.open_messages to trickle_worker, trickle_operator;
