import { z } from 'zod'
import { CommandFailure } from '../frame/index.ts'
import { connectionLost } from './retry.ts'

const outcomeSchema = z.union([
  z.object({ line: z.int(), outcome: z.enum(['appended', 'duplicate', 'skipped']) }),
  z.object({
    line: z.int(),
    outcome: z.literal('rejected'),
    code: z.string(),
    detail: z.string().default(''),
  }),
])

const errorSchema = z.object({
  error: z.looseObject({
    code: z.string(),
    detail: z.string().optional(),
    title: z.string().optional(),
    traceId: z.string().optional(),
  }),
})

export type ServerOutcome = z.infer<typeof outcomeSchema>

/** Longer lines the server does not write; something else answers there. */
const lineCharactersMax = 1_048_576

function strange(text: string): CommandFailure {
  return new CommandFailure(
    'ANSWER_NOT_UNDERSTOOD',
    `What answers does not speak the import protocol: ${text.slice(0, 200)}`,
  )
}

function readLine(text: string): ServerOutcome {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw strange(text)
  }
  const outcome = outcomeSchema.safeParse(value)
  if (outcome.success) return outcome.data
  const failure = errorSchema.safeParse(value)
  if (!failure.success) throw strange(text)
  const { code, detail, title, traceId } = failure.data.error
  const trace = traceId === undefined ? '' : ` (trace ${traceId})`
  throw new CommandFailure(code, `The server broke the import off: ${code}: ${detail ?? title ?? ''}${trace}`)
}

/**
 * The outcomes of a request, those of one arrival together, as they come.
 * @throws CommandFailure with the code of the error line, CONNECTION_LOST, ANSWER_NOT_UNDERSTOOD
 */
export async function* readOutcomes(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<ServerOutcome[]> {
  const decoder = new TextDecoder()
  if (!body) return
  const chunks = body[Symbol.asyncIterator]()
  let rest = ''
  for (;;) {
    let next
    try {
      next = await chunks.next()
    } catch (error) {
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      throw new CommandFailure(connectionLost, `The connection broke off (${cause}).`, { cause: error })
    }
    if (next.done === true) break
    const lines = (rest + decoder.decode(next.value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineCharactersMax) throw strange(rest)
    yield* settled(lines)
  }
  if (rest !== '') yield* settled([rest])
}

/** Those before an error line have happened, and are told before the error. */
function* settled(lines: readonly string[]): Generator<ServerOutcome[]> {
  const outcomes: ServerOutcome[] = []
  try {
    for (const line of lines) {
      if (line !== '') outcomes.push(readLine(line))
    }
  } catch (error) {
    if (outcomes.length > 0) yield outcomes
    throw error
  }
  if (outcomes.length > 0) yield outcomes
}
