-- What operators did: one row for each action, written in the transaction of the action itself.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_operations_audit;
grant usage on schema trickle_operations_audit to trickle_operator;

-- A row says who did what to which tenant or thing, and by its trace_id where the log says more. It never holds content
-- of a request. request_id is made once for a request, so that an action whose commit got no answer can be tried again
-- without adding a second row. outcome: done, or begun for an import, whose later batches are transactions of their
-- own.
create table trickle_operations_audit.actions (
  action_id bigint not null generated always as identity,
  request_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  action text collate "C" not null,
  outcome text collate "C" not null,
  issuer text not null,
  subject text not null,
  application text,
  tenant_id uuid,
  target text,
  detail text,
  trace_id text collate "C" not null,
  constraint actions_pkey primary key (action_id),
  constraint actions_request_key unique nulls not distinct (request_id, tenant_id),
  constraint actions_outcome_check check (outcome in ('done', 'begun')),
  constraint actions_length_check check (
    char_length(action) between 1 and 100 and char_length(issuer) between 1 and 600
    and char_length(subject) between 1 and 255 and char_length(application) <= 255 and char_length(target) <= 300
    and char_length(detail) <= 300 and char_length(trace_id) <= 100)
);
alter table trickle_operations_audit.actions enable row level security;
alter table trickle_operations_audit.actions force row level security;
create policy actions_read on trickle_operations_audit.actions for select to trickle_operator using (true);
create policy actions_record on trickle_operations_audit.actions for insert to trickle_operator with check (true);

-- Nobody changes or removes what was recorded. The database sets the time of a row: no login may write it.
revoke all on trickle_operations_audit.actions from trickle_owner, trickle_migrator;
grant select on trickle_operations_audit.actions to trickle_operator;
grant insert (request_id, action, outcome, issuer, subject, application, tenant_id, target, detail, trace_id)
  on trickle_operations_audit.actions to trickle_operator;
