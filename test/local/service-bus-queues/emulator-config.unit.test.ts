import { describe, expect, it } from 'vitest'
import { emulatorConfigOf, readQueues } from '../../../local/service-bus-queues/index.ts'
import type { Queue } from '../../../local/service-bus-queues/index.ts'

const queue: Queue = {
  name: 'orders',
  lockDuration: 'PT2M',
  maxDeliveryCount: 4,
  defaultMessageTimeToLive: 'PT30M',
  requiresSession: true,
  requiresDuplicateDetection: true,
  duplicateDetectionHistoryTimeWindow: 'PT3M',
  deadLetteringOnMessageExpiration: true,
  sender: ['app'],
  receiver: ['forwarder'],
}

const propertiesOf = (changes: Partial<Queue>) => {
  const { config, narrowed } = emulatorConfigOf([{ ...queue, ...changes }])
  return { properties: config.UserConfig.Namespaces[0].Queues[0]?.Properties, narrowed }
}

describe("the emulator's file", () => {
  it('has the form of the sample that comes with the emulator', () => {
    expect(emulatorConfigOf([queue])).toEqual({
      config: {
        UserConfig: {
          Namespaces: [
            {
              Name: 'sbemulatorns',
              Queues: [
                {
                  Name: 'orders',
                  Properties: {
                    DeadLetteringOnMessageExpiration: true,
                    DefaultMessageTimeToLive: 'PT30M',
                    DuplicateDetectionHistoryTimeWindow: 'PT3M',
                    ForwardDeadLetteredMessagesTo: '',
                    ForwardTo: '',
                    LockDuration: 'PT2M',
                    MaxDeliveryCount: 4,
                    RequiresDuplicateDetection: true,
                    RequiresSession: true,
                  },
                },
              ],
              Topics: [],
            },
          ],
          Logging: { Type: 'Console' },
        },
      },
      narrowed: [],
    })
  })

  it.each([
    ['requiresSession', 'RequiresSession'],
    ['requiresDuplicateDetection', 'RequiresDuplicateDetection'],
    ['deadLetteringOnMessageExpiration', 'DeadLetteringOnMessageExpiration'],
  ] as const)('takes %s as it is, either way', (setting, property) => {
    expect(propertiesOf({ [setting]: true }).properties).toMatchObject({ [property]: true })
    expect(propertiesOf({ [setting]: false }).properties).toMatchObject({ [property]: false })
  })

  it.each([
    ['defaultMessageTimeToLive', 'DefaultMessageTimeToLive', 'PT1M', 'PT5M'],
    ['defaultMessageTimeToLive', 'DefaultMessageTimeToLive', 'P7D', 'PT1H'],
    ['duplicateDetectionHistoryTimeWindow', 'DuplicateDetectionHistoryTimeWindow', 'PT1S', 'PT5S'],
    ['duplicateDetectionHistoryTimeWindow', 'DuplicateDetectionHistoryTimeWindow', 'PT10M', 'PT5M'],
    ['maxDeliveryCount', 'MaxDeliveryCount', 25, 10],
  ] as const)('narrows a %s (%s) of %s to %s, and says so', (setting, property, azure, emulator) => {
    const { properties, narrowed } = propertiesOf({ [setting]: azure })
    expect(properties).toMatchObject({ [property]: emulator })
    expect(narrowed).toEqual([{ queue: 'orders', setting, azure: String(azure), emulator: String(emulator) }])
  })

  it.each([
    ['defaultMessageTimeToLive', 'DefaultMessageTimeToLive', 'PT5M'],
    ['defaultMessageTimeToLive', 'DefaultMessageTimeToLive', 'PT1H'],
    ['duplicateDetectionHistoryTimeWindow', 'DuplicateDetectionHistoryTimeWindow', 'PT5S'],
    ['duplicateDetectionHistoryTimeWindow', 'DuplicateDetectionHistoryTimeWindow', 'PT5M'],
    ['maxDeliveryCount', 'MaxDeliveryCount', 10],
    ['lockDuration', 'LockDuration', 'PT5S'],
    ['lockDuration', 'LockDuration', 'PT5M'],
  ] as const)('keeps a %s (%s) of %s, which lies on its limit', (setting, property, value) => {
    const { properties, narrowed } = propertiesOf({ [setting]: value })
    expect(properties).toMatchObject({ [property]: value })
    expect(narrowed).toEqual([])
  })

  it('takes 50 queues and no more', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...queue, name: `queue-${i}` }))
    expect(emulatorConfigOf(many(50)).config.UserConfig.Namespaces[0].Queues).toHaveLength(50)
    expect(() => emulatorConfigOf(many(51))).toThrow('51 queues and topics, and the emulator takes 50')
  })
})

describe("the project's own queues", () => {
  const messageQueues = [
    ['trickle-commands', true],
    ['trickle-events', false],
    ['trickle-events-ordered', true],
  ] as const

  it('are in the file with every value that the emulator can hold', async () => {
    const { config, narrowed } = emulatorConfigOf(await readQueues())
    const common = { ForwardDeadLetteredMessagesTo: '', ForwardTo: '' }
    expect(config.UserConfig.Namespaces[0].Queues).toEqual([
      {
        Name: 'trickle-nudges',
        Properties: {
          ...common,
          DeadLetteringOnMessageExpiration: false,
          DefaultMessageTimeToLive: 'PT5M',
          DuplicateDetectionHistoryTimeWindow: 'PT20S',
          LockDuration: 'PT1M',
          MaxDeliveryCount: 3,
          RequiresDuplicateDetection: true,
          RequiresSession: false,
        },
      },
      ...messageQueues.map(([Name, RequiresSession]) => ({
        Name,
        Properties: {
          ...common,
          DeadLetteringOnMessageExpiration: true,
          DefaultMessageTimeToLive: 'PT1H',
          DuplicateDetectionHistoryTimeWindow: 'PT5M',
          LockDuration: 'PT5M',
          MaxDeliveryCount: 10,
          RequiresDuplicateDetection: false,
          RequiresSession,
        },
      })),
    ])
    const narrowedOf = (queue: string): object[] =>
      narrowed.filter((one) => one.queue === queue).map(({ queue: _queue, ...rest }) => rest)
    expect(narrowedOf('trickle-nudges')).toEqual([])
    for (const [queue] of messageQueues) {
      expect(narrowedOf(queue)).toEqual([
        { setting: 'defaultMessageTimeToLive', azure: 'P7D', emulator: 'PT1H' },
        { setting: 'maxDeliveryCount', azure: '2000', emulator: '10' },
        { setting: 'duplicateDetectionHistoryTimeWindow', azure: 'PT10M', emulator: 'PT5M' },
      ])
    }
  })

  it("holds topics with their subscriptions, within the emulator's limits", () => {
    const subscription = {
      name: 'all',
      lockDuration: 'PT1M',
      maxDeliveryCount: 100,
      defaultMessageTimeToLive: 'P7D',
      requiresSession: true,
      deadLetteringOnMessageExpiration: true,
    }
    const topic = { name: 'news', defaultMessageTimeToLive: 'PT1M', subscriptions: [subscription] }
    const { config, narrowed } = emulatorConfigOf([], [topic])
    expect(config.UserConfig.Namespaces[0].Topics).toMatchObject([
      {
        Name: 'news',
        Properties: { DefaultMessageTimeToLive: 'PT5M', RequiresDuplicateDetection: false },
        Subscriptions: [
          {
            Name: 'all',
            Properties: { DefaultMessageTimeToLive: 'PT1H', MaxDeliveryCount: 10, RequiresSession: true },
          },
        ],
      },
    ])
    expect(narrowed.map(({ queue, setting }) => `${queue} ${setting}`)).toEqual([
      'news defaultMessageTimeToLive',
      'news/all defaultMessageTimeToLive',
      'news/all maxDeliveryCount',
    ])
  })
})
