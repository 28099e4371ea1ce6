/**
 * Request heads of many sizes and shapes, without a token. Each must be answered, none may leave an invocation open,
 * and the product must serve the next request. The platform sends each request twice, over HTTP and over gRPC: the two
 * halves of an invocation. If one half is lost and nobody gives up waiting for it, functionTimeout ends the whole
 * worker process.
 */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { AttackFinding, AttackPart, AttackTarget } from './part.ts'

/** Values below, around and above the two limits: 16 KiB of Node and 32 KB of the front. */
const KILOBYTES = [8, 17, 31, 40]
const FRONT_TAKES_KILOBYTES = 32
/** A lost half is given up after about six seconds. What is still open after this time stays open. */
const PATIENCE_MS = 15_000
const PATH = '/api/health/live'
const SOME_ID = '11111111-1111-4111-8111-111111111111'

interface Attack {
  readonly name: string
  /** The head as it is sent, without the empty line at its end. */
  readonly head: string
  readonly hangsUp?: boolean
  /** True for a head that is longer than what is read of it: the connection may end before the refusal arrives. */
  readonly mayBeCut?: boolean
}

function attacks(): Attack[] {
  const get = (query: string, ...headers: string[]): string =>
    [`GET ${PATH}${query} HTTP/1.1`, 'host: localhost', 'connection: close', ...headers].join('\r\n')
  const sizes = KILOBYTES.flatMap((size): Attack[] => {
    const long = 'a'.repeat(size * 1_000)
    const mayBeCut = size > FRONT_TAKES_KILOBYTES
    return [
      { name: `a query of ${size} KB`, head: get(`?${long}`), mayBeCut },
      { name: `a header of ${size} KB`, head: get('', `x-long: ${long}`), mayBeCut },
    ]
  })
  return [
    ...sizes,
    { name: 'an invocation id of its own', head: get('', `x-ms-invocation-id: ${SOME_ID}`) },
    { name: 'two invocation ids', head: get('', 'x-ms-invocation-id: a', 'x-ms-invocation-id: b') },
    { name: 'a header that is not ASCII', head: get('', 'x-name: caf\u00e9') },
    { name: 'the headers given in the query', head: get('?Headers=%7B%22a%20b%22%3A%22c%22%7D') },
    { name: 'an unknown expectation', head: get('', 'expect: wonders') },
    { name: '300 headers', head: get('', ...Array.from({ length: 300 }, (_, index) => `x-${index}: 1`)) },
    { name: 'a host that is none', head: `GET ${PATH} HTTP/1.1\r\nhost: a b\r\nconnection: close` },
    { name: 'a client that hangs up', head: get(''), hangsUp: true },
  ]
}

/** The status of the answer; undefined when the connection ended without one. */
function send(target: AttackTarget, { head, hangsUp }: Attack): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(target.port, target.hostname)
    const done = (): void => {
      socket.destroy()
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]
      resolve(status === undefined ? undefined : Number(status))
    }
    socket.setTimeout(PATIENCE_MS, done)
    socket.on('error', done)
    socket.on('close', done)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.write(Buffer.from(`${head}\r\n\r\n`, 'latin1'), () => {
      if (hangsUp === true) done()
    })
  })
}

async function settledWithin(target: AttackTarget, limitMs: number): Promise<number> {
  const endsAtMs = Date.now() + limitMs
  for (;;) {
    const open = await target.openInvocations()
    if (open === 0 || Date.now() > endsAtMs) return open
    await delay(200)
  }
}

async function attackWith(target: AttackTarget, attack: Attack): Promise<AttackFinding> {
  const status = await send(target, attack)
  const open = await settledWithin(target, PATIENCE_MS)
  const next = await fetch(`${target.url}${PATH}`).then(
    (response) => String(response.status),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  const isAnswered = status !== undefined || attack.hangsUp === true || attack.mayBeCut === true
  return {
    attack: attack.name,
    bar: `answered, no invocation open after ${PATIENCE_MS / 1_000} s, the next request gets 200`,
    seen: `answer ${status ?? 'none'}, ${open} open, next ${next}`,
    holds: isAnswered && open === 0 && next === '200',
  }
}

export const oversizedHeads: AttackPart = {
  name: 'oversized-heads',
  async run(target) {
    const findings: AttackFinding[] = []
    for (const attack of attacks()) findings.push(await attackWith(target, attack))
    return findings
  },
}
