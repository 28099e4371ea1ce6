import { randomUUID } from 'node:crypto'
import { heavyBodies, validBody } from './heavy-body-shapes.ts'
import type { Body } from './heavy-body-shapes.ts'
import type { AttackFinding, AttackPart, AttackTarget } from './part.ts'

/** Often enough to notice every pause of the instance, seldom enough not to load it. */
const PING_EVERY_MS = 10
/** The shortest wait of this many rounds is used: other work on this machine lengthens single waits. */
const ROUNDS = 3
/** Shorter waits can come from the machine itself: from another process, or from the scheduler. */
const NOISE_MS = 250
/** A body that is not answered within this time breaks the bar, since it counts as status 599. */
const ANSWER_WITHIN_MS = 60_000

/** Sends large bodies, valid ones and heavy ones, and measures how long a cheap request waits meanwhile. */
export const heavyBodiesPart: AttackPart = {
  name: 'heavy-bodies',
  async run(target) {
    const token = await target.token('attack-heavy-bodies')
    const findings: AttackFinding[] = []
    const valid = validBody()
    for (const body of heavyBodies()) findings.push(await compare(target, token, valid, body))
    return findings
  },
}

interface Wait {
  readonly waitMs: number
  readonly status: number
}

/** Sends both bodies in turns, so that other load on the machine affects both in the same way. */
async function compare(
  target: AttackTarget,
  token: string,
  valid: Body,
  heavy: Body,
): Promise<AttackFinding> {
  let [validMs, heavyMs, status] = [Infinity, Infinity, 0]
  for (let round = 0; round < ROUNDS; round += 1) {
    validMs = Math.min(validMs, (await waitBeside(target, token, valid)).waitMs)
    const wait = await waitBeside(target, token, heavy)
    heavyMs = Math.min(heavyMs, wait.waitMs)
    ;({ status } = wait)
  }
  return {
    attack: `${heavy.name} (${(heavy.bytes.byteLength / 1e6).toFixed(1)} MB)`,
    bar: `a request beside it waits at most twice as long as beside a valid body, or ${2 * NOISE_MS} ms on a busy machine`,
    seen: `${heavyMs.toFixed(0)} ms, beside a valid body ${validMs.toFixed(0)} ms; answered ${status}`,
    holds: heavyMs <= 2 * Math.max(validMs, NOISE_MS) && status < 500,
  }
}

/** How long the slowest of many cheap requests took while this body was being answered. */
async function waitBeside(
  { url }: AttackTarget,
  token: string,
  { path, headers, bytes }: Body,
): Promise<Wait> {
  const state = { isOver: false }
  const sent = fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      ...headers,
    },
    body: bytes,
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  })
    .then(async (response) => {
      await response.arrayBuffer()
      return response.status
    })
    // No answer counts as the worst answer.
    .catch(() => 599)
    .finally(() => (state.isOver = true))
  let waitMs = 0
  while (!state.isOver) {
    const startedAtMs = performance.now()
    await fetch(`${url}/api/health/live`).then((response) => response.arrayBuffer())
    waitMs = Math.max(waitMs, performance.now() - startedAtMs)
    await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS))
  }
  return { waitMs, status: await sent }
}
