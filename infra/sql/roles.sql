-- Login roles and their limits, the same locally and in Azure. Run in the application's database by the server's
-- administrator before any migration; running it again changes nothing. Passwords (local) or Entra principals (Azure)
-- are attached by whoever runs it: a role that exists already is kept, only its limits are set.
--
--   trickle_owner      owns every object, can not log in
--   trickle_writer     owns the one function that appends for several tenants at a time, can not log in
--   trickle_migrator   changes the schema (member of the owner)
--   trickle_app        HTTP: one tenant at a time
--   trickle_forwarder  reads the log of all tenants, keeps subscriptions and batches
--   trickle_operator   administers tenants, imports, looks after the log and its subscriptions
do $$
declare
  v_role text;
begin
  foreach v_role in array array['trickle_owner', 'trickle_writer', 'trickle_migrator', 'trickle_app', 'trickle_forwarder', 'trickle_operator'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
      execute format('create role %I nologin', v_role);
    end if;
  end loop;
end $$;

grant trickle_owner to trickle_migrator;
-- To hand a function over, not to act as the writer.
grant trickle_writer to trickle_migrator with inherit false;

-- Who holds the feed may be any login, and PostgreSQL hides from others what a session does and since when. Where the
-- administrator can't give this away, operators see the holder's process, login and database only.
do $$
begin
  grant pg_read_all_stats to trickle_operator;
exception when insufficient_privilege then
  raise notice 'trickle_operator will not see what other sessions do: %', sqlerrm;
end $$;

-- What a role may do to the database as a whole. Nobody but the owner makes schemas; nobody connects by way of "public".
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create on database %I to trickle_owner', current_database());
  execute format('grant connect on database %I to trickle_migrator, trickle_app, trickle_forwarder, trickle_operator', current_database());
end $$;
revoke all on schema public from public;

-- A function is callable by everybody unless that is taken away when it is made.
alter default privileges for role trickle_migrator revoke execute on functions from public;
alter default privileges for role trickle_owner revoke execute on functions from public;

-- Limits are role defaults because a transaction pooler lets nothing be set per session. A slow appender holds the
-- feed of all tenants, so what the app may hold open is short: its longest statement is an append of 8 MiB (under 2 s).
alter role trickle_app set statement_timeout = '10s';
alter role trickle_app set lock_timeout = '5s';
alter role trickle_app set idle_in_transaction_session_timeout = '5s';
alter role trickle_app set transaction_timeout = '15s';

-- The forwarder only reads the log, in pages; 30 s leave room for a page of large events from a cold disk.
alter role trickle_forwarder set statement_timeout = '30s';
alter role trickle_forwarder set lock_timeout = '5s';
alter role trickle_forwarder set idle_in_transaction_session_timeout = '10s';
alter role trickle_forwarder set transaction_timeout = '60s';

-- The operator imports batches of 500 events, which also hold the feed while they run.
alter role trickle_operator set statement_timeout = '30s';
alter role trickle_operator set lock_timeout = '10s';
alter role trickle_operator set idle_in_transaction_session_timeout = '10s';
alter role trickle_operator set transaction_timeout = '60s';

-- Timestamps are rendered by string operations that rely on UTC; names are always qualified, so the path is empty.
alter role trickle_app set timezone = 'UTC';
alter role trickle_forwarder set timezone = 'UTC';
alter role trickle_operator set timezone = 'UTC';
alter role trickle_app set search_path = '';
alter role trickle_forwarder set search_path = '';
alter role trickle_operator set search_path = '';
