-- What an append with this idempotency key is answered, if there is a receipt of it. The caller holds the locks of its
-- streams. PostgreSQL inlines it into the statement that calls it.
create or replace function trickle_events_log.known_answer(p_tenant uuid, p_key text, p_fingerprint bytea)
  returns table (outcome text, result jsonb, xid xid8)
  language sql stable parallel safe rows 1
  as $$
    select case when t.status is null then 'tenant_unknown' when t.status <> 'active' then 'tenant_suspended'
        when r.fingerprint = p_fingerprint then 'replayed' else 'key_reused' end, r.result, r.xid
      from trickle_commands_log.find_receipt(p_tenant, p_key) r
      left join trickle_tenants_state.tenant_status(p_tenant) t on true
  $$;
alter function trickle_events_log.known_answer owner to trickle_owner;
