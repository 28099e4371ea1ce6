-- Rows of every tenant in every table. Tests try to reach them as another tenant or with another login.
insert into trickle_notes_state.notes (tenant_id, note_id, title, body, version)
  select t.tenant_id, md5(t.slug)::uuid, 'shared title', 'secret of ' || t.tenant_id, 1 from trickle_tenants_state.tenants t;
insert into trickle_notes_read.counts (tenant_id, notes)
  select t.tenant_id, 1 from trickle_tenants_state.tenants t;
