-- Puts all members of a paused or stopped subscription at one point of the current epoch. No lane is left, and a resize
-- that was under way is done. Returns done, or why it can't be done now: not-found, running, held, ahead.
-- p_kind: beginning | end | checkpoint | epoch-began. epoch-began is the earliest checkpoint of any member or lane, or
--   the point where a later epoch of the log branched off, if that is earlier. So no event is left out.
-- p_resume: the subscription runs afterwards, else it is paused.
-- Events that are set aside stay so, except those that the feed brings again and those that are not in the new epoch.
-- The generation grows: what was derived from the old checkpoints, such as a sealed batch, is invalid from now on.
create or replace function trickle_subscriptions_state.move_checkpoints(
    p_name text, p_kind text, p_xid xid8, p_position bigint, p_resume boolean) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_horizon xid8 := trickle_events_log.feed_horizon();
  v_row trickle_subscriptions_state.subscriptions;
  v_epoch uuid;
  v_branch record;
  v_xid xid8 := '0';
  v_position bigint := 0;
begin
  -- Waits for the steps of a projection that have begun. No other step can begin until this transaction ends.
  perform pg_advisory_xact_lock(trickle_subscriptions_state.step_lock_class(), hashtext(p_name));
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  if not found then
    return 'not-found';
  end if;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  select c.epoch into v_epoch from trickle_events_log.current_epoch() c;
  select b.xid, b.position into v_branch from trickle_events_log.branch_point(v_row.epoch) b;
  if v_row.state = 'running' then
    return 'running';
  elsif exists (
    select from trickle_subscriptions_state.members m where m.name = p_name and m.lease_until > v_now)
  then
    return 'held';
  elsif p_kind = 'checkpoint' and (p_xid > v_horizon or p_position < 0) then
    return 'ahead';
  elsif p_kind = 'checkpoint' then
    v_xid := p_xid;
    v_position := p_position;
  elsif p_kind = 'epoch-began' then
    select p.xid, p.position into v_xid, v_position
      from (
        select m.xid, m.position from trickle_subscriptions_state.members m
          where m.name = p_name and m.member < v_row.members
        union all select l.xid, l.position from trickle_subscriptions_state.lanes l where l.name = p_name
        union all select v_branch.xid, v_branch.position where v_branch.xid is not null) p
      order by p.xid, p.position limit 1;
  elsif p_kind = 'end' then
    v_xid := v_horizon; -- with position 0: every event below the horizon is before this point, every other one after it
  end if;
  delete from trickle_subscriptions_state.lanes l where l.name = p_name;
  delete from trickle_subscriptions_state.parked p
    where p.name = p_name and p.state <> 'skipped'
      and ((p.xid, p.position) > (v_xid, v_position) or (p.xid, p.position) > (v_branch.xid, v_branch.position));
  -- Events that the feed brings again take effect again, so the progress after the new checkpoint is removed. Not so
  -- for "epoch-began", so that no event takes effect twice: progress after the checkpoint stays, up to the branch
  -- point.
  delete from trickle_subscriptions_state.tenant_progress p
    where p.name = p_name
      and (p_kind <> 'epoch-began' and (p.xid, p.position) > (v_xid, v_position)
        or (p.xid, p.position) > (v_branch.xid, v_branch.position));
  perform trickle_subscriptions_state.wake_stream(p_name, w.tenant_id, w.stream_id)
    from (select distinct p.tenant_id, p.stream_id from trickle_subscriptions_state.parked p
      where p.name = p_name and p.state = 'waiting') w;
  perform trickle_subscriptions_state.place_members(
    p_name, coalesce(v_row.target_members, v_row.members), v_xid, v_position);
  update trickle_subscriptions_state.subscriptions s
    set epoch = v_epoch, generation = s.generation + 1, error = null,
        state = case when p_resume then 'running' else 'paused' end
    where s.name = p_name;
  return 'done';
end $$;
alter function trickle_subscriptions_state.move_checkpoints owner to trickle_owner;
grant execute on function trickle_subscriptions_state.move_checkpoints to trickle_operator;
