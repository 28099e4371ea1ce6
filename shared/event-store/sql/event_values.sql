-- The events of an append as rows: the one place that says which column each member of an event's JSON becomes, and
-- which value is stored for a member that is absent. PostgreSQL inlines it into the statement that calls it, so it
-- costs nothing of its own.
-- p_events: as for append. place: number of the event in the array, from 1.
create or replace function trickle_events_log.event_values(p_events jsonb)
  returns table (place bigint, s int, n int, id text, source text, type text, schema_version int,
    occurred_at timestamptz, data jsonb, metadata jsonb, correlation_id text, causation_id text)
  language sql stable parallel safe rows 100
  as $$
    select x.place, x.s, x.n, x.id, coalesce(x.source, ''), x.type, coalesce(x."schemaVersion", 1), x.time,
        coalesce(x.data, 'null'::jsonb), x.metadata, x."correlationId", x."causationId"
      from rows from (jsonb_to_recordset(p_events) as (s int, n int, id text, source text, type text,
        "schemaVersion" int, time timestamptz, data jsonb, metadata jsonb, "correlationId" text, "causationId" text))
        with ordinality as x (s, n, id, source, type, "schemaVersion", time, data, metadata, "correlationId",
          "causationId", place)
  $$;
alter function trickle_events_log.event_values owner to trickle_owner;
grant execute on function trickle_events_log.event_values to trickle_writer;
