import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../../shared/errors/index.ts'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import { noColumns } from '../../../../shared/postgres/index.ts'
import { problemLine, RetryLater, runSubscription } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { appendOf, noted } from '../../event-store/support.ts'
import { ample, openStage, Recorder } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { noting, plain } from '../projection/support.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const HERE = 'test/shared/subscriptions/run/problem-line.int.test.ts'

let stage: Stage
let acme: TenantContext

beforeAll(async () => {
  stage = await openStage()
  acme = await stage.tenant('acme')
  const store = new PostgresEventStore(stage.database.pool('trickle_app', 2))
  await store.append(
    acme,
    appendOf('s', {
      events: noted(1),
      trace: { traceParent: `00-${TRACE_ID}-00f067aa0ba902b7-01`, traceState: null },
    }),
  )
})
afterAll(() => stage.database.drop())

/** The lines about the one event, for a subscription with two attempts. */
async function linesOf(name: string, fail: () => void | Promise<void>): Promise<string[]> {
  const recorder = new Recorder()
  recorder.fail = fail
  return linesOfRun(recorder.define(name, { maxAttempts: 2 }))
}

async function linesOfRun(subscription: Parameters<typeof runSubscription>[1]): Promise<string[]> {
  const lines: string[] = []
  const onProblem = (problem: Parameters<typeof problemLine>[0]): void => {
    lines.push(problemLine(problem))
  }
  await runSubscription(stage.worker, subscription, { ...ample, onProblem })
  return lines
}

/** What all lines begin with. */
const begins = (name: string, attempt: number): string =>
  `${name}: Noted, version 1 of stream s of tenant ${acme.tenantId}, attempt ${attempt}, `

describe('the line about a failed attempt', () => {
  it('tells the event, the cause, the line of the code, and the trace of the event', async () => {
    const lines = await linesOf('thrown', () => {
      throw new Error('no e-mail address\nand a second line')
    })
    expect(lines.map((line) => line.replace(/:\d+, trace/, ':LINE, trace'))).toEqual([
      `${begins('thrown', 1)}tried again: no e-mail address at ${HERE}:LINE, trace ${TRACE_ID}`,
      `${begins('thrown', 2)}parked: no e-mail address at ${HERE}:LINE, trace ${TRACE_ID}`,
    ])
  })

  it('names the line that called the database, and what the database said', async () => {
    const [line] = await linesOf('asked', async () => {
      await stage.worker.query({ name: 'half', text: 'select 1 / 0', columns: noColumns, values: [] })
    })
    expect(line).toContain(`tried again: division by zero (22012) at ${HERE}:`)
  })

  it('has the code of an error of Node, and of ours once', async () => {
    const [ofNode] = await linesOf('node', () => {
      throw Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' })
    })
    expect(ofNode).toContain(`connect refused (ECONNREFUSED) at ${HERE}:`)
    const [ours] = await linesOf('ours', () => {
      throw new TrickleError('STREAM_NOT_FOUND', 'No.')
    })
    expect(ours).toContain(`tried again: STREAM_NOT_FOUND: No. at ${HERE}:`)
  })

  it('says that the attempt does not count, and why', async () => {
    const lines = await linesOf('away', () => {
      throw new RetryLater('mail is away')
    })
    expect(lines).toEqual([expect.stringContaining('attempt 1, put off: mail is away at ') as string])
  })

  it('works with what is no error', async () => {
    const [line] = await linesOf('text', () => {
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- foreign code does it
      throw 'just a text'
    })
    expect(line).toBe(`${begins('text', 1)}tried again: just a text, trace ${TRACE_ID}`)
  })

  it('of a projection has the line of its code, and none where the database refused a statement', async () => {
    const [thrown] = await linesOfRun(
      noting('projected', () => {
        throw new Error('bad')
      }),
    )
    expect(thrown).toContain(`bad at ${HERE}:`)
    const [refused] = await linesOfRun(noting('refused', () => [plain('select 1 / 0')]))
    expect(refused).toContain(`division by zero (22012), trace ${TRACE_ID}`)
  })
})
