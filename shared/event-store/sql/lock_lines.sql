-- Locks every stream of a batch before anything is written; lines: [{t: index of the tenant, streamId, ...}].
create or replace function trickle_events_log.lock_lines(p_tenants uuid[], p_lines json) returns void
  language plpgsql volatile
  as $$
begin
  perform trickle_events_log.lock_streams(array_agg(p_tenants[d.t]), array_agg(d.stream_id), array_agg(false))
    from (
      select distinct x.t, x."streamId" as stream_id from json_to_recordset(p_lines) as x (t int, "streamId" text)) d;
end $$;
alter function trickle_events_log.lock_lines owner to trickle_owner;
