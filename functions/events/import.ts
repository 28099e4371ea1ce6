import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import { defineRouteFor, reply } from '../../shared/http/index.ts'
import type { Caller } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { ImportRun } from './import-run.ts'
import type { ImportRunOptions } from './import-run.ts'
import { namedLines, ownLines } from './import-tenants.ts'
import type { LongHeld } from './long-held.ts'
import { asBulkWork, holderOf } from './permits.ts'
import type { EventServices } from './services.ts'

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

export const importRoute = (services: () => EventServices, permits: LongHeld) =>
  defineRouteFor<TenantContext>()({
    name: 'import-events',
    method: 'POST',
    path: '/api/imports/events',
    summary: 'Import events',
    description:
      'NDJSON in, one outcome a line out, in the same order. A line is an event with `id` and `streamId`; only an operator names its `tenant` (a slug). ' +
      'What reads give as NDJSON can be imported as it is: `streamType` and `traceParent` are kept, `version` and `recordedAt` are given by the log again, and the last line `{"next": ...}` is `skipped`. ' +
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
      const run = new ImportRun(runOptions(services(), caller, traceId))
      const outcomes = run.outcomes(whileAllowed(body, checkAgain))
      return reply(200, { ndjson: asBulkWork(permits.bulk, holderOf(caller), outcomes) })
    },
  })

const runOptions = (
  services: EventServices,
  caller: Caller<TenantContext>,
  traceId: string,
): ImportRunOptions =>
  caller.kind === 'operator'
    ? {
        importer: services.operatorImporter,
        tenants: namedLines(() => services.registry),
        action: operatorAction('import-events', caller, traceId),
      }
    : { importer: services.importer, tenants: ownLines(caller.tenant), action: undefined }

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
