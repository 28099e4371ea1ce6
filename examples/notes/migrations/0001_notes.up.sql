-- Notes of tenants: their current state, and how many each tenant has.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_notes_state;
grant usage on schema trickle_notes_state to trickle_app, trickle_worker;

create table trickle_notes_state.notes (
  tenant_id uuid not null,
  note_id uuid not null,
  title text collate "C" not null,
  body text not null,
  -- The version of the stream with the note's events. Each change is one event.
  version bigint not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint notes_pkey primary key (tenant_id, note_id),
  -- Its index also serves the list, which is ordered by title.
  constraint notes_title_key unique (tenant_id, title),
  constraint notes_title_check check (length(title) between 1 and 200)
);
alter table trickle_notes_state.notes enable row level security;
alter table trickle_notes_state.notes force row level security;
-- The app serves requests, and the worker commands of the queue.
create policy notes_tenant on trickle_notes_state.notes for all to trickle_app, trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id())
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
-- The owner's default rights are removed: even the migrator must not read or write the tenants' content.
revoke all on trickle_notes_state.notes from trickle_owner, trickle_migrator;
grant select, insert, update, delete on trickle_notes_state.notes to trickle_app;
grant select, insert, update on trickle_notes_state.notes to trickle_worker;

create schema trickle_notes_read;
grant usage on schema trickle_notes_read to trickle_app, trickle_worker;

-- Written only by the projection notes-count, from the events.
create table trickle_notes_read.counts (
  tenant_id uuid not null,
  notes bigint not null,
  constraint counts_pkey primary key (tenant_id)
);
alter table trickle_notes_read.counts enable row level security;
alter table trickle_notes_read.counts force row level security;
create policy counts_app on trickle_notes_read.counts for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy counts_worker on trickle_notes_read.counts for all to trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id())
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
revoke all on trickle_notes_read.counts from trickle_owner, trickle_migrator;
grant select on trickle_notes_read.counts to trickle_app;
grant select, insert, update on trickle_notes_read.counts to trickle_worker;
