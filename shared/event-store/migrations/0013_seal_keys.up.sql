-- The keys that seal tokens. A token holds a transaction id and a position, which count what all tenants do: in clear, a
-- tenant could read the traffic of the others from the difference of two of its own.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

-- One key seals, all of them open. A new one waits before it seals, so that every instance can open what it sealed.
create table trickle_events_log.seal_keys (
  -- In the clear part of a token. Random and not counted up, so that a token of another database is known as such.
  key_id text collate "C" not null default left(gen_random_uuid()::text, 8),
  -- A random uuid has 122 bits that can't be guessed; three fill the 256 of a key.
  secret bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  seals_from timestamptz not null default clock_timestamp(),
  reason text not null,
  added_at timestamptz not null default clock_timestamp(),
  constraint seal_keys_pkey primary key (key_id),
  constraint seal_keys_key_id_check check (key_id ~ '^[0-9a-f]{8}$'),
  constraint seal_keys_secret_check check (octet_length(secret) = 32)
);
alter table trickle_events_log.seal_keys enable row level security;
alter table trickle_events_log.seal_keys force row level security;
create policy seal_keys_owner_read on trickle_events_log.seal_keys for select to trickle_owner using (true);
create policy seal_keys_owner_add on trickle_events_log.seal_keys for insert to trickle_owner with check (true);
create policy seal_keys_owner_remove on trickle_events_log.seal_keys for delete to trickle_owner using (true);
insert into trickle_events_log.seal_keys (reason) values ('the log begins');
revoke all on trickle_events_log.seal_keys from trickle_owner, trickle_migrator;
grant select, insert, delete on trickle_events_log.seal_keys to trickle_owner;

-- How long a new key only opens, and how long an old one is needed after its successor began to seal: twice as long as an
-- instance goes without asking for the keys.
create function trickle_events_log.seal_key_delay() returns interval
  language sql immutable parallel safe as $$ select interval '60 seconds' $$;

-- The key that seals now: the newest whose time has come. With a clock that was set back none may have; then the oldest.
create function trickle_events_log.sealing_key_id(p_now timestamptz) returns text
  language sql stable
  as $$
    select k.key_id from trickle_events_log.seal_keys k
      order by k.seals_from <= p_now desc, case when k.seals_from <= p_now then k.seals_from end desc, k.seals_from, k.key_id
      limit 1
  $$;

-- The keys, for the instances that seal and open tokens: [{id, secret: hexadecimal digits, seals}], one of which seals.
create function trickle_events_log.seal_keys() returns jsonb
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
    select jsonb_agg(jsonb_build_object('id', k.key_id, 'secret', encode(k.secret, 'hex'), 'seals', k.key_id = s.key_id) order by k.key_id)
      from (select trickle_events_log.sealing_key_id(clock_timestamp()) as key_id) s cross join trickle_events_log.seal_keys k
  $$;
grant execute on function trickle_events_log.seal_keys() to trickle_app;

-- The keys as an operator sees them, newest first; never a secret. state: waiting | sealing | opening.
create function trickle_events_log.seal_key_states()
  returns table (key_id text, state text, seals_from timestamptz, reason text, added_at timestamptz)
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
    select k.key_id, case when k.key_id = s.key_id then 'sealing' when k.seals_from > s.now then 'waiting' else 'opening' end,
        k.seals_from, k.reason, k.added_at
      from (select n.now, trickle_events_log.sealing_key_id(n.now) as key_id from (select clock_timestamp() as now) n) s
      cross join trickle_events_log.seal_keys k
      order by k.seals_from desc, k.key_id
  $$;
grant execute on function trickle_events_log.seal_key_states() to trickle_operator;

-- Adds a key that seals after the delay. Null: there are as many as every instance is ready to hold.
create function trickle_events_log.add_seal_key(p_reason text) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_key_id text;
begin
  if p_reason is null or char_length(p_reason) not between 1 and 500 then
    raise exception 'a seal key has a reason of 1 to 500 characters' using errcode = '22023';
  end if;
  insert into trickle_events_log.seal_keys as k (seals_from, reason)
    select clock_timestamp() + trickle_events_log.seal_key_delay(), p_reason
      where (select count(*) from trickle_events_log.seal_keys) < 16
    returning k.key_id into v_key_id;
  return v_key_id;
end $$;
grant execute on function trickle_events_log.add_seal_key(text) to trickle_operator;

-- Removes a key; tokens that it sealed can't be opened any more. outcome: removed | absent | needed: it seals, or did so
-- until so short a time ago that an instance may still seal with it.
create function trickle_events_log.remove_seal_key(p_key_id text, out outcome text)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  delete from trickle_events_log.seal_keys k
    where k.key_id = p_key_id and k.key_id <> trickle_events_log.sealing_key_id(v_now)
      and (k.seals_from > v_now or exists (
        select from trickle_events_log.seal_keys n
          where n.seals_from > k.seals_from and n.seals_from <= v_now - trickle_events_log.seal_key_delay()));
  outcome := case when found then 'removed'
    when exists (select from trickle_events_log.seal_keys k where k.key_id = p_key_id) then 'needed'
    else 'absent' end;
end $$;
grant execute on function trickle_events_log.remove_seal_key(text) to trickle_operator;
