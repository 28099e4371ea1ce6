-- Keeps messages for an operator. p_messages: [{digest, tenantId, messageId, sessionId, sequenceNumber, reason, detail,
-- times, bodyBytes, contentType, applicationProperties, enqueuedAt}], each digest once, in hexadecimal digits; times:
-- how often this delivery brought it. p_bodies: their bodies, in the same order. A message that has a row, since it was
-- delivered again or an operator sent it again as it was, keeps the row, and a decision about it is open again.
create or replace function trickle_messages_state.park(p_queue text, p_messages jsonb, p_bodies bytea[]) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  -- In the order of the digests, so that two callers with the same messages can't wait for each other.
  insert into trickle_messages_state.parked_messages as p (queue, digest, tenant_id, message_id, session_id,
      sequence_number, reason, detail, attempts, body, body_bytes, content_type, application_properties, enqueued_at)
    select p_queue, decode(x.digest, 'hex'), x."tenantId", x."messageId", x."sessionId", x."sequenceNumber", x.reason,
        x.detail, x.times, b.body, x."bodyBytes", x."contentType", x."applicationProperties", x."enqueuedAt"
      from rows from (jsonb_to_recordset(p_messages) as (digest text, "tenantId" uuid, "messageId" text,
          "sessionId" text, "sequenceNumber" bigint, reason text, detail text, times int, "bodyBytes" int,
          "contentType" text, "applicationProperties" jsonb, "enqueuedAt" timestamptz))
        with ordinality as x (digest, "tenantId", "messageId", "sessionId", "sequenceNumber", reason, detail, times,
          "bodyBytes", "contentType", "applicationProperties", "enqueuedAt", n)
      join unnest(p_bodies) with ordinality as b (body, n) on b.n = x.n
      order by x.digest
    on conflict (queue, digest) do update
      set attempts = p.attempts + excluded.attempts, reason = excluded.reason, detail = excluded.detail,
          tenant_id = excluded.tenant_id, message_id = coalesce(excluded.message_id, p.message_id),
          session_id = coalesce(excluded.session_id, p.session_id),
          sequence_number = coalesce(excluded.sequence_number, p.sequence_number),
          content_type = coalesce(excluded.content_type, p.content_type),
          application_properties = excluded.application_properties,
          enqueued_at = coalesce(excluded.enqueued_at, p.enqueued_at),
          parked_at = case when p.state = 'parked' then p.parked_at else clock_timestamp() end,
          state = 'parked', decided_at = null, decided_by = null;
end $$;
alter function trickle_messages_state.park owner to trickle_owner;
grant execute on function trickle_messages_state.park to trickle_worker;
