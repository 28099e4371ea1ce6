import { z } from 'zod'
import { operatorAction, type OperatorAction } from '../../shared/audit/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import type { EventImporter, ImportLine, ImportOutcome } from '../../shared/event-store/index.ts'
import { defineRouteFor, reply, type Caller } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Services } from '../services.ts'
import { batches } from './import-lines.ts'
import { judgeLines, type Judged } from './judge-line.ts'
import type { LongHeld } from './long-held.ts'
import { holderOf, asBulkWork } from './permits.ts'

/** About a minute's work; the deadline below is what a larger request would meet. */
const LINES_MAX = 100_000

/** Below the 230 s after which the platform's front end cuts a request. */
const DEADLINE_MS = 200_000

const outcomeSchema = z
  .object({
    line: z.int(),
    outcome: z.enum(['appended', 'duplicate', 'rejected', 'skipped']),
    code: z.string().optional(),
    detail: z.string().optional(),
  })
  .meta({ id: 'ImportOutcome' })

export const importRoute = (services: () => Services, permits: LongHeld) =>
  defineRouteFor<TenantContext>()({
    name: 'import-events',
    method: 'POST',
    path: '/api/imports/events',
    summary: 'Import events',
    description:
      'NDJSON in, one outcome a line out, in the same order. A line is an event with `id` and `streamId`; only an operator names its `tenant` (a slug). ' +
      'What reads give as NDJSON can be imported as it is: `streamType` and `traceParent` are kept, `version` and `recordedAt` are given anew, and the last line `{"next": ...}` is `skipped`. ' +
      'Lines are written in batches, each of them once by its event id: sending the same lines again answers `duplicate`, other content under a known id is `rejected`. ' +
      'Blank lines (spaces, tabs and carriage returns alone) are passed over. A line that cannot be stored is `rejected` alone, with its reason. An error that ends the import comes as a last line `{"error": ...}`; lines without an outcome may be sent again.',
    tags: ['Events'],
    access: { kind: 'tenantOrOperator', roles: ['writer', 'admin'] },
    request: {
      body: {
        kind: 'stream',
        mediaTypes: ['application/x-ndjson'],
        description: '`{"tenant","streamId","streamType","id","type","time","data","metadata"}` a line',
        example:
          '{"streamId":"order-17","id":"old-1","type":"OrderPlaced","time":"2025-03-01T09:00:00Z","data":{"amount":12.5}}\n' +
          '{"streamId":"order-17","id":"old-2","type":"OrderPaid","time":"2025-03-01T09:05:00Z","data":null}\n',
      },
    },
    responses: {
      200: { description: 'The outcomes', schema: outcomeSchema, mediaType: 'application/x-ndjson' },
    },
    errors: ['TENANT_SHARE_HELD', 'BULK_WORK_FULL'],
    deadlineMs: DEADLINE_MS,
    handler({ body, caller, traceId, checkAgain }) {
      const action = caller.kind === 'operator' ? operatorAction('import-events', caller, traceId) : undefined
      const run = new ImportRun(services(), caller, action)
      const outcomes = run.outcomes(whileAllowed(body, checkAgain))
      return reply(200, { ndjson: asBulkWork(permits.bulk, holderOf(caller), outcomes) })
    },
  })

/** The body, for as long as its caller may go on: a suspended tenant must not keep its place by sending on. */
async function* whileAllowed(
  body: AsyncIterable<Uint8Array>,
  checkAgain: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    await checkAgain()
    yield chunk
  }
}

/** One import request: reads, checks and writes batch after batch. */
class ImportRun {
  readonly #services: Services
  readonly #caller: Caller<TenantContext>
  readonly #importer: EventImporter
  /** An operator's request, until its first batch has recorded it. */
  #action: OperatorAction | undefined
  /** Tenants of an operator's lines, as they are met. */
  readonly #tenants = new Map<string, TenantContext>()

  constructor(services: Services, caller: Caller<TenantContext>, action: OperatorAction | undefined) {
    this.#action = action
    this.#services = services
    this.#caller = caller
    this.#importer = caller.kind === 'operator' ? services.operatorImporter : services.importer
  }

  /**
   * The next batch is read and checked while the database writes the one before; batches are written one by one. When the
   * reading fails, what was written before has its outcomes told first.
   */
  async *outcomes(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    let writing: Promise<string> | undefined
    let failure: { readonly error: unknown } | undefined
    try {
      for await (const batch of batches(body, {
        lineBytesMax: eventLimits.importLineBytesMax,
        linesMax: LINES_MAX,
      })) {
        const judged = await judgeLines(batch)
        const before = writing === undefined ? '' : await writing
        writing = this.#write(judged)
        // The error is thrown where the promise is awaited; until then it must not count as unhandled.
        writing.catch(() => {})
        if (before !== '') yield before
      }
    } catch (error) {
      failure = { error }
    }
    if (writing !== undefined) yield await writing
    if (failure !== undefined) throw failure.error
  }

  async #write(batch: readonly Judged[]): Promise<string> {
    await this.#findTenants(batch)
    const lines: ImportLine[] = []
    const results = batch.map(({ number, line }) => {
      if (line === 'skipped') return () => `{"line":${number},"outcome":"skipped"}`
      if (line instanceof TrickleError) return () => rejected(number, line)
      const tenant = this.#tenantOf(line.tenantSlug)
      if (tenant instanceof TrickleError) return () => rejected(number, tenant)
      const { tenantSlug: _slug, ...rest } = line
      const place = lines.push({ tenant, ...rest }) - 1
      return (outcomes: readonly ImportOutcome[]) => written(number, outcomes[place])
    })
    const outcomes = await this.#importer.importBatch(lines, this.#action)
    this.#action = undefined
    return results.map((text) => text(outcomes)).join('\n')
  }

  async #findTenants(batch: readonly Judged[]): Promise<void> {
    if (this.#caller.kind !== 'operator') return
    const slugs = new Set<string>()
    for (const { line } of batch) {
      if (line === 'skipped' || line instanceof TrickleError || line.tenantSlug === null) continue
      if (!this.#tenants.has(line.tenantSlug)) slugs.add(line.tenantSlug)
    }
    if (slugs.size === 0) return
    for (const [slug, tenant] of await this.#services.registry.contextsBySlug([...slugs]))
      this.#tenants.set(slug, tenant)
  }

  #tenantOf(slug: string | null): TenantContext | TrickleError {
    if (this.#caller.kind === 'tenant') {
      if (slug === null || slug === this.#caller.tenant.slug) return this.#caller.tenant
      return new TrickleError(
        'TENANT_CONTEXT_REFUSED',
        'Only an operator names a tenant in a line; this one names another than the request.',
      )
    }
    if (slug === null)
      return new TrickleError('VALIDATION_FAILED', 'tenant: an operator must name the tenant of each line')
    return (
      this.#tenants.get(slug) ??
      new TrickleError('TENANT_UNKNOWN', `There is no tenant ${slug}. Create it first.`)
    )
  }
}

function written(line: number, outcome: ImportOutcome | undefined): string {
  if (outcome === undefined) throw new Error('a line was left without an outcome')
  if (outcome.outcome !== 'rejected') return `{"line":${line},"outcome":"${outcome.outcome}"}`
  return rejected(line, outcome)
}

const rejected = (line: number, { code, detail }: { code: string; detail: string }): string =>
  JSON.stringify({ line, outcome: 'rejected', code, detail })
