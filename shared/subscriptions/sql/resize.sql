-- Sets the barrier of a resize: the furthest point up to which any member was given events. No holder has read past it,
-- and none will until the group has its new size.
create or replace function trickle_subscriptions_state.resize(p_name text, p_members int) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_row trickle_subscriptions_state.subscriptions;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  if not found then
    return 'not-found';
  elsif not v_row.is_group and p_members <> 1 then
    return 'single';
  elsif v_row.target_members is not null then
    return case when v_row.target_members = p_members then 'done' else 'resizing' end;
  elsif v_row.members = p_members then
    return 'done';
  end if;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  update trickle_subscriptions_state.subscriptions s
    set target_members = p_members, barrier_xid = b.xid, barrier_position = b.position, updated_at = clock_timestamp()
    from (select p.xid, p.position
        from trickle_subscriptions_state.members m,
          lateral (values (m.xid, m.position), (m.read_xid, m.read_position)) as p (xid, position)
        where m.name = p_name and m.member < v_row.members order by 1 desc, 2 desc limit 1) b
    where s.name = p_name;
  perform trickle_subscriptions_state.finish_resize(p_name);
  return 'done';
end $$;
alter function trickle_subscriptions_state.resize owner to trickle_owner;
grant execute on function trickle_subscriptions_state.resize to trickle_operator;
