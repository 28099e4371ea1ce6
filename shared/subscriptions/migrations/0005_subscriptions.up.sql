-- Subscriptions: checkpoints in the feed of all tenants, each with a lease and a fence. A lease is a row and not a
-- session's lock, because a transaction pooler hands one session to many clients.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_subscriptions_state;
grant usage on schema trickle_subscriptions_state to trickle_forwarder, trickle_operator;

-- What holds for all members. While target_members is there a resize is under way: no member reads past the barrier.
-- is_group: the work may be shared among members. types, stream_types: what its code asks for, noted to count its lag.
-- generation grows when an operator puts the checkpoints elsewhere, so that what is derived from a checkpoint is new too.
create table trickle_subscriptions_state.subscriptions (
  name text collate "C" not null,
  epoch uuid not null,
  generation int not null default 0,
  state text not null default 'running',
  error text,
  is_group boolean not null default false,
  members int not null default 1,
  target_members int,
  barrier_xid xid8,
  barrier_position bigint,
  types text[],
  stream_types text[],
  updated_at timestamptz not null default clock_timestamp(),
  constraint subscriptions_pkey primary key (name),
  constraint subscriptions_name_check check (length(name) between 1 and 63),
  constraint subscriptions_state_check check (state in ('running', 'paused', 'stopped')),
  constraint subscriptions_members_check check (members between 1 and 16 and target_members between 1 and 16),
  constraint subscriptions_barrier_check check (num_nulls(target_members, barrier_xid, barrier_position) in (0, 3))
);

-- One checkpoint each. Member m of n handles the streams whose hash is m; rows above n are kept for their fence, which
-- must never be given twice. read_*: the furthest point that was handed out to it. crashes: holders that ended without
-- a release. attempt_*: the event at the head that failed, or that is being tried with care after a crash.
create table trickle_subscriptions_state.members (
  name text collate "C" not null,
  member int not null,
  xid xid8 not null default '0',
  position bigint not null default 0,
  read_xid xid8 not null default '0',
  read_position bigint not null default 0,
  lease_owner text,
  lease_until timestamptz,
  fence bigint not null default 0,
  failures int not null default 0,
  retry_at timestamptz,
  error text,
  crashes int not null default 0,
  attempt_tenant uuid,
  attempt_stream text,
  attempt_version bigint,
  attempts int not null default 0,
  updated_at timestamptz not null default clock_timestamp(),
  constraint members_pkey primary key (name, member),
  constraint members_member_check check (member between 0 and 15)
) with (fillfactor = 50);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['subscriptions', 'members'] loop
    execute format('alter table trickle_subscriptions_state.%I enable row level security', v_table);
    execute format('alter table trickle_subscriptions_state.%I force row level security', v_table);
    execute format('create policy %I on trickle_subscriptions_state.%I for all to trickle_owner using (true) with check (true)', v_table || '_owner', v_table);
    execute format('create policy %I on trickle_subscriptions_state.%I for select to trickle_forwarder, trickle_operator using (true)', v_table || '_read', v_table);
    execute format('grant select on trickle_subscriptions_state.%I to trickle_forwarder, trickle_operator', v_table);
  end loop;
end $$;

-- Makes a subscription at its first call and notes what its code asks for. p_from_now: it begins behind what is there,
-- else at the beginning of the log.
create function trickle_subscriptions_state.register(
    p_name text, p_is_group boolean, p_types text[], p_stream_types text[], p_from_now boolean) returns int
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_members int;
  v_begin xid8 := case when p_from_now then trickle_events_log.feed_horizon() else '0' end;
begin
  select s.members into v_members from trickle_subscriptions_state.subscriptions s
    where s.name = p_name and s.is_group = p_is_group and s.types is not distinct from p_types and s.stream_types is not distinct from p_stream_types;
  if found then
    return v_members;
  end if;
  insert into trickle_subscriptions_state.subscriptions (name, epoch, is_group, types, stream_types)
    values (p_name, (select c.epoch from trickle_events_log.current_epoch() c), p_is_group, p_types, p_stream_types)
    on conflict (name) do nothing;
  if found then
    insert into trickle_subscriptions_state.members (name, member, xid, read_xid) values (p_name, 0, v_begin, v_begin);
  end if;
  update trickle_subscriptions_state.subscriptions s set is_group = p_is_group, types = p_types, stream_types = p_stream_types
    where s.name = p_name returning s.members into v_members;
  return v_members;
end $$;

-- outcome: acquired | busy (another owner holds it) | waiting (backing off after a failure) | resizing (at the barrier,
-- until the others are) | gone (no such member any more) | paused | stopped.
-- A subscription of an ended epoch is stopped: its checkpoint may name events that the log does not hold any more, and
-- only an operator knows where to go on. The subscription's row is locked first, here and wherever members are changed.
create function trickle_subscriptions_state.acquire(p_name text, p_member int, p_owner text, p_lease_ms int,
    out outcome text, out fence bigint, out epoch uuid, out generation int, out xid xid8, out "position" bigint, out failures int, out crashes int)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_epoch uuid := (select c.epoch from trickle_events_log.current_epoch() c);
  v_row trickle_subscriptions_state.subscriptions;
  v_member trickle_subscriptions_state.members;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  if not found then
    perform trickle_subscriptions_state.register(p_name, false, null, null, false);
    select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  end if;
  if v_row.target_members is not null and v_row.state = 'running' and trickle_subscriptions_state.finish_resize(p_name) then
    select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name;
  end if;
  select * into v_member from trickle_subscriptions_state.members m where m.name = p_name and m.member = p_member for update;
  epoch := v_row.epoch;
  generation := v_row.generation;
  xid := v_member.xid;
  position := v_member.position;
  failures := v_member.failures;
  if v_row.state = 'running' and v_row.epoch <> v_epoch then
    update trickle_subscriptions_state.subscriptions s
      set state = 'stopped', error = 'the log has begun a new epoch', updated_at = v_now where s.name = p_name;
    outcome := 'stopped';
  elsif v_row.state <> 'running' then
    outcome := v_row.state;
  elsif p_member >= v_row.members then
    outcome := 'gone';
  elsif v_member.lease_until > v_now and v_member.lease_owner <> p_owner then
    outcome := 'busy';
  elsif v_row.target_members is not null and trickle_subscriptions_state.is_at_barrier(p_name, p_member) then
    outcome := 'resizing';
  elsif v_member.retry_at > v_now then
    outcome := 'waiting';
  else
    outcome := 'acquired';
    fence := v_member.fence + 1;
    -- A release clears the owner: one that is still there belongs to a holder that crashed, or stood still for too long.
    crashes := v_member.crashes + (v_member.lease_owner is not null and v_member.lease_owner <> p_owner)::int;
    update trickle_subscriptions_state.members m
      set lease_owner = p_owner, lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0), fence = v_member.fence + 1,
          crashes = acquire.crashes, updated_at = v_now
      where m.name = p_name and m.member = p_member;
  end if;
end $$;

-- Prolongs the lease; false when somebody else has it now, or nobody may work on the subscription.
create function trickle_subscriptions_state.renew(p_name text, p_member int, p_fence bigint, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  update trickle_subscriptions_state.members m
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from trickle_subscriptions_state.subscriptions s
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
      and s.name = p_name and s.state = 'running';
  return found;
end $$;

-- Moves the checkpoint from where the holder of the fence believes it to be; false changes nothing. It works for a
-- subscription that was paused meanwhile too: what has been done is recorded.
create function trickle_subscriptions_state.advance(p_name text, p_member int, p_fence bigint,
    p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update trickle_subscriptions_state.members m
    set xid = p_to_xid, position = p_to_position, lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0),
        failures = 0, retry_at = null, error = null, attempts = 0, attempt_version = null, updated_at = v_now
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
      and (m.xid, m.position) = (p_from_xid, p_from_position) and (p_to_xid, p_to_position) >= (p_from_xid, p_from_position);
  return found;
end $$;

-- Ends the lease, after a failure with the time before which nobody tries again.
create function trickle_subscriptions_state.release(p_name text, p_member int, p_fence bigint, p_error text, p_retry_after_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update trickle_subscriptions_state.members m
    set lease_owner = null, lease_until = null, crashes = 0, updated_at = v_now,
        failures = case when p_error is null then m.failures else m.failures + 1 end,
        error = case when p_error is null then m.error else left(p_error, 2000) end,
        retry_at = case when p_error is null then m.retry_at else v_now + make_interval(secs => p_retry_after_ms / 1000.0) end
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_owner is not null;
  return found;
end $$;

-- Ends the lease and the work of all members: only an operator's decision lets it go on. A member's own row comes
-- second, as everywhere.
create function trickle_subscriptions_state.stop(p_name text, p_member int, p_fence bigint, p_error text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  update trickle_subscriptions_state.members m
    set lease_owner = null, lease_until = null, crashes = 0, failures = m.failures + 1, error = left(p_error, 2000), updated_at = v_now
    where m.name = p_name and m.member = p_member and m.fence = p_fence;
  if not found then
    return false;
  end if;
  update trickle_subscriptions_state.subscriptions s set state = 'stopped', error = left(p_error, 2000), updated_at = v_now
    where s.name = p_name and s.state = 'running';
  return found;
end $$;

grant execute on function trickle_subscriptions_state.register(text, boolean, text[], text[], boolean) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.acquire(text, int, text, int) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.renew(text, int, bigint, int) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.advance(text, int, bigint, xid8, bigint, xid8, bigint, int) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.release(text, int, bigint, text, int) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.stop(text, int, bigint, text) to trickle_forwarder;

-- One page of the feed of all tenants, for subscriptions that want every event. With p_until_* the page ends there (inclusive) and needs no
-- horizon, since what lies below a recorded point does not change any more: a frozen batch is read again this way.
create function trickle_events_log.read_feed(
    p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_limit int, p_max_bytes int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text,
    type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz, data text, metadata text,
    correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 1000
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_bytes bigint := 0;
begin
  for v_pass in 1 .. 2 loop
    for tenant_id, xid, position, stream_type, stream_id, version, source, event_id, type, schema_version, occurred_at, recorded_at, data,
        metadata, correlation_id, causation_id, trace_parent in
      select e.tenant_id, e.xid, e.position, e.stream_type, e.stream_id, e.version, e.source, e.event_id, e.type, e.schema_version,
          e.occurred_at, e.recorded_at, e.data::text, e.metadata::text, e.correlation_id, e.causation_id, e.trace_parent
        from trickle_events_log.events e
        where (e.xid, e.position) > (p_xid, p_position)
          and (e.xid < v_horizon or p_until_xid is not null)
          and (p_until_xid is null or (e.xid, e.position) <= (p_until_xid, p_until_position))
        order by e.xid, e.position limit p_limit
    loop
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
    exit when v_bytes > 0 or p_until_xid is not null;
    v_horizon := trickle_events_log.feed_horizon();
  end loop;
end $$;
grant execute on function trickle_events_log.read_feed(xid8, bigint, xid8, bigint, int, int) to trickle_forwarder;
