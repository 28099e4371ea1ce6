-- Login roles and their limits, the same locally and in Azure. Run in the application's database by the server's
-- administrator before any migration; running it again changes nothing. Passwords (local) or Entra principals (Azure)
-- are attached by its caller: a role that exists already is kept, only its limits are set.
--
--   trickle_owner      owns every object, can not log in
--   trickle_writer     owns the one function that appends for several tenants at a time, can not log in
--   trickle_migrator   changes the schema (member of the owner)
--   trickle_app        HTTP: one tenant at a time
--   trickle_worker     queues: appends for one tenant at a time. Subscriptions: reads the log of all tenants, writes for one
--   trickle_forwarder  reads the log of all tenants for Azure Data Explorer, keeps batches
--   trickle_operator   administers tenants, imports, looks after the log and its subscriptions
do $$
declare
  v_role text;
begin
  foreach v_role in array array['trickle_owner', 'trickle_writer', 'trickle_migrator', 'trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
      execute format('create role %I nologin', v_role);
    end if;
  end loop;
end $$;

grant trickle_owner to trickle_migrator;
-- The migrator needs this to replace the writer's function in place. If the function was dropped and made again, every
-- call at that moment would fail.
grant trickle_writer to trickle_migrator with inherit true;

-- Any login may hold the feed, and PostgreSQL hides from other logins what a session does and since when. Where the
-- administrator can't grant this right, operators see only the holder's process, login and database.
do $$
begin
  grant pg_read_all_stats to trickle_operator;
exception when insufficient_privilege then
  raise notice 'trickle_operator will not see what other sessions do: %', sqlerrm;
end $$;

-- What a role may do to the database as a whole. Nobody but the owner makes schemas; nobody may connect by a right of
-- "public".
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create on database %I to trickle_owner', current_database());
  execute format('grant connect on database %I to trickle_migrator, trickle_app, trickle_worker, trickle_forwarder, trickle_operator', current_database());
end $$;
revoke all on schema public from public;

-- The logins above have nothing to do in the databases that every server has: what they made there would belong to no
-- tenant. Other logins that can connect keep the right, by their own names. Azure's azure_sys and azure_maintenance
-- can't be changed.
do $$
declare
  v_database record;
  v_login text;
begin
  for v_database in
    select d.datname, d.datdba from pg_catalog.pg_database d
      where d.datname in ('postgres', 'template1') and d.datname <> current_database() and exists (
        select from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) as g
          where g.grantee = 0 and g.privilege_type = 'CONNECT')
  loop
    if not pg_catalog.pg_has_role(v_database.datdba, 'usage') then
      raise notice 'trickle_app and the other logins can still connect to the database %, which belongs to %',
        v_database.datname, pg_catalog.pg_get_userbyid(v_database.datdba);
      continue;
    end if;
    for v_login in
      select r.rolname from pg_catalog.pg_roles r where r.rolcanlogin and not r.rolsuper and r.rolname <> all
        (array['trickle_migrator', 'trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator', 'trickle_inspector'])
    loop
      execute format('grant connect on database %I to %I', v_database.datname, v_login);
    end loop;
    execute format('revoke connect on database %I from public', v_database.datname);
  end loop;
end $$;

-- Large objects have no policy and belong to no tenant. Only a superuser can revoke the right to call these functions,
-- so on Azure everybody keeps it: docs/azure/postgres-settings.md.
do $$
declare
  v_function pg_catalog.regprocedure;
begin
  for v_function in
    select p.oid from pg_catalog.pg_proc p
      where p.pronamespace = 'pg_catalog'::regnamespace and (p.proname ~ '^lo_' or p.proname in ('loread', 'lowrite'))
        and pg_catalog.has_function_privilege('public', p.oid, 'execute') and pg_catalog.pg_has_role(p.proowner, 'usage')
  loop
    execute format('revoke execute on function pg_catalog.%s from public', v_function);
  end loop;
end $$;

-- Everybody may call a new function unless that right is revoked when the function is made.
alter default privileges for role trickle_migrator revoke execute on functions from public;
alter default privileges for role trickle_owner revoke execute on functions from public;

-- A login may change its own defaults ("alter role current_user set ..."). An intruder could remove the time limits in
-- this way, or set another search path. So each run sets all of them again.
do $$
declare
  v_changed record;
begin
  for v_changed in
    select r.rolname, d.datname from pg_catalog.pg_db_role_setting s
      join pg_catalog.pg_roles r on r.oid = s.setrole
      left join pg_catalog.pg_database d on d.oid = s.setdatabase
      where r.rolname in ('trickle_migrator', 'trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator')
        and (s.setdatabase = 0 or d.datname = current_database())
  loop
    if v_changed.datname is null then
      execute format('alter role %I reset all', v_changed.rolname);
    else
      execute format('alter role %I in database %I reset all', v_changed.rolname, v_changed.datname);
    end if;
  end loop;
end $$;

-- Limits are role defaults because nothing can be set per session through a transaction pooler. A slow appender holds
-- the feed of all tenants, so the limits of the app are short: its longest statement is an append of 8 MiB (under 2 s).
alter role trickle_app set statement_timeout = '10s';
alter role trickle_app set lock_timeout = '5s';
alter role trickle_app set idle_in_transaction_session_timeout = '5s';
alter role trickle_app set transaction_timeout = '15s';

-- The worker reads a page of the log in one statement, perhaps from a cold disk: 30 s, as for the forwarder. It writes
-- one tenant's part of a page, sent together with its COMMIT. So if a transaction waits for its client, that client
-- froze in the middle of sending. The transaction holds the tenant's rows, so it is ended soon. Queues append with it,
-- too: such an append waits at most 5 s for a lock, and its batches are those of the app.
alter role trickle_worker set statement_timeout = '30s';
alter role trickle_worker set lock_timeout = '5s';
alter role trickle_worker set idle_in_transaction_session_timeout = '5s';
alter role trickle_worker set transaction_timeout = '35s';

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
alter role trickle_worker set timezone = 'UTC';
alter role trickle_forwarder set timezone = 'UTC';
alter role trickle_operator set timezone = 'UTC';
alter role trickle_app set search_path = '';
alter role trickle_worker set search_path = '';
alter role trickle_forwarder set search_path = '';
alter role trickle_operator set search_path = '';

-- The settings that are now in force are stored in a comment on each role. The login can read it and can't change it.
-- "ready" compares the two.
do $$
declare
  v_login record;
begin
  for v_login in
    select r.rolname, coalesce((select to_json(s.setconfig) from pg_catalog.pg_db_role_setting s
        where s.setrole = r.oid and s.setdatabase = 0), '[]') as settings
      from pg_catalog.pg_roles r where r.rolname in ('trickle_migrator', 'trickle_app', 'trickle_worker', 'trickle_forwarder', 'trickle_operator')
  loop
    execute format('comment on role %I is %L', v_login.rolname, 'Settings of database/roles.sql: ' || v_login.settings);
  end loop;
end $$;
