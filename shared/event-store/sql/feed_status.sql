-- The horizon and the transactions that hold it, from one read of the lock table: a separate call of feed_horizon()
-- could give a horizon that does not fit the holders. At most p_transactions holders and as many bystanders (foreign
-- transactions, which hold nothing) are listed. Committed events that can't be read yet are counted up to p_events.
-- is_ahead: the log has higher transaction ids than this server has reached, since it was moved here by a dump. Events
-- with such ids can't be read.
create or replace function trickle_events_log.feed_status(p_transactions int, p_events int,
    out looked_at timestamptz, out horizon xid8, out is_held boolean, out held_since timestamptz,
    out sees_sessions boolean, out holder_count int, out holders jsonb, out bystander_count int, out bystanders jsonb,
    out behind_count int, out behind_since timestamptz,
    out head_xid xid8, out head_position bigint, out head_recorded_at timestamptz, out is_ahead boolean)
  language plpgsql volatile
  as $$
declare
  v_snapshot pg_snapshot;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the feed must be read in READ COMMITTED' using errcode = 'TK003';
  end if;
  if pg_is_in_recovery() then
    raise exception 'only the primary knows what holds the feed' using errcode = '25006';
  end if;
  looked_at := clock_timestamp();
  sees_sessions := pg_has_role('pg_read_all_stats', 'usage');
  v_snapshot := pg_current_snapshot();
  select least(min(t.id) filter (where t.holds), pg_snapshot_xmax(v_snapshot), pg_current_xact_id_if_assigned()),
      count(*) filter (where t.holds), count(*) filter (where not t.holds),
      min(t.since) filter (where t.holds and t.n = 1),
      coalesce(jsonb_agg(t.line order by t.id) filter (where t.holds and t.n <= p_transactions), '[]'),
      coalesce(jsonb_agg(t.line order by t.id) filter (where not t.holds and t.n <= p_transactions), '[]')
    into horizon, holder_count, bystander_count, held_since, holders, bystanders
    from (
      select r.id, r.since, r.kind <> 'foreign' as holds,
          row_number() over (partition by r.kind <> 'foreign' order by r.id) as n,
          jsonb_build_object('xid', r.id::text, 'kind', r.kind, 'pid', r.pid, 'login', r.login,
            'application', r.application, 'database', r.database, 'state', r.state, 'preparedAs', r.prepared_as,
            'since', to_char(r.since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) as line
        from trickle_events_log.running_transactions(v_snapshot) r) t;
  is_held := holder_count > 0;
  select count(*), min(b.recorded_at) into behind_count, behind_since from (
    select e.recorded_at from trickle_events_log.events e
      where e.xid >= horizon and e.xid < pg_snapshot_xmax(v_snapshot) order by e.xid, e.position limit p_events) b;
  select e.xid, e.position, e.recorded_at into head_xid, head_position, head_recorded_at
    from trickle_events_log.events e where e.xid < horizon order by e.xid desc, e.position desc limit 1;
  is_ahead := exists (select from trickle_events_log.events e where e.xid >= pg_snapshot_xmax(pg_current_snapshot()));
end $$;
alter function trickle_events_log.feed_status owner to trickle_owner;
grant execute on function trickle_events_log.feed_status to trickle_operator;
