-- What an operator sees of the log and does with it: what holds the feed, and new epochs.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

-- Where an event stands and when it was recorded, of all tenants; never what it says.
create policy events_operator on trickle_events_log.events for select to trickle_operator using (true);
grant select (xid, position, recorded_at) on trickle_events_log.events to trickle_operator;

-- Every running transaction id, with the proof of feed_horizon() (0004) and from one look at the lock table: 'appender'
-- (its lock row is there, and its owner holds or awaits a lock of our class), 'foreign' (proven to be none) or 'unproven'
-- (no lock row, which proves nothing; the asker's own id too, which stops feed_horizon() in any case). The first and the
-- last hold the feed. The snapshot must be older than the look; it lists no id beyond the newest that has ended, so those
-- come from the lock rows, without subtransactions. What sessions do is looked up afterwards, and told only while the
-- session still has this very id; logins without pg_read_all_stats learn who and where, but not what and since when.
create function trickle_events_log.running_transactions(p_snapshot pg_snapshot)
  returns table (id xid8, kind text, pid int, login text, application text, database text, state text, since timestamptz, prepared_as text)
  language sql volatile
  as $$
  with locks as materialized (
    select l.locktype, l.pid, l.virtualtransaction, n.next + (l.transactionid::text::bigint - n.next % 4294967296
          + 6442450944) % 4294967296 - 2147483648 as id -- the 64-bit id that is nearest to the next one
      from pg_locks l cross join (select pg_snapshot_xmax(p_snapshot)::text::bigint as next) n
      where (l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted)
         or (l.locktype = 'advisory' and l.classid = trickle_events_log.lock_class()::oid and l.objsubid = 2
             and l.database = (select d.oid from pg_database d where d.datname = current_database()))),
  ours as materialized (
    select l.pid, l.virtualtransaction from locks l where l.locktype = 'advisory'),
  owners as materialized (
    select l.id::text::xid8 as id, min(l.pid) as pid, bool_or(l.id = l.first_id) as is_top,
        bool_and(exists (select from ours o where o.pid = l.pid)
          or exists (select from ours o where o.virtualtransaction = l.virtualtransaction)) as is_ours
      from (select t.*, min(t.id) over (partition by t.virtualtransaction) as first_id from locks t where t.locktype = 'transactionid') l
      group by l.id),
  running as materialized (
    select s.id from pg_snapshot_xip(p_snapshot) as s (id)
      union select o.id from owners o where o.is_top and o.id >= pg_snapshot_xmax(p_snapshot)
      union select pg_current_xact_id_if_assigned() where pg_current_xact_id_if_assigned() is not null)
  select r.id, case when o.id is null then 'unproven' when o.is_ours then 'appender'
        when r.id = pg_current_xact_id_if_assigned() then 'unproven' else 'foreign' end,
      coalesce(a.pid, o.pid), coalesce(a.usename, p.owner)::text, a.application_name, coalesce(a.datname, p.database)::text,
      case when p.gid is not null then 'prepared' when a.backend_xid = r.id::xid then a.state end,
      case when p.gid is not null then p.prepared when a.backend_xid = r.id::xid then a.xact_start end, p.gid
    from running r
    left join owners o on o.id = r.id
    left join pg_prepared_xacts p on p.transaction = r.id::xid
    left join lateral (
      select s.pid, s.usename, s.application_name, s.datname, s.state, s.xact_start, s.backend_xid from pg_stat_activity s
        where p.gid is null and (s.pid = o.pid or (o.pid is null and s.backend_xid = r.id::xid)) limit 1) a on true
$$;
grant execute on function trickle_events_log.running_transactions(pg_snapshot) to trickle_operator;

-- The horizon and what holds it, from one look: calling feed_horizon() beside this one could name a holder that another
-- look had found. At most p_transactions of the holders and of the bystanders (foreign, they hold nothing) are listed,
-- and at most p_events of the committed events are counted that the horizon keeps from being read. is_ahead: the log
-- holds ids that this server has not come to yet, since it was moved here by a dump; nothing above them can be read.
create function trickle_events_log.feed_status(p_transactions int, p_events int,
    out looked_at timestamptz, out horizon xid8, out is_held boolean, out held_since timestamptz, out sees_sessions boolean,
    out holder_count int, out holders jsonb, out bystander_count int, out bystanders jsonb,
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
      count(*) filter (where t.holds), count(*) filter (where not t.holds), min(t.since) filter (where t.holds and t.n = 1),
      coalesce(jsonb_agg(t.line order by t.id) filter (where t.holds and t.n <= p_transactions), '[]'),
      coalesce(jsonb_agg(t.line order by t.id) filter (where not t.holds and t.n <= p_transactions), '[]')
    into horizon, holder_count, bystander_count, held_since, holders, bystanders
    from (
      select r.id, r.since, r.kind <> 'foreign' as holds, row_number() over (partition by r.kind <> 'foreign' order by r.id) as n,
          jsonb_build_object('xid', r.id::text, 'kind', r.kind, 'pid', r.pid, 'login', r.login, 'application', r.application,
            'database', r.database, 'state', r.state, 'preparedAs', r.prepared_as,
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
grant execute on function trickle_events_log.feed_status(int, int) to trickle_operator;

-- Where a new epoch begins: up to here, what consumers have read before still holds.
--   p_from 'beginning': before the first event.
--   p_from 'end': the newest event below the horizon.
--   p_restored_to: the last event before the first, in feed order, that was recorded then or later. What a restore
--     brought back was recorded before; what was recorded since got ids that a consumer, who had read further than the
--     restore, takes for read. So every event recorded since must lie behind the point, whatever its time; one that was
--     recorded earlier than that and lies behind the point comes twice at worst.
create function trickle_events_log.epoch_point(p_from text, p_restored_to timestamptz, out xid xid8, out "position" bigint)
  language plpgsql volatile
  as $$
declare
  v_horizon xid8 := trickle_events_log.feed_horizon();
  v_xid xid8;
  v_position bigint;
begin
  if p_restored_to is not null then
    -- offset 0 lets recorded_at's own index find them; in feed order the whole log would be looked through.
    select s.xid, s.position into v_xid, v_position from (
      select e.xid, e.position from trickle_events_log.events e where e.recorded_at >= p_restored_to offset 0) s
      order by s.xid, s.position limit 1;
  end if;
  if p_restored_to is not null or p_from = 'end' then
    select e.xid, e.position into xid, position from trickle_events_log.events e
      where e.xid < v_horizon and (v_xid is null or (e.xid, e.position) < (v_xid, v_position))
      order by e.xid desc, e.position desc limit 1;
  elsif p_from is distinct from 'beginning' then
    raise exception 'an epoch begins at beginning or end' using errcode = '22023';
  end if;
  xid := coalesce(xid, '0');
  position := coalesce(position, 0);
end $$;
grant execute on function trickle_events_log.epoch_point(text, timestamptz) to trickle_operator;

-- A new life of the log. From its commit on feeds, tokens and subscriptions of earlier ones are refused.
create function trickle_events_log.begin_epoch(p_reason text, p_xid xid8, p_position bigint,
    out ordinal int, out epoch uuid, out began_xid xid8, out began_position bigint, out reason text, out began_at timestamptz)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  if char_length(p_reason) not between 1 and 500 or p_position < 0 then
    raise exception 'an epoch has a reason of 1 to 500 characters and begins at a point of the feed' using errcode = '22023';
  end if;
  insert into trickle_events_log.epochs as e (began_xid, began_position, reason) values (p_xid, p_position, p_reason)
    returning e.ordinal, e.epoch, e.began_xid, e.began_position, e.reason, e.began_at
    into ordinal, epoch, began_xid, began_position, reason, began_at;
end $$;
grant execute on function trickle_events_log.begin_epoch(text, xid8, bigint) to trickle_operator;

-- Where somebody who has handled everything up to a point, in an epoch, goes on in the current one: at that point, or
-- where the first later epoch branched off before it. Never at a later one: the end of an epoch is no reason to leave
-- out what had not been handled in it. An epoch that the log does not know came after the first.
create function trickle_events_log.resume_point(p_epoch uuid, p_xid xid8, p_position bigint, out xid xid8, out "position" bigint)
  language sql stable
  as $$
    select r.xid, r.position from (
      values (p_xid, p_position)
      union all
      select e.began_xid, e.began_position from trickle_events_log.epochs e
        where e.ordinal > coalesce((select k.ordinal from trickle_events_log.epochs k where k.epoch = p_epoch),
          (select min(k.ordinal) from trickle_events_log.epochs k))) as r (xid, position)
      order by r.xid, r.position limit 1
  $$;
grant execute on function trickle_events_log.resume_point(uuid, xid8, bigint) to trickle_operator;
