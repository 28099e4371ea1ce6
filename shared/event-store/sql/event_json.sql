-- An event as clients see it, as JSON. PostgreSQL inlines it into the statement that calls it. Data and metadata are
-- inserted as the database prints them. Members that an event does not have are left out; a schema version of 1 is the
-- default and is left out too. concat ignores nulls, and copies each part once.
-- A stream id, a trace parent, a number and a time hold no character that JSON escapes; all other names may.
-- json_scalar escapes like to_json. But to_json looks the type of its argument up in the catalog at each call.
-- An interval as the time zone: to look a zone up by its name takes twice as long as printing the time.
-- An append without times of its own gives its events the time of recording: then one print serves both.
create or replace function trickle_events_log.event_json(
    p_id text, p_source text, p_stream text, p_version bigint, p_type text, p_occurred_at timestamptz,
    p_recorded_at timestamptz, p_stream_type text, p_schema_version int, p_correlation_id text, p_causation_id text,
    p_trace_parent text, p_data jsonb, p_metadata jsonb) returns text
  language sql stable parallel safe
  as $$
    select concat('{"id":', json_scalar(p_id),
      ',"source":', case when p_source = '' then '""' else json_scalar(p_source)::text end,
      ',"streamId":"', p_stream, '","version":', p_version, ',"type":', json_scalar(p_type),
      case when p_occurred_at = p_recorded_at
        then replace(replace(',"time":"@Z","recordedAt":"@Z"',
          '@', (p_recorded_at at time zone interval '0')::text), ' ', 'T')
        else concat(',"time":"', replace((p_occurred_at at time zone interval '0')::text, ' ', 'T'),
          'Z","recordedAt":"', replace((p_recorded_at at time zone interval '0')::text, ' ', 'T'), 'Z"') end,
      ',"streamType":' || json_scalar(p_stream_type)::text,
      case when p_schema_version <> 1 then concat(',"schemaVersion":', p_schema_version) end,
      ',"correlationId":' || json_scalar(p_correlation_id)::text,
      ',"causationId":' || json_scalar(p_causation_id)::text,
      ',"traceParent":"' || p_trace_parent || '"', ',"data":', p_data, ',"metadata":', coalesce(p_metadata, '{}'), '}')
  $$;
alter function trickle_events_log.event_json owner to trickle_owner;
grant execute on function trickle_events_log.event_json to trickle_app, trickle_worker;
