import { expect, test } from 'vitest'
import { reportParked } from '../../../functions/queues/report-parked.ts'
import type { OpenMessages } from '../../../shared/messages/index.ts'
import { textOfFile } from '../../infra/azure/support.ts'

const NOW_MS = Date.parse('2026-11-21T14:30:00Z')

async function linesFor(open: OpenMessages): Promise<string[]> {
  const lines: string[] = []
  await reportParked({ open: () => Promise.resolve(open) }, NOW_MS, {
    warn: (line: string) => lines.push(line),
  })
  return lines
}

test('a line tells how many messages wait, and for how long the oldest', async () => {
  const open = {
    messages: 4,
    isLowerBound: false,
    oldestAt: '2026-11-21T12:30:00Z',
    queues: [
      { queue: 'trickle-commands', messages: 3, oldestAt: '2026-11-21T12:30:00Z' },
      { queue: 'trickle-events', messages: 1, oldestAt: '2026-11-21T13:30:00Z' },
    ],
  }
  expect(await linesFor(open)).toEqual([
    'Parked messages: 4, the oldest for 7200 s (trickle-commands 3, trickle-events 1). Which, and why: trickle queues parked QUEUE',
  ])
  const [line = ''] = await linesFor({ ...open, messages: 10_000, isLowerBound: true })
  expect(line).toContain('Parked messages: at least 10000,')
  // What the alert looks for.
  const [, start = '?'] =
    /Message startswith "([^"]+)"/.exec(textOfFile('infra/modules/alerts/failed-messages.bicep')) ?? []
  expect(line.startsWith(start)).toBe(true)
})

test('nothing is written while no message waits: the alert then ends', async () => {
  expect(await linesFor({ messages: 0, isLowerBound: false, oldestAt: null, queues: [] })).toEqual([])
})
