-- Writes the receipt of an append that has an idempotency key, and returns its result. Streams, versions and counts are
-- those of the written streams.
create or replace function trickle_events_log.write_receipt(
    p_tenant uuid, p_key text, p_fingerprint bytea, p_streams text[], p_versions bigint[], p_counts bigint[],
    p_epoch uuid, p_timeline text, p_events jsonb, p_now timestamptz) returns jsonb
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_result jsonb := jsonb_build_object(
    'streams', to_jsonb(p_streams), 'versions', to_jsonb(p_versions), 'counts', to_jsonb(p_counts),
    'epoch', p_epoch, 'timeline', p_timeline,
    'ids', (select jsonb_agg(x.value -> 'id' order by x.n)
      from jsonb_array_elements(p_events) with ordinality as x (value, n)));
begin
  insert into trickle_commands_log.receipts (tenant_id, key, fingerprint, status, result, created_at)
    values (p_tenant, p_key, p_fingerprint, 201, v_result, p_now);
  return v_result;
end $$;
alter function trickle_events_log.write_receipt owner to trickle_owner;
