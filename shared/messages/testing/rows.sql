-- For the isolation tests: a parked message of every tenant, and one that names none.
insert into trickle_messages_state.parked_messages (queue, digest, tenant_id, reason, detail, attempts, body, body_bytes,
    application_properties)
  select 'seeded', sha256(convert_to(t.tenant_id::text, 'UTF8')), t.tenant_id, 'VALIDATION_FAILED', 'd', 1,
      convert_to('secret of ' || t.tenant_id, 'UTF8'), 46, '{}'::jsonb
    from trickle_tenants_state.tenants t
  union all
  select 'seeded', sha256('nobody'), null, 'MALFORMED_JSON', 'd', 1, 'nobody', 6, '{}'::jsonb;
