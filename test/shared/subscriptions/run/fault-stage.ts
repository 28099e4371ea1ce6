import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Client } from 'pg'
import { openStage } from '../group-support.ts'
import type { Stage } from '../group-support.ts'

const workerFile = fileURLToPath(new URL('fault-worker.ts', import.meta.url))

/** A table of deliveries, and one of every checkpoint that was ever committed. */
const AUDIT = `
  create table public.deliveries (seq bigint generated always as identity primary key, tenant_id uuid, stream_id text, version int, worker int);
  grant usage on schema public to trickle_worker;
  grant insert on public.deliveries to trickle_worker;
  create table public.checkpoints (seq bigint generated always as identity, name text, member int, lane uuid, xid xid8, position bigint, fence bigint);
  create function public.note_checkpoint() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
  begin
    insert into public.checkpoints (name, member, lane, xid, position, fence)
      select new.name, new.member, (to_jsonb(new) ->> 'tenant_id')::uuid, new.xid, new.position, m.fence
        from trickle_subscriptions_state.members m where m.name = new.name and m.member = new.member;
    return null;
  end $$;
  create trigger note_checkpoint after update of xid on trickle_subscriptions_state.members
    for each row execute function public.note_checkpoint();
  create trigger note_checkpoint after insert or update of xid on trickle_subscriptions_state.lanes
    for each row execute function public.note_checkpoint();`

export interface FaultStage extends Stage {
  startWorker(kind: 'subscription' | 'projection', name: string, poison?: string): ChildProcess
  /** Events that were delivered at least once. */
  delivered(): Promise<number>
  /** How often any was, at least about; it costs nothing to ask. */
  deliveries(): Promise<number>
  /** As if the time of all leases had passed: also a holder that lives may be taken over from. */
  expireLeases(): Promise<void>
  close(): Promise<void>
}

export async function openFaultStage(): Promise<FaultStage> {
  const stage = await openStage()
  await stage.admin.query(AUDIT)
  const workers = new Set<ChildProcess>()
  return {
    ...stage,
    startWorker(kind, name, poison = '') {
      const url = stage.database.url('trickle_worker')
      const worker = spawn(process.execPath, [workerFile, url, kind, name, poison], {
        stdio: ['pipe', 'ignore', 'inherit'],
      })
      workers.add(worker)
      worker.once('exit', () => workers.delete(worker))
      return worker
    },
    async delivered() {
      const { rows } = await stage.admin.query<{ count: number }>(
        'select count(distinct (tenant_id, stream_id, version))::int from public.deliveries',
      )
      return rows[0]?.count ?? 0
    },
    async deliveries() {
      const { rows } = await stage.admin.query<{ count: number }>(
        'select coalesce(max(seq) - min(seq) + 1, 0)::int as count from public.deliveries',
      )
      return rows[0]?.count ?? 0
    },
    async expireLeases() {
      await stage.admin.query(
        "update trickle_subscriptions_state.members set lease_until = clock_timestamp() - interval '1 second' where lease_until is not null",
      )
    },
    async close() {
      await Promise.all([...workers].map(kill))
      await stage.database.drop()
    },
  }
}

export async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  worker.kill('SIGKILL')
  await once(worker, 'exit')
}

/** What must be empty in the end, and how much was delivered more than once. */
export interface Findings {
  readonly missing: number
  readonly unknown: number
  /** Deliveries of an event before an earlier one of its stream had been delivered. */
  readonly outOfOrder: number
  /** Checkpoints that went back, or were committed under a fence that another holder had already been given. */
  readonly checkpointsBack: number
  readonly parked: number
  readonly deliveries: number
  readonly events: number
}

export async function inspect(admin: Client, name: string): Promise<Findings> {
  const { rows } = await admin.query<Record<keyof Findings, number>>(
    `with first as (
        select d.tenant_id, d.stream_id, d.version, min(d.seq) as seq from public.deliveries d group by 1, 2, 3),
      sorted as (
        select d.*, coalesce(max(d.version) over (partition by d.tenant_id, d.stream_id order by d.seq rows between unbounded preceding and 1 preceding), 0) as before
          from public.deliveries d),
      committed as (
        select c.*, lag(c.fence) over w as fence_before, lag(c.xid) over w as xid_before, lag(c.position) over w as position_before
          from public.checkpoints c where c.name = $1 window w as (partition by c.member, c.lane order by c.seq))
    select
      (select count(*)::int from trickle_events_log.events e left join first f
        on f.tenant_id = e.tenant_id and f.stream_id = e.stream_id and f.version = e.version where f.seq is null) as missing,
      (select count(*)::int from first f left join trickle_events_log.events e
        on f.tenant_id = e.tenant_id and f.stream_id = e.stream_id and f.version = e.version where e.version is null) as unknown,
      (select count(*)::int from sorted s where s.version > s.before + 1) as "outOfOrder",
      (select count(*)::int from committed c where c.fence < c.fence_before or (c.xid, c.position) < (c.xid_before, c.position_before)) as "checkpointsBack",
      (select count(*)::int from trickle_subscriptions_state.parked p where p.name = $1) as parked,
      (select count(*)::int from public.deliveries) as deliveries,
      (select count(*)::int from trickle_events_log.events) as events`,
    [name],
  )
  const [row] = rows
  if (row === undefined) throw new Error('nothing to inspect')
  return row
}
