-- Returns whether lock_for_write took the locks of all these streams. lock_for_write takes them before the transaction
-- has an id, as the order of the feed demands. p_shared: a shared lock is enough. lock_for_write keeps the keys of its
-- locks in a setting of the transaction: a rollback to a savepoint releases a lock and also removes its key from the
-- setting. The setting protects against mistakes, not against a login that sets it itself.
create or replace function trickle_events_log.holds_locks(p_tenants uuid[], p_streams text[], p_shared boolean[])
  returns boolean
  language sql volatile
  as $$
    select coalesce(bool_and(l.key = any (h.keys) or (l.is_shared and -l.key - 1 = any (h.keys))), false)
      from (select coalesce(nullif(current_setting('app.stream_locks', true), ''), '{}')::int[] as keys) h
      cross join (
        select trickle_events_log.lock_key(u.tenant_id, u.stream_id) as key, u.is_shared
          from unnest(p_tenants, p_streams, p_shared) as u (tenant_id, stream_id, is_shared)) l
  $$;
alter function trickle_events_log.holds_locks owner to trickle_owner;
