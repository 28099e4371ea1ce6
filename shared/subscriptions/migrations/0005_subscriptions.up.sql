-- Subscriptions: a checkpoint in the feed of all tenants, and a lease with a fence. A lease is a row and not a session's
-- lock, because a transaction pooler hands one session to many clients.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_subscriptions_state;
grant usage on schema trickle_subscriptions_state to trickle_forwarder, trickle_operator;

create table trickle_subscriptions_state.subscriptions (
  name text collate "C" not null,
  epoch uuid not null,
  xid xid8 not null default '0',
  position bigint not null default 0,
  state text not null default 'running',
  lease_owner text,
  lease_until timestamptz,
  fence bigint not null default 0,
  failures int not null default 0,
  retry_at timestamptz,
  error text,
  updated_at timestamptz not null default clock_timestamp(),
  constraint subscriptions_pkey primary key (name),
  constraint subscriptions_state_check check (state in ('running', 'paused', 'stopped'))
) with (fillfactor = 50);
alter table trickle_subscriptions_state.subscriptions enable row level security;
alter table trickle_subscriptions_state.subscriptions force row level security;
create policy subscriptions_owner on trickle_subscriptions_state.subscriptions for all to trickle_owner using (true) with check (true);
create policy subscriptions_forwarder on trickle_subscriptions_state.subscriptions for select to trickle_forwarder using (true);
create policy subscriptions_operator on trickle_subscriptions_state.subscriptions for select to trickle_operator using (true);
grant select on trickle_subscriptions_state.subscriptions to trickle_forwarder, trickle_operator;

-- outcome: acquired | busy (another owner holds it) | waiting (backing off after a failure) | paused | stopped.
-- A subscription is made at its first call and starts at the beginning of the log. One of an ended epoch is stopped:
-- its checkpoint may name events that the log does not hold any more, and only an operator knows where to go on.
create function trickle_subscriptions_state.acquire(p_name text, p_owner text, p_lease_ms int,
    out outcome text, out fence bigint, out epoch uuid, out xid xid8, out "position" bigint, out failures int)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_epoch uuid := (select c.epoch from trickle_events_log.current_epoch() c);
  v_row trickle_subscriptions_state.subscriptions;
begin
  insert into trickle_subscriptions_state.subscriptions (name, epoch) values (p_name, v_epoch) on conflict (name) do nothing;
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  epoch := v_row.epoch;
  xid := v_row.xid;
  position := v_row.position;
  failures := v_row.failures;
  if v_row.state = 'running' and v_row.epoch <> v_epoch then
    update trickle_subscriptions_state.subscriptions s
      set state = 'stopped', error = 'the log has begun a new epoch', updated_at = v_now where s.name = p_name;
    outcome := 'stopped';
  elsif v_row.state <> 'running' then
    outcome := v_row.state;
  elsif v_row.lease_until > v_now and v_row.lease_owner <> p_owner then
    outcome := 'busy';
  elsif v_row.retry_at > v_now then
    outcome := 'waiting';
  else
    outcome := 'acquired';
    fence := v_row.fence + 1;
    update trickle_subscriptions_state.subscriptions s
      set lease_owner = p_owner, lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0), fence = v_row.fence + 1, updated_at = v_now
      where s.name = p_name;
  end if;
end $$;

-- Prolongs the lease; false when somebody else has it now.
create function trickle_subscriptions_state.renew(p_name text, p_fence bigint, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  update trickle_subscriptions_state.subscriptions s
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    where s.name = p_name and s.fence = p_fence and s.lease_until is not null and s.state = 'running';
  return found;
end $$;

-- Moves the checkpoint from where the holder of the fence believes it to be; false changes nothing.
create function trickle_subscriptions_state.advance(
    p_name text, p_fence bigint, p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update trickle_subscriptions_state.subscriptions s
    set xid = p_to_xid, position = p_to_position, lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0),
        failures = 0, retry_at = null, error = null, updated_at = v_now
    where s.name = p_name and s.fence = p_fence and s.lease_until is not null
      and (s.xid, s.position) = (p_from_xid, p_from_position) and (p_to_xid, p_to_position) >= (p_from_xid, p_from_position);
  return found;
end $$;

-- Ends the lease, after a failure with the time before which nobody tries again.
create function trickle_subscriptions_state.release(p_name text, p_fence bigint, p_error text, p_retry_after_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update trickle_subscriptions_state.subscriptions s
    set lease_owner = null, lease_until = null, updated_at = v_now,
        failures = case when p_error is null then s.failures else s.failures + 1 end,
        error = case when p_error is null then s.error else left(p_error, 2000) end,
        retry_at = case when p_error is null then s.retry_at else v_now + make_interval(secs => p_retry_after_ms / 1000.0) end
    where s.name = p_name and s.fence = p_fence;
  return found;
end $$;
-- Ends the lease and the work: only an operator's decision lets it go on.
create function trickle_subscriptions_state.stop(p_name text, p_fence bigint, p_error text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  update trickle_subscriptions_state.subscriptions s
    set state = 'stopped', lease_owner = null, lease_until = null, failures = s.failures + 1, error = left(p_error, 2000),
        updated_at = clock_timestamp()
    where s.name = p_name and s.fence = p_fence and s.state = 'running';
  return found;
end $$;
grant execute on function trickle_subscriptions_state.stop(text, bigint, text) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.acquire(text, text, int) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.renew(text, bigint, int) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.advance(text, bigint, xid8, bigint, xid8, bigint, int) to trickle_forwarder;
grant execute on function trickle_subscriptions_state.release(text, bigint, text, int) to trickle_forwarder;
