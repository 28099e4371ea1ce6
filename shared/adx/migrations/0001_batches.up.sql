-- Batches for the analytics service, frozen before they are sent: if a forwarder dies, the same batch is sent again
-- under the same tag, and the service skips it if it has arrived before.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_analytics_outbox;
grant usage on schema trickle_analytics_outbox to trickle_forwarder, trickle_operator;

-- batch_id is derived from epoch, subscription, generation and begin. State 'abandoned': the batch was sealed, and an
-- operator moved the subscription before the batch was known to be sent. content_hash is the SHA-256 of the NDJSON
-- before compression.
create table trickle_analytics_outbox.batches (
  batch_id uuid not null,
  subscription text collate "C" not null,
  epoch uuid not null,
  generation int not null,
  from_xid xid8 not null,
  from_position bigint not null,
  to_xid xid8 not null,
  to_position bigint not null,
  event_count int not null,
  byte_count bigint not null,
  content_hash bytea not null,
  blob_name text not null,
  tag text not null,
  state text not null default 'sealed',
  attempts int not null default 0,
  sealed_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  error text,
  constraint batches_pkey primary key (batch_id),
  constraint batches_range_key unique (subscription, epoch, generation, from_xid, from_position),
  constraint batches_state_check check (state in ('sealed', 'sent', 'abandoned'))
);
create unique index batches_open on trickle_analytics_outbox.batches (subscription) where state = 'sealed';
alter table trickle_analytics_outbox.batches enable row level security;
alter table trickle_analytics_outbox.batches force row level security;
create policy batches_owner on trickle_analytics_outbox.batches for all to trickle_owner using (true) with check (true);
create policy batches_forwarder on trickle_analytics_outbox.batches for select to trickle_forwarder using (true);
create policy batches_operator on trickle_analytics_outbox.batches for select to trickle_operator using (true);
grant select on trickle_analytics_outbox.batches to trickle_forwarder, trickle_operator;
