import type { Client } from 'pg'
import { Database, noColumns } from '../../../../shared/postgres/index.ts'
import type { Statement } from '../../../../shared/postgres/index.ts'
import { defineProjection } from '../../../../shared/subscriptions/index.ts'
import type {
  ProjectionDefinition,
  Subscription,
  SubscriptionEvent,
} from '../../../../shared/subscriptions/index.ts'
import { openStage } from '../group-support.ts'
import type { Stage } from '../group-support.ts'

/** No key: an effect that is there twice is seen. The worker writes for the bound tenant only, as in tables of contexts. */
const EFFECTS = `
  create table public.effects (seq bigint generated always as identity, tenant_id uuid not null, name text, stream_id text, version int);
  alter table public.effects enable row level security;
  alter table public.effects force row level security;
  create policy effects_worker on public.effects for all to trickle_worker
    using (tenant_id = trickle_tenants_state.current_tenant_id())
    with check (tenant_id = trickle_tenants_state.current_tenant_id());
  grant usage on schema public to trickle_worker;
  grant select, insert on public.effects to trickle_worker`

export async function openProjectionStage(options: { version?: 17 | 18 } = {}): Promise<Stage> {
  const stage = await openStage(options)
  await stage.admin.query(EFFECTS)
  return stage
}

/** Notes an effect for each event. */
export const noteEffects = (
  name: string,
  events: readonly SubscriptionEvent[],
  tenantId: string,
): Statement => ({
  name: 'note_effects',
  text: `insert into public.effects (tenant_id, name, stream_id, version)
    select $1, $2, u.stream_id, u.version from unnest($3::text[], $4::int[]) as u (stream_id, version)`,
  columns: noColumns,
  values: [tenantId, name, events.map(({ streamId }) => streamId), events.map(({ version }) => version)],
})

/** Notes each event; `before` may throw, or give statements that come first. */
export const noting = (
  name: string,
  before: (events: readonly SubscriptionEvent[], tenantId: string) => readonly Statement[] = () => [],
  options: Partial<ProjectionDefinition> = {},
): Subscription =>
  defineProjection({
    name,
    maxAttempts: 2,
    backoffMs: { first: 0, longest: 0 },
    ...options,
    project: (events, tenantId) => [...before(events, tenantId), noteEffects(name, events, tenantId)],
  })

/** What took effect, as `stream version`, by stream and version. */
export async function effectsOf(admin: Client, name: string, tenantId?: string): Promise<string[]> {
  const { rows } = await admin.query<[string]>({
    text: `select format('%s %s', stream_id, version) from public.effects
      where name = $1 and ($2::uuid is null or tenant_id = $2) order by tenant_id, stream_id, version, seq`,
    values: [name, tenantId ?? null],
    rowMode: 'array',
  })
  return rows.flat()
}

/** A statement without an answer. */
export const plain = (text: string): Statement => ({ name: 'plain', text, columns: noColumns, values: [] })

/** A pool whose trips wait for what the test does before, and that may end as a process does: then it sends nothing more. */
export class WatchedDatabase extends Database {
  beforeTrip: () => Promise<void> = async () => {}
  /** Told of each statement and of each trip, `trip 1` for the first; true ends it before that is sent. */
  diesAt: (what: string) => boolean = () => false
  #trips = 0
  #isDead = false

  override async query<R>(statement: Statement<R>, options = {}): Promise<R[]> {
    this.#live(statement.name)
    return super.query(statement, options)
  }

  override async inOneTrip(statements: readonly Statement[], options = {}): Promise<void> {
    this.#live('single')
    return super.inOneTrip(statements, options)
  }

  override async eachInOneTrip(transactions: readonly (readonly Statement[])[]): Promise<unknown[]> {
    this.#trips += 1
    this.#live(`trip ${this.#trips}`)
    await this.beforeTrip()
    return super.eachInOneTrip(transactions)
  }

  #live(what: string): void {
    this.#isDead ||= this.diesAt(what)
    if (this.#isDead) throw new Error('the process ended')
  }
}

export const watched = (stage: Stage): WatchedDatabase =>
  new WatchedDatabase({ url: stage.database.url('trickle_worker'), connectionsMax: 5, statements: 'unnamed' })
