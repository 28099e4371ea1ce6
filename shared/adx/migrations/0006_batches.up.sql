-- Batches for the analytics service, frozen before they are sent: a forwarder that dies sends the same batch again,
-- under the same tag, and the service skips it.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_analytics_outbox;
grant usage on schema trickle_analytics_outbox to trickle_forwarder, trickle_operator;

-- batch_id is derived from epoch, subscription, generation and begin. abandoned: it was sealed, and an operator put the
-- subscription elsewhere before it was known to be sent. content_hash is the SHA-256 of the NDJSON before compression.
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

-- Freezes a batch; false when the lease is lost. The fence makes a forwarder that was thought dead do no harm; the
-- member's row is held, or a take-over that has not committed yet would not be seen.
create function trickle_analytics_outbox.seal(p_fence bigint, p_batch_id uuid, p_subscription text, p_epoch uuid,
    p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint,
    p_event_count int, p_byte_count bigint, p_content_hash bytea, p_blob_name text, p_tag text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  insert into trickle_analytics_outbox.batches (batch_id, subscription, epoch, generation, from_xid, from_position, to_xid, to_position,
      event_count, byte_count, content_hash, blob_name, tag)
    select p_batch_id, p_subscription, p_epoch, g.generation, p_from_xid, p_from_position, p_to_xid, p_to_position,
        p_event_count, p_byte_count, p_content_hash, p_blob_name, p_tag
      from trickle_subscriptions_state.members s
      join trickle_subscriptions_state.subscriptions g on g.name = s.name
      where s.name = p_subscription and s.member = 0 and s.fence = p_fence and s.lease_until is not null
        and (s.xid, s.position) = (p_from_xid, p_from_position)
      for share of s;
  return found;
end $$;

-- Marks a batch as sent and moves the checkpoint behind it, both or neither; false when the lease is lost.
create function trickle_analytics_outbox.complete(p_fence bigint, p_batch_id uuid, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_batch trickle_analytics_outbox.batches;
begin
  select * into strict v_batch from trickle_analytics_outbox.batches b where b.batch_id = p_batch_id;
  if not trickle_subscriptions_state.advance(v_batch.subscription, 0, p_fence, v_batch.from_xid, v_batch.from_position,
      v_batch.to_xid, v_batch.to_position, p_lease_ms) then
    return false;
  end if;
  update trickle_analytics_outbox.batches b set state = 'sent', sent_at = clock_timestamp(), error = null where b.batch_id = p_batch_id;
  return true;
end $$;

-- Counts an attempt before it is made, so that an attempt that ends in a crash is seen too.
create function trickle_analytics_outbox.begin_attempt(p_batch_id uuid) returns int
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$ update trickle_analytics_outbox.batches b set attempts = b.attempts + 1 where b.batch_id = p_batch_id returning b.attempts $$;

-- For an operator who puts the subscription elsewhere: what was sealed, and perhaps sent, stays on record and blocks
-- nothing.
create function trickle_analytics_outbox.abandon(p_subscription text, p_reason text) returns int
  language plpgsql volatile
  as $$
declare
  v_count int;
begin
  update trickle_analytics_outbox.batches b set state = 'abandoned', error = p_reason where b.subscription = p_subscription and b.state = 'sealed';
  get diagnostics v_count = row_count;
  return v_count;
end $$;

grant execute on function trickle_analytics_outbox.seal(bigint, uuid, text, uuid, xid8, bigint, xid8, bigint, int, bigint, bytea, text, text) to trickle_forwarder;
grant execute on function trickle_analytics_outbox.complete(bigint, uuid, int) to trickle_forwarder;
grant execute on function trickle_analytics_outbox.begin_attempt(uuid) to trickle_forwarder;
