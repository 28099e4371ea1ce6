import { words } from '../commands/append.ts'
import type { options } from '../commands/append.ts'
import { z } from 'zod'
import { appendBodyOf, openTenantClient } from '../events/index.ts'
import type { AppendWords } from '../events/index.ts'
import { missingArgument, UsageError } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'

const appendedSchema = z.object({
  streamId: z.string(),
  firstVersion: z.int(),
  version: z.int(),
  events: z.array(z.object({ id: z.string(), version: z.int() })),
})

type Appended = z.output<typeof appendedSchema>

export async function run({
  values,
  positionals,
  home,
  print,
}: ContextOf<typeof options>): Promise<number | void> {
  const [stream = '', source] = positionals
  const wanted = wordsOf(source, values)
  const condition = conditionOf(values.expect)
  const { url, token, insecure, tenant, key } = values
  const send = openTenantClient({ home, url, token, insecure, tenant, role: 'writer' })
  const response = await send(`/api/streams/${encodeURIComponent(stream)}/events`, {
    body: await appendBodyOf(wanted),
    headers: {
      'content-type': 'application/json',
      ...condition,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
  })
  const appended = appendedSchema.parse(await response.json())
  const isReplay = response.headers.get('idempotency-replayed') === 'true'
  print(appended, sentenceOf(appended, isReplay))
}

interface AppendValues {
  readonly type?: string | undefined
  readonly data?: string | undefined
  readonly id?: string | undefined
  readonly metadata?: string | undefined
}

/** @throws UsageError */
function wordsOf(source: string | undefined, { type, data, id, metadata }: AppendValues): AppendWords {
  if (source !== undefined) {
    if ((type ?? data ?? id ?? metadata) === undefined) return { kind: 'events', source }
    throw new UsageError(
      'Either EVENTS or --type and --data: events of a file or of standard input name their own.',
    )
  }
  if (type === undefined || type === '')
    throw missingArgument('append', words, '--type TYPE: what happened, such as ItemAdded')
  if (data === undefined)
    throw missingArgument('append', words, '--data JSON: any JSON value, null if there is nothing to tell')
  return { kind: 'event', type, data, id, metadata }
}

/** The header that demands a version. @throws UsageError */
function conditionOf(expect: string | undefined): Record<string, string> {
  if (expect === undefined) return {}
  if (expect === 'none') return { 'if-none-match': '*' }
  if (expect === 'exists') return { 'if-match': '*' }
  if (/^\d{1,16}$/u.test(expect)) return { 'if-match': `"${Number(expect)}"` }
  throw new UsageError(`--expect takes a version such as 5, or none, or exists, not "${expect}".`)
}

function sentenceOf({ streamId, firstVersion, version, events }: Appended, isReplay: boolean): string {
  const what =
    events.length === 1
      ? `version ${version} of ${streamId} is the event ${events[0]?.id ?? ''}`
      : `versions ${firstVersion} to ${version} of ${streamId} are these ${events.length} events`
  return isReplay ? `It was there already: ${what}.` : `Appended: ${what}.`
}
