import { describe, expect, it } from 'vitest'
import { parseDurationSeconds, parseQueues, readQueues } from '../../../local/service-bus-queues/index.ts'

const settings = {
  lockDuration: 'PT1M',
  maxDeliveryCount: 3,
  defaultMessageTimeToLive: 'PT5M',
  requiresSession: false,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: 'PT20S',
  deadLetteringOnMessageExpiration: false,
  sender: ['app'],
  receiver: ['forwarder'],
}

const parse = (changes: object, name = 'orders') =>
  parseQueues(
    JSON.stringify({ queues: { [name]: { ...settings, ...changes } }, ofContexts: [] }),
    'queues.json',
  )

describe('durations', () => {
  it.each([
    ['PT20S', 20],
    ['PT1M', 60],
    ['PT1M30S', 90],
    ['PT2H', 7_200],
    ['P7D', 604_800],
    ['P1DT1H1M1S', 90_061],
    ['PT0S', 0],
  ])('%s is %i s', (text, seconds) => {
    expect(parseDurationSeconds(text)).toBe(seconds)
  })

  it.each(['', 'P', 'PT', 'P1DT', '5M', 'PT5', 'P1M', 'P1W', 'pt5m', 'PT1.5S', '-PT1M', 'PT1M '])(
    '"%s" is none',
    (text) => {
      expect(parseDurationSeconds(text)).toBeUndefined()
    },
  )
})

describe('the description of the queues', () => {
  it('is read with its names', () => {
    expect(parse({})).toEqual([{ name: 'orders', ...settings }])
  })

  it.each([
    [{ lockDuration: 'PT4S' }, 'queues.orders.lockDuration: must be between 5 s and 300 s'],
    [{ lockDuration: 'PT5M1S' }, 'queues.orders.lockDuration: must be between 5 s and 300 s'],
    [{ lockDuration: 'five minutes' }, 'queues.orders.lockDuration: must be a duration like PT5M'],
    [{ maxDeliveryCount: 0 }, 'queues.orders.maxDeliveryCount'],
    [{ maxDeliveryCount: 2_001 }, 'queues.orders.maxDeliveryCount'],
    [{ maxDeliveryCount: 2.5 }, 'queues.orders.maxDeliveryCount'],
    [{ defaultMessageTimeToLive: 'PT0S' }, 'queues.orders.defaultMessageTimeToLive'],
    [{ duplicateDetectionHistoryTimeWindow: 'PT19S' }, 'must be between 20 s and 604800 s'],
    [{ duplicateDetectionHistoryTimeWindow: 'P8D' }, 'must be between 20 s and 604800 s'],
    [{ requiresSession: 'true' }, 'queues.orders.requiresSession'],
    [{ sender: [] }, 'queues.orders.sender'],
    [{ receiver: ['everybody'] }, 'queues.orders.receiver'],
    [{ lockduration: 'PT1M' }, 'lockduration'],
  ])('refuses %j', (changes, message) => {
    expect(() => parse(changes)).toThrow(message)
  })

  it('refuses a name that the service would not take, and says which file', () => {
    expect(() => parse({}, '-orders')).toThrow('queues.json can not be used')
  })

  it('holds the queues of the project, each with somebody who sends and somebody who receives', async () => {
    const queues = await readQueues()
    expect(queues.map(({ name, sender, receiver }) => ({ name, sender, receiver }))).toEqual([
      { name: 'trickle-nudges', sender: ['app', 'worker', 'operator'], receiver: ['forwarder'] },
      ...['trickle-commands', 'trickle-events', 'trickle-events-ordered'].map((name) => ({
        name,
        sender: ['app', 'operator'],
        receiver: ['worker'],
      })),
    ])
  })
})
