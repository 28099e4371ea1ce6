import { z } from 'zod'
import { asTrickleError, TrickleError } from '../../shared/errors/index.ts'
import {
  eventLimits,
  type EventImporter,
  type ImportLine,
  type ImportOutcome,
} from '../../shared/event-store/index.ts'
import { checkPart, defineRouteFor, reply, type Caller, type Findings } from '../../shared/http/index.ts'
import { decodeUtf8, parseExactJsonInTurns } from '../../shared/json/index.ts'
import { foldName, type TenantContext } from '../../shared/tenancy/index.ts'
import { Turns } from '../../shared/turns/index.ts'
import type { Services } from '../services.ts'
import { splitLines, type TextLine } from './import-lines.ts'
import { eventSchema, streamIdSchema } from './schemas.ts'

/** One event and the JSON around it. */
const LINE_BYTES_MAX = eventLimits.eventBytesMax + 16_384

/** About a minute's work; the deadline below is what a larger request would meet. */
const LINES_MAX = 100_000

/** A batch is written at this size also when it has few lines: one batch is encoded at a stretch. */
const BATCH_BYTES_MAX = 1_048_576

/** Below the 230 s after which the platform's front end cuts a request. */
const DEADLINE_MS = 200_000

const lineSchema = eventSchema.extend({
  id: z.string().min(1).max(eventLimits.identifierCharactersMax),
  streamId: streamIdSchema,
  tenant: z.string().min(1).max(63).optional(),
})

const outcomeSchema = z
  .object({
    line: z.int(),
    outcome: z.enum(['appended', 'duplicate', 'rejected']),
    code: z.string().optional(),
    detail: z.string().optional(),
  })
  .meta({ id: 'ImportOutcome' })

export const importRoute = (services: () => Services) =>
  defineRouteFor<TenantContext>()({
    name: 'import-events',
    method: 'POST',
    path: '/api/imports/events',
    summary: 'Import events',
    description:
      'NDJSON in, one outcome a line out, in the same order. A line is an event with `id` and `streamId`; only an operator names its `tenant` (a slug). ' +
      'Lines are written in batches, each of them once by its event id: sending the same lines again answers `duplicate`, other content under a known id is `rejected`. ' +
      'Blank lines are passed over. An error that ends the import comes as a last line `{"error": ...}`; lines without an outcome may be sent again.',
    tags: ['Events'],
    access: { kind: 'tenantOrOperator', roles: ['writer', 'admin'] },
    request: {
      body: {
        kind: 'stream',
        mediaTypes: ['application/x-ndjson'],
        description: '`{"tenant","streamId","id","type","time","data","metadata"}` a line',
        example:
          '{"streamId":"order-17","id":"old-1","type":"OrderPlaced","time":"2025-03-01T09:00:00Z","data":{"amount":12.5}}\n' +
          '{"streamId":"order-17","id":"old-2","type":"OrderPaid","time":"2025-03-01T09:05:00Z","data":null}\n',
      },
    },
    responses: {
      200: { description: 'The outcomes', schema: outcomeSchema, mediaType: 'application/x-ndjson' },
    },
    deadlineMs: DEADLINE_MS,
    handler({ body, caller }) {
      const run = new ImportRun(services(), caller)
      return reply(200, { ndjson: run.outcomes(body) })
    },
  })

interface Judged {
  readonly number: number
  /** What to write, or why the line is refused. */
  readonly line:
    | { readonly tenantSlug: string | null; readonly streamId: string; readonly event: ImportLine['event'] }
    | TrickleError
}

/** One import request: reads, checks and writes batch after batch. */
class ImportRun {
  readonly #services: Services
  readonly #caller: Caller<TenantContext>
  readonly #importer: EventImporter
  /** Tenants of an operator's lines, as they are met. */
  readonly #tenants = new Map<string, TenantContext>()

  constructor(services: Services, caller: Caller<TenantContext>) {
    this.#services = services
    this.#caller = caller
    this.#importer = caller.kind === 'operator' ? services.operatorImporter : services.importer
  }

  /** The next batch is read and checked while the database writes the one before; batches are written one by one. */
  async *outcomes(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    let writing: Promise<string> | undefined
    for await (const batch of batches(splitLines(body, LINE_BYTES_MAX, LINES_MAX))) {
      const judged = await judgeAll(batch)
      const before = writing === undefined ? '' : await writing
      writing = this.#write(judged)
      // The error is thrown where the promise is awaited; until then it must not count as unhandled.
      writing.catch(() => {})
      if (before !== '') yield before
    }
    if (writing !== undefined) yield await writing
  }

  async #write(batch: readonly Judged[]): Promise<string> {
    await this.#findTenants(batch)
    const lines: ImportLine[] = []
    const results = batch.map(({ number, line }) => {
      if (line instanceof TrickleError) return { number, refusal: line }
      const tenant = this.#tenantOf(line.tenantSlug)
      if (tenant instanceof TrickleError) return { number, refusal: tenant }
      lines.push({ tenant, streamId: line.streamId, event: line.event })
      return { number, refusal: null }
    })
    const outcomes = (await this.#importer.importBatch(lines)).values()
    return results
      .map(({ number, refusal }) =>
        refusal === null ? written(number, outcomes.next().value) : refused(number, refusal),
      )
      .join('\n')
  }

  async #findTenants(batch: readonly Judged[]): Promise<void> {
    if (this.#caller.kind !== 'operator') return
    const slugs = new Set<string>()
    for (const { line } of batch) {
      if (!(line instanceof TrickleError) && line.tenantSlug !== null && !this.#tenants.has(line.tenantSlug))
        slugs.add(line.tenantSlug)
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
        'Only an operator names a tenant; this line names another than the token.',
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

async function* batches(lines: AsyncIterable<TextLine>): AsyncGenerator<TextLine[]> {
  let batch: TextLine[] = []
  let bytes = 0
  for await (const line of lines) {
    if (line.bytes !== null && isBlank(line.bytes)) continue
    batch.push(line)
    bytes += line.bytes?.length ?? 0
    if (batch.length >= eventLimits.importBatchLines || bytes >= BATCH_BYTES_MAX) {
      yield batch
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) yield batch
}

const isBlank = (bytes: Buffer): boolean => bytes.length < 64 && bytes.toString('latin1').trim() === ''

/** In turns: the lines of a batch together are as long as a large body. */
async function judgeAll(batch: readonly TextLine[]): Promise<Judged[]> {
  const judged: Judged[] = []
  const turns = new Turns()
  for (const line of batch) {
    judged.push(await judge(line))
    await turns.after(line.bytes?.length ?? 0)
  }
  return judged
}

async function judge({ number, bytes }: TextLine): Promise<Judged> {
  try {
    if (bytes === null)
      throw new TrickleError('EVENT_TOO_LARGE', `The line is longer than ${LINE_BYTES_MAX} bytes.`)
    const text = decodeUtf8(bytes)
    const json = await parseExactJsonInTurns(text, { maxDepth: eventLimits.jsonDepthMax })
    const { tenant, streamId, ...event } = checkLine(json, text.length)
    return { number, line: { tenantSlug: tenant === undefined ? null : foldName(tenant), streamId, event } }
  } catch (error) {
    return { number, line: asTrickleError(error) }
  }
}

/** @throws TrickleError with the first thing that is wrong */
function checkLine(json: unknown, characters: number): z.output<typeof lineSchema> {
  const findings: Findings = { problems: [], code: undefined }
  const line = checkPart(lineSchema, json, (path) => path.map(String).join('.'), findings, characters)
  if (line !== undefined) return line
  const { pointer, message } = findings.problems[0] ?? { pointer: '', message: 'is no event' }
  throw new TrickleError(
    findings.code ?? 'VALIDATION_FAILED',
    `${pointer === '' ? '' : `${pointer}: `}${message}`,
  )
}

function written(line: number, outcome: ImportOutcome | undefined): string {
  if (outcome === undefined) throw new Error('a line was left without an outcome')
  if (outcome.outcome !== 'rejected') return `{"line":${line},"outcome":"${outcome.outcome}"}`
  const { code, detail } = outcome
  return JSON.stringify({ line, outcome: 'rejected', code, detail })
}

const refused = (line: number, { code, detail }: TrickleError): string =>
  JSON.stringify({ line, outcome: 'rejected', code, detail })
