import { setTimeout as delay } from 'node:timers/promises'
import { uploadPace } from '../../shared/http/index.ts'
import { ANSWERED_WITHIN_MS, ATTACKERS, describeAnswers, isShare } from './attack.ts'
import type { HeldPlacesAttack } from './attack.ts'
import { cameTrue } from './requests.ts'
import type { Caller, OpenRequest } from './requests.ts'

/** The places for bulk work that one tenant may hold. */
const SHARE = 2
const BLANK_LINE_EVERY_MS = 1_000

/** Imports of one tenant that send one line of content and then a blank line every second, without end. */
export const uploadsOfBlankLines: HeldPlacesAttack = async ({ greedy, quiet }, target) => {
  const attackers = Array.from({ length: ATTACKERS }, (_, index) => upload(greedy, slowBody(`slow-${index}`)))
  await cameTrue(() => isShare(attackers, SHARE), ANSWERED_WITHIN_MS)
  const seen = describeAnswers(attackers)
  const isHalved = isShare(attackers, SHARE)
  const held = attackers.filter((one) => one.status() !== 429)
  const other = upload(quiet, lineOf('quick'))
  const isDone = (await other.text()).includes('"appended"')
  const stillHeld = held.filter((one) => one.status() === null).length
  const endings = await Promise.all(held.map(endingOf))
  const areEnded = await cameTrue(async () => (await target.openInvocations()) === 0, ANSWERED_WITHIN_MS)
  const openAfter = await target.openInvocations()
  for (const one of attackers) one.leave()
  return [
    {
      attack: `${ATTACKERS} imports of one tenant fed a blank line a second`,
      bar: `${SHARE} have a place, the others 429 with Retry-After; another's import is done while these are held`,
      seen: `${seen}; the other's ${isDone ? 'done' : 'not done'} beside ${stillHeld} held`,
      holds: isHalved && isDone && stillHeld === SHARE,
    },
    {
      attack: 'the imports that have a place, fed on and on',
      bar: `after ${uploadPace.withinMs / 1_000} s of it UPLOAD_TOO_SLOW as the last line, after what was done; no invocation stays open`,
      seen: `${endings.join(', ')}; ${openAfter} invocations open afterwards`,
      holds: endings.every((ending) => ending === 'appended, UPLOAD_TOO_SLOW') && areEnded,
    },
  ]
}

const lineOf = (id: string): string => `{"id":"${id}","streamId":"import","type":"Small","data":1}\n`

const upload = (caller: Caller, body: NonNullable<RequestInit['body']>): OpenRequest =>
  caller.send('/api/imports/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
    duplex: 'half',
  })

function slowBody(id: string): ReadableStream<Uint8Array> {
  let isFirst = true
  return new ReadableStream({
    async pull(controller) {
      if (!isFirst) await delay(BLANK_LINE_EVERY_MS)
      controller.enqueue(Buffer.from(isFirst ? lineOf(id) : '\n'))
      isFirst = false
    },
  })
}

/** The answer to an import: the outcome of its first line, and the error code of its last line. */
async function endingOf(request: OpenRequest): Promise<string> {
  const lines = (await request.text().catch(() => '')).trimEnd().split('\n')
  const codes = lines.map((line) => {
    try {
      const told = JSON.parse(line) as { outcome?: string; error?: { code: string } }
      return told.outcome ?? told.error?.code ?? 'something else'
    } catch {
      return 'no JSON'
    }
  })
  return codes.join(', ')
}
