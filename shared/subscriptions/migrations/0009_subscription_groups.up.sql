-- Groups: the feed shared among members, pages that are handed out under the fence, lanes for tenants with much to do,
-- the events that were set aside, and the change of a group's size. docs/subscriptions.md has the argument.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

-- A tenant whose events are handled apart from a member's main checkpoint, which goes on without it: everything of the
-- tenant up to (xid, position) has been handled. It ends when it has come to the main checkpoint.
create table trickle_subscriptions_state.lanes (
  name text collate "C" not null,
  member int not null,
  tenant_id uuid not null,
  xid xid8 not null,
  position bigint not null,
  attempt_stream text,
  attempt_version bigint,
  attempts int not null default 0,
  updated_at timestamptz not null default clock_timestamp(),
  constraint lanes_pkey primary key (name, member, tenant_id)
);

-- Events set aside, by reference and never by content. parked: failed for good, waits for an operator. waiting: a later
-- event of a blocked stream. replay: to be handled by the next run. skipped: given up, kept as a record. blocks: later
-- events of the stream wait behind it.
create table trickle_subscriptions_state.parked (
  parked_id bigint not null generated always as identity,
  name text collate "C" not null,
  tenant_id uuid not null,
  stream_id text collate "C" not null,
  version bigint not null,
  xid xid8 not null,
  position bigint not null,
  source text not null,
  event_id text not null,
  type text not null,
  state text not null,
  blocks boolean not null,
  attempts int not null default 0,
  error text not null default '',
  retry_at timestamptz,
  parked_at timestamptz not null default clock_timestamp(),
  constraint parked_pkey primary key (name, tenant_id, stream_id, version),
  constraint parked_id_key unique (parked_id),
  constraint parked_state_check check (state in ('parked', 'waiting', 'replay', 'skipped'))
);
create index parked_open on trickle_subscriptions_state.parked (name, parked_id) where state <> 'skipped';
create index parked_replay on trickle_subscriptions_state.parked (name, parked_id) where state = 'replay';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['lanes', 'parked'] loop
    execute format('alter table trickle_subscriptions_state.%I enable row level security', v_table);
    execute format('alter table trickle_subscriptions_state.%I force row level security', v_table);
    execute format('create policy %I on trickle_subscriptions_state.%I for all to trickle_owner using (true) with check (true)', v_table || '_owner', v_table);
    execute format('create policy %I on trickle_subscriptions_state.%I for select to trickle_forwarder, trickle_operator using (true)', v_table || '_read', v_table);
    execute format('grant select on trickle_subscriptions_state.%I to trickle_forwarder, trickle_operator', v_table);
  end loop;
end $$;

-- Which of p_members handles a stream. The extended hash is the one that hash partitions are kept by, so PostgreSQL may
-- not change it between versions: another value would take streams from one checkpoint to another.
create function trickle_subscriptions_state.member_of(p_tenant uuid, p_stream text, p_members int) returns int
  language sql immutable parallel safe
  as $$ select ((hashtextextended(p_tenant::text || '/' || p_stream collate "C", 0) & 9223372036854775807) % p_members)::int $$;
grant execute on function trickle_subscriptions_state.member_of(uuid, text, int) to trickle_forwarder, trickle_operator;

create function trickle_subscriptions_state.is_at_barrier(p_name text, p_member int) returns boolean
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
  as $$
    select (m.xid, m.position) = (s.barrier_xid, s.barrier_position)
        and not exists (select from trickle_subscriptions_state.lanes l where l.name = p_name and l.member = p_member)
      from trickle_subscriptions_state.subscriptions s join trickle_subscriptions_state.members m on m.name = s.name and m.member = p_member
      where s.name = p_name
  $$;

-- When every member has come to the barrier and none is at work, the group gets its new size and all members begin
-- there. Fences grow, so that nobody goes on with what it held. The caller holds the subscription's row.
create function trickle_subscriptions_state.finish_resize(p_name text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_row trickle_subscriptions_state.subscriptions;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  if exists (select from trickle_subscriptions_state.members m
      where m.name = p_name and m.member < v_row.members
        and (m.lease_until > v_now or not trickle_subscriptions_state.is_at_barrier(p_name, m.member))) then
    return false;
  end if;
  perform trickle_subscriptions_state.place_members(p_name, v_row.target_members, v_row.barrier_xid, v_row.barrier_position);
  return true;
end $$;

-- Puts p_members members at one point, with nobody at work on any of them.
create function trickle_subscriptions_state.place_members(p_name text, p_members int, p_xid xid8, p_position bigint) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into trickle_subscriptions_state.members (name, member) select p_name, g.member from generate_series(0, p_members - 1) as g (member)
    on conflict (name, member) do nothing;
  update trickle_subscriptions_state.members m
    set xid = p_xid, position = p_position, read_xid = p_xid, read_position = p_position, fence = m.fence + 1, lease_owner = null,
        lease_until = null, failures = 0, retry_at = null, error = null, crashes = 0, attempts = 0, attempt_version = null, updated_at = v_now
    where m.name = p_name;
  update trickle_subscriptions_state.subscriptions s
    set members = p_members, target_members = null, barrier_xid = null, barrier_position = null, updated_at = v_now where s.name = p_name;
end $$;

-- One page of what a part of a group wants: of one tenant (p_tenant) or of all but some (p_without), of some types, of
-- the streams of one member. At most p_scan_limit rows are looked at. The last row has no tenant: it says how far the
-- page has come, and by its type why it ended: full, scanned, or end (nothing more is there, or p_until was reached).
create function trickle_events_log.read_feed_part(
    p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_tenant uuid, p_without uuid[],
    p_types text[], p_stream_types text[], p_member int, p_members int, p_limit int, p_scan_limit int, p_max_bytes int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text,
    type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz, data text, metadata text,
    correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 200
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_rows refcursor;
  v_row record;
  v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_xid xid8 := p_xid;
  v_position bigint := p_position;
  v_scanned int := 0;
  v_returned int := 0;
  v_bytes bigint := 0;
  v_ended text := 'end';
begin
  for v_pass in 1 .. 2 loop
    if p_tenant is null then
      open v_rows for select e.* from trickle_events_log.events e
        where (e.xid, e.position) > (p_xid, p_position) and (e.xid < v_horizon or p_until_xid is not null)
          and (p_until_xid is null or (e.xid, e.position) <= (p_until_xid, p_until_position))
        order by e.xid, e.position limit p_scan_limit;
    else
      open v_rows for select e.* from trickle_events_log.events e
        where e.tenant_id = p_tenant and (e.xid, e.position) > (p_xid, p_position) and (e.xid < v_horizon or p_until_xid is not null)
          and (p_until_xid is null or (e.xid, e.position) <= (p_until_xid, p_until_position))
        order by e.xid, e.position limit p_scan_limit;
    end if;
    loop
      fetch v_rows into v_row;
      exit when not found;
      v_scanned := v_scanned + 1;
      v_xid := v_row.xid;
      v_position := v_row.position;
      if (p_types is null or v_row.type = any (p_types)) and (p_stream_types is null or v_row.stream_type = any (p_stream_types))
        and (p_members = 1 or trickle_subscriptions_state.member_of(v_row.tenant_id, v_row.stream_id, p_members) = p_member)
        and (p_without is null or v_row.tenant_id <> all (p_without))
      then
        select v_row.tenant_id, v_row.xid, v_row.position, v_row.stream_type, v_row.stream_id, v_row.version, v_row.source, v_row.event_id,
            v_row.type, v_row.schema_version, v_row.occurred_at, v_row.recorded_at, v_row.data::text, v_row.metadata::text,
            v_row.correlation_id, v_row.causation_id, v_row.trace_parent
          into tenant_id, xid, position, stream_type, stream_id, version, source, event_id, type, schema_version, occurred_at, recorded_at,
            data, metadata, correlation_id, causation_id, trace_parent;
        v_returned := v_returned + 1;
        v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
        return next;
      end if;
      v_ended := case when v_returned >= p_limit or v_bytes >= p_max_bytes then 'full' when v_scanned >= p_scan_limit then 'scanned' else 'end' end;
      exit when v_ended <> 'end';
    end loop;
    close v_rows;
    exit when v_scanned > 0 or p_until_xid is not null;
    v_horizon := trickle_events_log.feed_horizon();
  end loop;
  tenant_id := null;
  event_id := null;
  data := null;
  metadata := null;
  type := v_ended;
  -- A page that was asked to go up to a point has come to it, whether there is an event or not.
  xid := case when v_ended = 'end' and p_until_xid is not null then p_until_xid else v_xid end;
  position := case when v_ended = 'end' and p_until_xid is not null then p_until_position else v_position end;
  return next;
end $$;
grant execute on function trickle_events_log.read_feed_part(xid8, bigint, xid8, bigint, uuid, uuid[], text[], text[], int, int, int, int, int) to trickle_forwarder;

-- What the holder of a member may read, and the lease prolonged; is_held is false for anybody else. The row of the
-- subscription is shared until the page is read, so a barrier is set before or after a page and never beside it.
create function trickle_subscriptions_state.begin_page(p_name text, p_member int, p_fence bigint, p_lane uuid, p_lease_ms int,
    out is_held boolean, out members int, out until_xid xid8, out until_position bigint, out lane_tenants uuid[], out has_parked boolean)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_row trickle_subscriptions_state.subscriptions;
  v_member trickle_subscriptions_state.members;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for share;
  update trickle_subscriptions_state.members m set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
    returning * into v_member;
  is_held := found and v_row.state = 'running';
  members := v_row.members;
  until_xid := case when p_lane is null then v_row.barrier_xid else v_member.xid end;
  until_position := case when p_lane is null then v_row.barrier_position else v_member.position end;
  select array_agg(l.tenant_id) into lane_tenants from trickle_subscriptions_state.lanes l where l.name = p_name and l.member = p_member;
  has_parked := exists (select from trickle_subscriptions_state.parked p where p.name = p_name and p.state <> 'skipped');
end $$;
grant execute on function trickle_subscriptions_state.begin_page(text, int, bigint, uuid, int) to trickle_forwarder;

-- Notes how far a member has been given events: a barrier is never set before that.
create function trickle_subscriptions_state.end_page(p_name text, p_member int, p_fence bigint, p_xid xid8, p_position bigint) returns void
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
    update trickle_subscriptions_state.members m set read_xid = p_xid, read_position = p_position
      where m.name = p_name and m.member = p_member and m.fence = p_fence and (m.read_xid, m.read_position) < (p_xid, p_position)
  $$;
grant execute on function trickle_subscriptions_state.end_page(text, int, bigint, xid8, bigint) to trickle_forwarder;

-- Hands a page to the holder of a member: after the main checkpoint up to the barrier or the horizon, without the tenants
-- that have lanes; or of one lane, up to the main checkpoint. No row at all: the lease is lost. is_blocked: an earlier
-- event of the stream is set aside. The last row is read_feed_part's, with the number of lanes, and with the type
-- barrier when it ended there.
create function trickle_subscriptions_state.take_page(p_name text, p_member int, p_fence bigint, p_lane uuid, p_xid xid8, p_position bigint,
    p_types text[], p_stream_types text[], p_limit int, p_scan_limit int, p_max_bytes int, p_lease_ms int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text,
    type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz, data text, metadata text,
    correlation_id text, causation_id text, trace_parent text, is_blocked boolean, lanes int)
  language plpgsql volatile rows 200
  as $$
declare
  v_begun record;
begin
  select * into v_begun from trickle_subscriptions_state.begin_page(p_name, p_member, p_fence, p_lane, p_lease_ms);
  if not v_begun.is_held then
    return;
  end if;
  lanes := coalesce(cardinality(v_begun.lane_tenants), 0);
  for tenant_id, xid, position, stream_type, stream_id, version, source, event_id, type, schema_version, occurred_at, recorded_at, data,
      metadata, correlation_id, causation_id, trace_parent in
    select * from trickle_events_log.read_feed_part(p_xid, p_position, v_begun.until_xid, v_begun.until_position, p_lane,
      case when p_lane is null then v_begun.lane_tenants end, p_types, p_stream_types, p_member, v_begun.members, p_limit, p_scan_limit, p_max_bytes)
  loop
    is_blocked := v_begun.has_parked and trickle_subscriptions_state.is_blocked(p_name, tenant_id, stream_id);
    if tenant_id is null and type = 'end' and p_lane is null and v_begun.until_xid is not null then
      type := 'barrier';
    end if;
    return next;
  end loop;
  if p_lane is null then
    perform trickle_subscriptions_state.end_page(p_name, p_member, p_fence, xid, position);
  end if;
end $$;
grant execute on function trickle_subscriptions_state.take_page(text, int, bigint, uuid, xid8, bigint, text[], text[], int, int, int, int) to trickle_forwarder;

create function trickle_subscriptions_state.is_blocked(p_name text, p_tenant uuid, p_stream text) returns boolean
  language sql stable
  as $$ select exists (select from trickle_subscriptions_state.parked p
      where p.name = p_name and p.tenant_id = p_tenant and p.stream_id = p_stream and p.blocks and p.state <> 'skipped') $$;
grant execute on function trickle_subscriptions_state.is_blocked(text, uuid, text) to trickle_forwarder;

-- Counts an attempt at the event that stands next, of the member or of a lane: before it is made where the event may be
-- what killed the last holder. p_by: 1, or -1 for an attempt that says nothing about the event. Null when the lease is lost.
create function trickle_subscriptions_state.count_attempt(p_name text, p_member int, p_fence bigint, p_lane uuid,
    p_tenant uuid, p_stream text, p_version bigint, p_by int) returns int
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_attempts int;
begin
  if p_lane is null then
    update trickle_subscriptions_state.members m
      set attempts = greatest(0, case when (m.attempt_tenant, m.attempt_stream, m.attempt_version) = (p_tenant, p_stream, p_version) then m.attempts else 0 end + p_by),
          attempt_tenant = p_tenant, attempt_stream = p_stream, attempt_version = p_version
      where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
      returning m.attempts into v_attempts;
    return v_attempts;
  end if;
  perform from trickle_subscriptions_state.members m
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null for share;
  if not found then
    return null;
  end if;
  update trickle_subscriptions_state.lanes l
    set attempts = greatest(0, case when (l.attempt_stream, l.attempt_version) = (p_stream, p_version) then l.attempts else 0 end + p_by),
        attempt_stream = p_stream, attempt_version = p_version
    where l.name = p_name and l.member = p_member and l.tenant_id = p_lane returning l.attempts into v_attempts;
  return v_attempts;
end $$;
grant execute on function trickle_subscriptions_state.count_attempt(text, int, bigint, uuid, uuid, text, bigint, int) to trickle_forwarder;
