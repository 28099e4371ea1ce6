import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expectStatus, jsonOf, send, SmokeFailure } from './caller.ts'

export interface SmokeOptions {
  /** Without a slash at the end. */
  readonly url: string
  /** Of the app that serves operators, where there are two apps. Without a slash at the end. */
  readonly operatorUrl?: string | undefined
  /** A token of a tenant, with the roles reader and writer. */
  readonly tenantToken?: string | undefined
  /** A token of an operator. */
  readonly operatorToken?: string | undefined
  /** The tenant that an operator writes for. It is created if it is missing. */
  readonly tenant: string
  /** How long a deployment may take to become ready. */
  readonly readyWithinMs: number
}

export interface SmokeReport {
  readonly tried: readonly string[]
  /** What could not be tried, and what is needed for it. */
  readonly left: readonly string[]
}

/** Pause before asking again whether the deployment is ready. It reuses its own answer for 2 s. */
const READY_PAUSE_MS = 3_000

/**
 * Tries a deployment. Calls `say` after each step.
 * @throws SmokeFailure with what is wrong
 */
export async function runSmoke(options: SmokeOptions, say: (line: string) => void): Promise<SmokeReport> {
  const tried: string[] = []
  const left: string[] = []
  const done = (line: string): void => {
    tried.push(line)
    say(line)
  }
  const { url, operatorUrl = url, operatorToken, tenantToken } = options
  done(`ready${await becomesReady(url, options)}`)
  done(await refusesStrangers(options))
  if (operatorUrl !== url) done(`ready, for operators${await becomesReady(operatorUrl, options)}`)
  if (operatorToken === undefined) left.push('an import by an operator (TRICKLE_OPERATOR_TOKEN)')
  else done(await importsOnce(operatorUrl, options, operatorToken))
  if (tenantToken === undefined) left.push('the first append and read of a tenant (TRICKLE_TOKEN)')
  else done(await appendsAndReads(options, tenantToken))
  return { tried, left }
}

async function becomesReady(url: string, { readyWithinMs }: SmokeOptions): Promise<string> {
  const until = performance.now() + readyWithinMs
  for (;;) {
    let said: string
    try {
      const answer = await send(url, '/api/health/ready')
      if (answer.status === 200) return ': configuration, database and migrations'
      said = `${answer.status} ${answer.text.slice(0, 300)}`
    } catch (error) {
      if (!(error instanceof SmokeFailure)) throw error
      said = error.message
    }
    if (performance.now() >= until)
      throw new SmokeFailure(`not ready within ${Math.round(readyWithinMs / 1_000)} s: ${said}`)
    await sleep(READY_PAUSE_MS)
  }
}

async function refusesStrangers({ url }: SmokeOptions): Promise<string> {
  const answer = await send(url, '/api/events')
  expectStatus(answer, 401, 'a read without a token')
  return 'refuses a read without a token'
}

/** Sends the same event twice. The second time it must be recognized as a duplicate. */
async function importsOnce(url: string, { tenant }: SmokeOptions, token: string): Promise<string> {
  const made = await send(url, '/api/tenants/bulk', {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenants: [{ slug: tenant }] }),
  })
  expectStatus(made, 200, `making the tenant ${tenant}`)
  const id = randomUUID()
  const line = JSON.stringify({ tenant, streamId: `smoke-${id}`, id, type: 'SmokeTested', data: { id } })
  for (const wanted of ['appended', 'duplicate']) {
    const answer = await send(url, '/api/imports/events', {
      method: 'POST',
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${line}\n`,
    })
    expectStatus(answer, 200, 'an import')
    const { outcome } = jsonOf({ ...answer, text: answer.text.trim() }, 'an import')
    if (outcome !== wanted)
      throw new SmokeFailure(`an import: ${wanted} is wanted, got ${answer.text.slice(0, 300)}`)
  }
  return `imports an event for ${tenant} once, however often it is sent`
}

/** A number that a careless parser would change, and text that it would break. */
const DATA = '{"amount": 9007199254740993, "text": "žluťoučký \\u0001"}'

async function appendsAndReads({ url }: SmokeOptions, token: string): Promise<string> {
  const id = randomUUID()
  const path = `/api/streams/smoke-${id}/events`
  const append = {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json', 'if-none-match': '*', 'idempotency-key': id },
    body: `{"id": "${id}", "type": "SmokeTested", "data": ${DATA}}`,
  } as const
  const first = await send(url, path, append)
  expectStatus(first, 201, 'the first append')
  const again = await send(url, path, append)
  expectStatus(again, 201, 'the same append again')
  if (again.text !== first.text)
    throw new SmokeFailure('the same append again has another answer than the first')
  const read = await send(url, path, {
    token,
    headers: { 'consistency-token': first.headers.get('consistency-token') ?? '' },
  })
  expectStatus(read, 200, 'reading it back')
  const { events } = jsonOf(read, 'reading it back')
  if (!Array.isArray(events) || events.length !== 1 || !read.text.includes('9007199254740993'))
    throw new SmokeFailure(`reading it back: not what was appended: ${read.text.slice(0, 300)}`)
  const conflict = await send(url, path, {
    ...append,
    headers: { 'content-type': 'application/json', 'if-none-match': '*' },
    body: '{"type": "SmokeTested", "data": null}',
  })
  expectStatus(conflict, 412, 'an append to a stream that must be new')
  return 'appends once, reads it back unchanged, and refuses a wrong version'
}
