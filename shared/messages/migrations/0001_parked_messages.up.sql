-- Messages of queues that can't be handled as they are, kept for an operator's decision.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_messages_state;
grant usage on schema trickle_messages_state to trickle_worker, trickle_operator;

-- digest: SHA-256 of the body. A message that is delivered again finds its row by it, so it never gets a second one.
-- tenant_id: null where none could be resolved. attempts: how often the message was parked; it grows with each time, so
-- it also tells whether a row has changed since somebody looked. body: as it came, cut at the limit; body_bytes is its
-- length before that. parked: waits for an operator. resubmitted, discarded: an operator has decided. A message that is
-- parked again after a decision is open again, with its row.
create table trickle_messages_state.parked_messages (
  parked_id bigint not null generated always as identity,
  queue text collate "C" not null,
  digest bytea not null,
  tenant_id uuid,
  message_id text collate "C",
  session_id text collate "C",
  sequence_number bigint,
  reason text collate "C" not null,
  detail text not null,
  attempts int not null,
  body bytea not null,
  body_bytes int not null,
  content_type text,
  application_properties jsonb not null,
  enqueued_at timestamptz,
  parked_at timestamptz not null default clock_timestamp(),
  state text not null default 'parked',
  resubmissions int not null default 0,
  decided_at timestamptz,
  decided_by text,
  constraint parked_messages_pkey primary key (parked_id),
  constraint parked_messages_digest_key unique (queue, digest),
  constraint parked_messages_state_check check (state in ('parked', 'resubmitted', 'discarded')),
  constraint parked_messages_decision_check check (
    (state = 'parked') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
  constraint parked_messages_length_check check (
    length(digest) = 32 and length(body) <= least(body_bytes, 9437184) and char_length(queue) between 1 and 260
    and char_length(message_id) <= 128 and char_length(session_id) <= 128 and char_length(reason) between 1 and 100
    and char_length(detail) <= 2000 and char_length(content_type) <= 300 and char_length(decided_by) between 1 and 1000
    and pg_column_size(application_properties) <= 1048576)
);
-- For the oldest ones, and how many there are.
create index parked_messages_open on trickle_messages_state.parked_messages (parked_at, queue) where state = 'parked';

alter table trickle_messages_state.parked_messages enable row level security;
alter table trickle_messages_state.parked_messages force row level security;
create policy parked_messages_owner on trickle_messages_state.parked_messages for all
  to trickle_owner using (true) with check (true);
create policy parked_messages_read on trickle_messages_state.parked_messages for select to trickle_operator
  using (true);

-- The worker parks by a function and reads nothing. Nobody changes or removes a row but by the functions.
revoke all on trickle_messages_state.parked_messages from trickle_owner, trickle_migrator;
grant select, insert, update on trickle_messages_state.parked_messages to trickle_owner;
grant select on trickle_messages_state.parked_messages to trickle_operator;
