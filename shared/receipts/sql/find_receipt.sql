-- The receipt of a key, for the functions of other owners. PostgreSQL inlines it into the statement that calls it.
create or replace function trickle_commands_log.find_receipt(p_tenant uuid, p_key text)
  returns table (fingerprint bytea, result jsonb, xid xid8)
  language sql stable parallel safe rows 1
  as $$
    select r.fingerprint, r.result, r.xid from trickle_commands_log.receipts r
      where r.tenant_id = p_tenant and r.key = p_key
  $$;
alter function trickle_commands_log.find_receipt owner to trickle_owner;
grant execute on function trickle_commands_log.find_receipt to trickle_writer;
