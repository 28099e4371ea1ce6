-- Creates a subscription at the first call and records the filter of its code. p_from_now: it begins after the events
-- that are in the log, else at the beginning of the log. Returns the number of its members. Code that works alone
-- (p_is_group: false) can't take the name of a group of several members. Then nothing is recorded, and the number
-- returned is at least 2.
create or replace function trickle_subscriptions_state.register(
    p_name text, p_is_group boolean, p_types text[], p_stream_types text[], p_from_now boolean) returns int
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_members int;
  v_begin xid8 := case when p_from_now then trickle_events_log.feed_horizon() else '0' end;
begin
  select s.members into v_members from trickle_subscriptions_state.subscriptions s
    where s.name = p_name and s.is_group = p_is_group and s.types is not distinct from p_types
      and s.stream_types is not distinct from p_stream_types;
  if found then
    return v_members;
  end if;
  insert into trickle_subscriptions_state.subscriptions (name, epoch, is_group, types, stream_types)
    values (p_name, (select c.epoch from trickle_events_log.current_epoch() c), p_is_group, p_types, p_stream_types)
    on conflict (name) do nothing;
  if found then
    insert into trickle_subscriptions_state.members (name, member, xid, read_xid) values (p_name, 0, v_begin, v_begin);
  end if;
  update trickle_subscriptions_state.subscriptions s
    set is_group = p_is_group, types = p_types, stream_types = p_stream_types
    where s.name = p_name and (p_is_group or s.members = 1 and s.target_members is null)
    returning s.members into v_members;
  if not found then
    select greatest(s.members, s.target_members, 2) into v_members from trickle_subscriptions_state.subscriptions s
      where s.name = p_name;
  end if;
  return v_members;
end $$;
alter function trickle_subscriptions_state.register owner to trickle_owner;
grant execute on function trickle_subscriptions_state.register to trickle_worker;
