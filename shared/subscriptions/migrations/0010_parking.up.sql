-- What the holder of a member records, under its fence: how far it has come, what it set aside and what it handled
-- again. And what an operator may do. Rows are locked in one order: subscription, members by number, lanes and parked.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

-- Lets a blocked stream go on when nothing that an operator must decide is left in front.
create function trickle_subscriptions_state.wake_stream(p_name text, p_tenant uuid, p_stream text) returns void
  language sql volatile
  as $$
    update trickle_subscriptions_state.parked p set state = 'replay', attempts = 0, retry_at = null
      where p.name = p_name and p.tenant_id = p_tenant and p.stream_id = p_stream and p.state = 'waiting'
        and p.version = (select min(h.version) from trickle_subscriptions_state.parked h
          where h.name = p_name and h.tenant_id = p_tenant and h.stream_id = p_stream and h.blocks and h.state <> 'skipped')
  $$;

-- Records what was done up to p_to, all or nothing: the checkpoint of the member or of one lane, the events set aside
-- (p_parked: [{tenantId, streamId, version, xid, position, source, eventId, type, state, blocks, attempts, error}]) and new
-- lanes (p_lanes: [{tenantId, xid, position}]). Gives settled, lost (nothing was recorded), or full: recorded, but so much is set
-- aside that the subscription has to stop.
create function trickle_subscriptions_state.settle(p_name text, p_member int, p_fence bigint, p_lane uuid,
    p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_parked jsonb, p_lanes jsonb, p_parked_max int, p_lease_ms int) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_main record;
begin
  if p_lane is null then
    if not trickle_subscriptions_state.advance(p_name, p_member, p_fence, p_from_xid, p_from_position, p_to_xid, p_to_position, p_lease_ms) then
      return 'lost';
    end if;
  else
    update trickle_subscriptions_state.members m
      set lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0), failures = 0, retry_at = null, error = null, updated_at = v_now
      where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null returning * into v_main;
    if not found then return 'lost'; end if;
    update trickle_subscriptions_state.lanes l
      set xid = p_to_xid, position = p_to_position, attempts = 0, attempt_version = null, updated_at = v_now
      where l.name = p_name and l.member = p_member and l.tenant_id = p_lane and (l.xid, l.position) = (p_from_xid, p_from_position);
    if not found then
      return 'lost';
    end if;
    -- Merged: from here on the main checkpoint speaks for this tenant too.
    delete from trickle_subscriptions_state.lanes l
      where l.name = p_name and l.member = p_member and l.tenant_id = p_lane and (l.xid, l.position) >= (v_main.xid, v_main.position);
  end if;
  insert into trickle_subscriptions_state.lanes (name, member, tenant_id, xid, position)
    select p_name, p_member, x."tenantId", x.xid, x.position from jsonb_to_recordset(p_lanes) as x ("tenantId" uuid, xid xid8, position bigint)
    on conflict (name, member, tenant_id) do nothing;
  if p_parked is null then
    return 'settled';
  end if;
  -- A skipped event that is there again (after a reset) is judged anew; any other is already set aside.
  insert into trickle_subscriptions_state.parked as p (name, tenant_id, stream_id, version, xid, position, source, event_id, type, state, blocks, attempts, error)
    select p_name, x."tenantId", x."streamId", x.version, x.xid, x.position, x.source, x."eventId", x.type, x.state, x.blocks, x.attempts, left(x.error, 2000)
      from jsonb_to_recordset(p_parked) as x ("tenantId" uuid, "streamId" text, version bigint, xid xid8, position bigint, source text,
        "eventId" text, type text, state text, blocks boolean, attempts int, error text)
    on conflict (name, tenant_id, stream_id, version) do update
      set state = excluded.state, blocks = excluded.blocks, attempts = excluded.attempts, error = excluded.error, retry_at = null, parked_at = v_now
      where p.state = 'skipped';
  -- What blocked the stream when the page was read may have been skipped since.
  perform trickle_subscriptions_state.wake_stream(p_name, w."tenantId", w."streamId")
    from (select distinct x."tenantId", x."streamId" from jsonb_to_recordset(p_parked) as x ("tenantId" uuid, "streamId" text, state text)
      where x.state = 'waiting') w;
  if (select count(*) from (select from trickle_subscriptions_state.parked p where p.name = p_name and p.state <> 'skipped' limit p_parked_max) c) >= p_parked_max then
    return 'full';
  end if;
  return 'settled';
end $$;

-- Events to be handled again by a member, each the first of its stream that is set aside, with their content; one that is not in
-- the log any more comes without.
create function trickle_subscriptions_state.take_replays(p_name text, p_member int, p_limit int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text,
    type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz, data text, metadata text,
    correlation_id text, causation_id text, trace_parent text, parked_id bigint, is_there boolean)
  language sql stable rows 20
  as $$
    select p.tenant_id, p.xid, p.position, e.stream_type, p.stream_id, p.version, p.source, p.event_id, p.type, e.schema_version, e.occurred_at,
        e.recorded_at, e.data::text, e.metadata::text, e.correlation_id, e.causation_id, e.trace_parent, p.parked_id, e.event_id is not null
      from trickle_subscriptions_state.parked p
      join trickle_subscriptions_state.subscriptions s on s.name = p.name
      left join trickle_events_log.events e on e.tenant_id = p.tenant_id and e.stream_id = p.stream_id and e.version = p.version
        and e.source = p.source and e.event_id = p.event_id
      where p.name = p_name and p.state = 'replay' and (p.retry_at is null or p.retry_at <= clock_timestamp())
        and trickle_subscriptions_state.member_of(p.tenant_id, p.stream_id, s.members) = p_member
        and (not p.blocks or not exists (select from trickle_subscriptions_state.parked h
          where h.name = p_name and h.tenant_id = p.tenant_id and h.stream_id = p.stream_id and h.blocks and h.state <> 'skipped' and h.version < p.version))
      order by p.parked_id limit p_limit
  $$;

-- One step of handling an event again. p_step: begin (counts the attempt and gives its number), done (it is free, and
-- the next of its stream wakes), failed (tried again after p_retry_after_ms; null: it is parked again), later (the attempt
-- says nothing about the event and is taken back). Null when the lease is lost or an operator has decided otherwise.
create function trickle_subscriptions_state.replay_step(p_name text, p_member int, p_fence bigint, p_parked_id bigint, p_step text,
    p_error text, p_retry_after_ms int) returns int
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_parked trickle_subscriptions_state.parked;
begin
  perform from trickle_subscriptions_state.members m
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null for share;
  if not found then return null; end if;
  select * into v_parked from trickle_subscriptions_state.parked p
    where p.name = p_name and p.parked_id = p_parked_id and p.state = 'replay' for update;
  if not found then return null; end if;
  if p_step = 'done' then
    delete from trickle_subscriptions_state.parked p where p.parked_id = p_parked_id;
    perform trickle_subscriptions_state.wake_stream(p_name, v_parked.tenant_id, v_parked.stream_id);
    return v_parked.attempts;
  end if;
  update trickle_subscriptions_state.parked p
    set attempts = p.attempts + case p_step when 'begin' then 1 when 'later' then -1 else 0 end,
        state = case when p_step = 'failed' and p_retry_after_ms is null then 'parked' else p.state end,
        error = coalesce(left(p_error, 2000), p.error),
        retry_at = case when p_step = 'failed' then clock_timestamp() + make_interval(secs => p_retry_after_ms / 1000.0) end
    where p.parked_id = p_parked_id;
  return v_parked.attempts + (p_step = 'begin')::int;
end $$;
grant execute on function trickle_subscriptions_state.take_replays(text, int, int), trickle_subscriptions_state.replay_step(text, int, bigint, bigint, text, text, int),
  trickle_subscriptions_state.settle(text, int, bigint, uuid, xid8, bigint, xid8, bigint, jsonb, jsonb, int, int) to trickle_forwarder;

-- The operator's part. Each function answers with a word: done, not-found, or why it can not be done now.
-- p_action: pause | resume. A stopped subscription whose epoch has ended needs a place to go on from (place).
create function trickle_subscriptions_state.set_state(p_name text, p_action text) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_row trickle_subscriptions_state.subscriptions;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  if not found then
    return 'not-found';
  elsif p_action = 'pause' then
    update trickle_subscriptions_state.subscriptions s set state = 'paused', updated_at = v_now where s.name = p_name and s.state = 'running';
    return case when v_row.state = 'stopped' then 'stopped' else 'done' end;
  elsif v_row.state = 'running' then
    return 'done';
  elsif v_row.epoch <> (select c.epoch from trickle_events_log.current_epoch() c) then
    return 'epoch-ended';
  end if;
  update trickle_subscriptions_state.subscriptions s set state = 'running', error = null, updated_at = v_now where s.name = p_name;
  -- What was given up on is tried again, as often as before.
  update trickle_subscriptions_state.members m
    set failures = 0, retry_at = null, error = null, attempts = 0, attempt_version = null where m.name = p_name;
  update trickle_subscriptions_state.lanes l set attempts = 0, attempt_version = null where l.name = p_name;
  return 'done';
end $$;

-- Puts all members of a paused or stopped subscription at one point of the current epoch, with no lane left and a resize
-- that was under way done. p_kind: beginning | end | checkpoint | epoch-began: the least that any member has
-- come to, or where a later epoch of the log branched off before it, so that nothing is left out. p_resume: it runs from then on, else it is paused.
-- Events set aside stay so, but those that the feed brings again or that the ended epoch took away. A batch that was
-- sealed is given up on the record: it began where nobody is any more.
create function trickle_subscriptions_state.place(p_name text, p_kind text, p_xid xid8, p_position bigint, p_resume boolean) returns text
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
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  if not found then
    return 'not-found';
  end if;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  select c.epoch into v_epoch from trickle_events_log.current_epoch() c;
  -- Up to here the log is still the one that the subscription has read; all of it, while its epoch lasts.
  select e.began_xid, e.began_position into v_branch from trickle_events_log.epochs e
    where e.ordinal > (select o.ordinal from trickle_events_log.epochs o where o.epoch = v_row.epoch) order by 1, 2 limit 1;
  if v_row.state = 'running' then
    return 'running';
  elsif exists (select from trickle_subscriptions_state.members m where m.name = p_name and m.lease_until > v_now) then
    return 'held';
  elsif p_kind = 'checkpoint' and (p_xid > v_horizon or p_position < 0) then
    return 'ahead';
  elsif p_kind = 'checkpoint' then
    v_xid := p_xid; v_position := p_position;
  elsif p_kind = 'epoch-began' then
    select p.xid, p.position into v_xid, v_position from (
        select m.xid, m.position from trickle_subscriptions_state.members m where m.name = p_name and m.member < v_row.members
        union all select l.xid, l.position from trickle_subscriptions_state.lanes l where l.name = p_name
        union all select v_branch.began_xid, v_branch.began_position where v_branch.began_xid is not null) p order by 1, 2 limit 1;
  elsif p_kind = 'end' then
    v_xid := v_horizon; -- and position 0: every event below the horizon lies before, every other one behind
  end if;
  delete from trickle_subscriptions_state.lanes l where l.name = p_name;
  delete from trickle_subscriptions_state.parked p where p.name = p_name and p.state <> 'skipped' and ((p.xid, p.position) > (v_xid, v_position) or (p.xid, p.position) > (v_branch.began_xid, v_branch.began_position));
  perform trickle_subscriptions_state.wake_stream(p_name, w.tenant_id, w.stream_id)
    from (select distinct p.tenant_id, p.stream_id from trickle_subscriptions_state.parked p where p.name = p_name and p.state = 'waiting') w;
  perform trickle_subscriptions_state.place_members(p_name, coalesce(v_row.target_members, v_row.members), v_xid, v_position);
  update trickle_subscriptions_state.subscriptions s
    set epoch = v_epoch, generation = s.generation + 1, state = case when p_resume then 'running' else 'paused' end, error = null where s.name = p_name;
  perform trickle_analytics_outbox.abandon(p_name, 'the subscription was placed elsewhere by an operator');
  return 'done';
end $$;

-- Sets the barrier of a resize: the furthest point that any member was given events up to. No holder can have read
-- beyond it, and none will before the group has its new size.
create function trickle_subscriptions_state.resize(p_name text, p_members int) returns text
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
        from trickle_subscriptions_state.members m, lateral (values (m.xid, m.position), (m.read_xid, m.read_position)) as p (xid, position)
        where m.name = p_name and m.member < v_row.members order by 1 desc, 2 desc limit 1) b
    where s.name = p_name;
  perform trickle_subscriptions_state.finish_resize(p_name);
  return 'done';
end $$;

-- p_decision: replay | skip. All members are held, so that none records a waiting event beside the decision.
create function trickle_subscriptions_state.decide_parked(p_name text, p_parked_id bigint, p_decision text) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_parked trickle_subscriptions_state.parked;
begin
  if not exists (select from trickle_subscriptions_state.subscriptions s where s.name = p_name) then
    return 'not-found';
  end if;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  select * into v_parked from trickle_subscriptions_state.parked p
    where p.name = p_name and p.parked_id = p_parked_id and p.state <> 'skipped' for update;
  if not found then
    return 'event-not-found';
  elsif p_decision = 'skip' then
    update trickle_subscriptions_state.parked p set state = 'skipped' where p.parked_id = p_parked_id;
    perform trickle_subscriptions_state.wake_stream(p_name, v_parked.tenant_id, v_parked.stream_id);
  elsif v_parked.state = 'waiting' then
    return 'waiting';
  elsif v_parked.state = 'parked' then
    update trickle_subscriptions_state.parked p set state = 'replay', attempts = 0, retry_at = null where p.parked_id = p_parked_id;
  end if;
  return 'done';
end $$;

-- Events that a member has not handled, counted over at most p_scan_limit rows: of the feed behind its checkpoint, and of each lane up to
-- it. seconds: the age of the oldest; where none of the rows looked at is for the member, that of the last one, which no
-- unhandled event can be older than. Runs as the operator, who may see where events are and not what they say.
create function trickle_subscriptions_state.member_lag(p_name text, p_member int, p_scan_limit int, out events bigint, out is_lower_bound boolean, out seconds float8)
  language sql stable
  as $$
    with m as (
      select m.xid, m.position, s.members, s.types, s.stream_types from trickle_subscriptions_state.members m
        join trickle_subscriptions_state.subscriptions s on s.name = m.name where m.name = p_name and m.member = p_member),
    parts as (
      select e.*, true as is_main from m, lateral (
          select e.tenant_id, e.stream_id, e.type, e.stream_type, e.recorded_at, e.xid, e.position from trickle_events_log.events e
            where (e.xid, e.position) > (m.xid, m.position) order by e.xid, e.position limit p_scan_limit) e
      union all
      select e.*, false from m, trickle_subscriptions_state.lanes l, lateral (
          select e.tenant_id, e.stream_id, e.type, e.stream_type, e.recorded_at, e.xid, e.position from trickle_events_log.events e
            where e.tenant_id = l.tenant_id and (e.xid, e.position) > (l.xid, l.position) and (e.xid, e.position) <= (m.xid, m.position)
            order by e.xid, e.position limit p_scan_limit) e
        where l.name = p_name and l.member = p_member),
    judged as (
      select p.*, (m.types is null or p.type = any (m.types)) and (m.stream_types is null or p.stream_type = any (m.stream_types))
          and (m.members = 1 or trickle_subscriptions_state.member_of(p.tenant_id, p.stream_id, m.members) = p_member) as is_wanted
        from parts p, m),
    summed as (
      select count(*) filter (where j.is_wanted) as wanted, count(*) >= p_scan_limit as is_cut,
          coalesce(min(j.recorded_at) filter (where j.is_wanted), max(j.recorded_at) filter (where j.is_main)) as oldest from judged j)
    select s.wanted, s.is_cut, case when s.wanted = 0 and not s.is_cut then 0 else greatest(0, extract(epoch from clock_timestamp() - s.oldest)) end::float8 from summed s
  $$;

grant select (tenant_id, stream_id, type, stream_type) on trickle_events_log.events to trickle_operator;
grant execute on function trickle_subscriptions_state.set_state(text, text), trickle_subscriptions_state.place(text, text, xid8, bigint, boolean),
  trickle_subscriptions_state.resize(text, int), trickle_subscriptions_state.decide_parked(text, bigint, text),
  trickle_subscriptions_state.member_lag(text, int, int) to trickle_operator;
