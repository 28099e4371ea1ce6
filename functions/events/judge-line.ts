import { z } from 'zod'
import { asTrickleError, TrickleError } from '../../shared/errors/index.ts'
import { eventSchema, identifier, streamIdSchema } from '../../shared/event-form/index.ts'
import { eventLimits } from '../../shared/event-store/index.ts'
import type { ImportLine } from '../../shared/event-store/index.ts'
import { checkPart } from '../../shared/http/index.ts'
import type { Findings } from '../../shared/http/index.ts'
import { decodeUtf8, parseExactJsonInTurns } from '../../shared/json/index.ts'
import { foldName } from '../../shared/tenancy/index.ts'
import { Turns } from '../../shared/turns/index.ts'
import type { TextLine } from './import-lines.ts'

/** The form in which reads return it: an append stores no other form. */
const TRACE_PARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

const tenantSchema = z.string().min(1).max(63).optional()

/**
 * A new event, or one as reads return it. The line's `version` and `recordedAt` are ignored: the log gives new ones, in
 * the order of the lines.
 */
const lineSchema = eventSchema.extend({
  id: z.string().min(1).max(eventLimits.identifierCharactersMax),
  streamId: streamIdSchema,
  streamType: identifier('streamType').optional(),
  tenant: tenantSchema,
  traceParent: z.string().regex(TRACE_PARENT, 'must be a traceparent of W3C Trace Context').optional(),
  version: z.int().min(1).optional(),
  recordedAt: z.string().optional(),
})

/** The last line of an export: where it ended, and no event. */
const exportEndSchema = z.strictObject({
  next: z.union([z.string(), z.int(), z.null()]),
  tenant: tenantSchema,
})

/** The last line of an export that broke off. */
const exportErrorSchema = z.strictObject({ error: z.looseObject({ code: z.string() }), tenant: tenantSchema })

export interface Judged {
  readonly number: number
  /** What to write, or why the line is refused, or 'skipped' for a valid line that is no event. */
  readonly line:
    | (Omit<ImportLine, 'tenant'> & { readonly tenantSlug: string | null })
    | TrickleError
    | 'skipped'
}

/** Judges each line by itself, in turns: the lines of a batch together are as long as a large body. */
export async function judgeLines(batch: readonly TextLine[]): Promise<Judged[]> {
  const judged: Judged[] = []
  const turns = new Turns()
  for (const line of batch) {
    judged.push(await judgeLine(line))
    await turns.after(line.bytes?.length ?? 0)
  }
  return judged
}

/** A bad line is refused with its reason, and no other line with it. */
async function judgeLine({ number, bytes }: TextLine): Promise<Judged> {
  try {
    if (bytes === null)
      throw new TrickleError(
        'EVENT_TOO_LARGE',
        `The line is longer than ${eventLimits.importLineBytesMax} bytes.`,
      )
    const text = decodeUtf8(bytes)
    const value = await parseExactJsonInTurns(text, { maxDepth: eventLimits.jsonDepthMax })
    if (exportEndSchema.safeParse(value).success) return { number, line: 'skipped' }
    const {
      tenant,
      streamId,
      streamType,
      traceParent,
      version: _given,
      recordedAt: _before,
      ...event
    } = checkLine(value, text.length)
    return {
      number,
      line: {
        tenantSlug: tenant === undefined ? null : foldName(tenant),
        streamId,
        streamType,
        event,
        traceParent,
      },
    }
  } catch (error) {
    return { number, line: asTrickleError(error) }
  }
}

/** @throws TrickleError with the first thing that is wrong */
function checkLine(value: unknown, characters: number): z.output<typeof lineSchema> {
  const findings: Findings = { problems: [], code: undefined }
  const line = checkPart(lineSchema, value, (path) => path.map(String).join('.'), findings, characters)
  if (line !== undefined) return line
  const { pointer, message } = findings.problems[0] ?? { pointer: '', message: 'is no event' }
  throw (
    brokenExport(value) ??
    new TrickleError(
      findings.code ?? 'VALIDATION_FAILED',
      `${pointer === '' ? '' : `${pointer}: `}${message}`,
    )
  )
}

function brokenExport(value: unknown): TrickleError | undefined {
  const found = exportErrorSchema.safeParse(value)
  if (!found.success) return undefined
  return new TrickleError(
    'VALIDATION_FAILED',
    `The export that wrote this file broke off here (${found.data.error.code.slice(0, 64)}): events are missing. Export again; what is imported already is recognised.`,
  )
}
