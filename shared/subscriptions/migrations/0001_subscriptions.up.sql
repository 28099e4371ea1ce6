-- Subscriptions: checkpoints in the feed of all tenants, each with a lease and a fence. A lease is a row and not a
-- session-level lock, because a transaction pooler gives one session to many clients.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_subscriptions_state;
grant usage on schema trickle_subscriptions_state to trickle_worker, trickle_forwarder, trickle_operator;

-- What is the same for all members of a subscription. While target_members is set, a resize is under way: no member
-- reads past the barrier. is_group: the work may be shared among members. types, stream_types: the filter of its code,
-- stored to count its lag. generation grows when an operator moves the checkpoints. Then everything that was derived
-- from an old checkpoint, such as a batch, is invalid.
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

-- One row and one checkpoint for each member. Member m of n handles the streams whose hash is m. Rows above n are kept
-- for their fence: the same fence must never be given twice. read_*: the furthest point up to which the member was
-- given events. crashes: holders that ended without a release. attempt_*: the next event, if an attempt at it has
-- failed, or is counted before it is made because the last holder crashed or failed.
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

-- A tenant whose events are handled apart from a member's main checkpoint, so that a busy tenant does not hold up the
-- others. Everything of the tenant up to (xid, position) has been handled. The lane ends when it has reached the main
-- checkpoint.
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

-- How far a projection has come with each tenant: everything of the tenant up to (xid, position) took effect or is set
-- aside. It moves in the same transaction as the effect. So it is at the checkpoint or after it, and after a crash it
-- tells which events have taken effect already.
create table trickle_subscriptions_state.tenant_progress (
  name text collate "C" not null,
  tenant_id uuid not null,
  xid xid8 not null,
  position bigint not null,
  constraint tenant_progress_pkey primary key (name, tenant_id)
) with (fillfactor = 70);

-- Events set aside, by reference and never by content. parked: the last attempt failed, the event waits for an
-- operator. waiting: a later event of a blocked stream. replay: to be handled by the next run. skipped: given up, kept
-- as a record. blocks: later events of the stream wait for this one.
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

alter table trickle_subscriptions_state.subscriptions enable row level security;
alter table trickle_subscriptions_state.subscriptions force row level security;
create policy subscriptions_owner on trickle_subscriptions_state.subscriptions for all
  to trickle_owner using (true) with check (true);
create policy subscriptions_read on trickle_subscriptions_state.subscriptions for select
  to trickle_worker, trickle_forwarder, trickle_operator using (true);
grant select on trickle_subscriptions_state.subscriptions
  to trickle_worker, trickle_forwarder, trickle_operator;

alter table trickle_subscriptions_state.members enable row level security;
alter table trickle_subscriptions_state.members force row level security;
create policy members_owner on trickle_subscriptions_state.members for all
  to trickle_owner using (true) with check (true);
create policy members_read on trickle_subscriptions_state.members for select
  to trickle_worker, trickle_forwarder, trickle_operator using (true);
grant select on trickle_subscriptions_state.members
  to trickle_worker, trickle_forwarder, trickle_operator;

alter table trickle_subscriptions_state.lanes enable row level security;
alter table trickle_subscriptions_state.lanes force row level security;
create policy lanes_owner on trickle_subscriptions_state.lanes for all
  to trickle_owner using (true) with check (true);
create policy lanes_read on trickle_subscriptions_state.lanes for select
  to trickle_worker, trickle_operator using (true);
grant select on trickle_subscriptions_state.lanes to trickle_worker, trickle_operator;

alter table trickle_subscriptions_state.tenant_progress enable row level security;
alter table trickle_subscriptions_state.tenant_progress force row level security;
create policy tenant_progress_owner on trickle_subscriptions_state.tenant_progress for all
  to trickle_owner using (true) with check (true);
create policy tenant_progress_read on trickle_subscriptions_state.tenant_progress for select
  to trickle_worker, trickle_operator using (true);
grant select on trickle_subscriptions_state.tenant_progress to trickle_worker, trickle_operator;

alter table trickle_subscriptions_state.parked enable row level security;
alter table trickle_subscriptions_state.parked force row level security;
create policy parked_owner on trickle_subscriptions_state.parked for all
  to trickle_owner using (true) with check (true);
create policy parked_read on trickle_subscriptions_state.parked for select
  to trickle_worker, trickle_operator using (true);
grant select on trickle_subscriptions_state.parked to trickle_worker, trickle_operator;
