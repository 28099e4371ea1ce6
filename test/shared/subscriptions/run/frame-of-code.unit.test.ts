import { describe, expect, it } from 'vitest'
import { frameOfCode } from '../../../../shared/subscriptions/run/frame-of-code.ts'

const root = new URL('../../../../', import.meta.url).pathname

const withStack = (...frames: string[]): Error =>
  Object.assign(new Error('x'), {
    stack: ['Error: x', ...frames.map((frame) => `    at ${frame}`)].join('\n'),
  })

describe('the frame of the code', () => {
  it.each([
    [`handle (${root}functions/mails/mail.ts:37:5)`],
    [`async Object.handle (${root}functions/mails/mail.ts:37:5)`],
    [`${root}functions/mails/mail.ts:37:5`],
    [`async ${root}functions/mails/mail.ts:37:5`],
    [`async file://${root}functions/mails/mail.ts:37:5`],
    [`new Mail (file://${root}functions/mails/mail.ts:37:5)`],
  ])('is read in each form: %s', (frame) => {
    expect(frameOfCode(withStack(frame))).toBe('functions/mails/mail.ts:37')
  })

  it('is the first that is not of Node, of a package or of shared/', () => {
    const error = withStack(
      'JSON.parse (<anonymous>)',
      'node:internal/process/task_queues:105:5',
      `query (${root}node_modules/pg/lib/client.js:1:1)`,
      `retrying (${root}shared/postgres/pool.ts:2:2)`,
      '/elsewhere/file.ts:3:3',
      `send (${root}functions/mails/send.ts:4:4)`,
      `handle (${root}functions/mails/mail.ts:5:5)`,
    )
    expect(frameOfCode(error)).toBe('functions/mails/send.ts:4')
  })

  it('is looked for in the causes where the error itself has none', () => {
    const cause = withStack(`send (${root}functions/mails/send.ts:4:4)`)
    const error = Object.assign(withStack('node:timers:1:1'), { cause })
    expect(frameOfCode(error)).toBe('functions/mails/send.ts:4')
    const loop = withStack()
    loop.cause = loop
    expect([frameOfCode(loop), frameOfCode('text'), frameOfCode(null)]).toEqual([null, null, null])
  })
})
