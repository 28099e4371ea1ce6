-- Releases names and then reserves names. Returns null when all was done. Otherwise it changes nothing and returns the
-- first name that is refused: {outcome: name_not_held | name_taken, s: index of the stream, set, value, holder}. The
-- caller holds the locks of the names, so what is read here does not change until the end of the transaction.
create or replace function trickle_events_log.change_names(
    p_tenant uuid, p_streams text[], p_names jsonb, p_now timestamptz) returns jsonb
  language plpgsql volatile
  as $$
declare
  v_refusal jsonb;
begin
  select jsonb_build_object('outcome', case when x.release then 'name_not_held' else 'name_taken' end,
      's', x.s, 'set', x.set, 'value', x.value, 'holder', n.stream_id) into v_refusal
    from rows from (jsonb_to_recordset(p_names) as (s int, set text, value text, release boolean)) with ordinality
        as x (s, set, value, release, n_in_request)
    left join trickle_events_log.names n on n.tenant_id = p_tenant and n.name_set = x.set and n.value = x.value
    where case when x.release then n.stream_id is distinct from p_streams[x.s]
      else n.stream_id <> p_streams[x.s] and not exists (
        select from jsonb_to_recordset(p_names) as r (s int, set text, value text, release boolean)
          where r.release and r.set = x.set and r.value = x.value and p_streams[r.s] = n.stream_id) end
    order by x.n_in_request limit 1;
  if found then
    return v_refusal;
  end if;
  delete from trickle_events_log.names n
    using jsonb_to_recordset(p_names) as x (set text, value text, release boolean)
    where x.release and n.tenant_id = p_tenant and n.name_set = x.set and n.value = x.value;
  insert into trickle_events_log.names (tenant_id, name_set, value, stream_id, reserved_at)
    select p_tenant, x.set, x.value, p_streams[x.s], p_now
      from jsonb_to_recordset(p_names) as x (s int, set text, value text, release boolean) where not x.release
    on conflict (tenant_id, name_set, value) do nothing;
  return null;
end $$;
alter function trickle_events_log.change_names owner to trickle_owner;
