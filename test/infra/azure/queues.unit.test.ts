import { describe, expect, it } from 'vitest'
import { productQueues, queuesOfContexts } from '../../../functions/product.ts'
import { emulatorConfigOf, parseQueues, queuesFile } from '../../../local/service-bus-queues/index.ts'
import { principalOf } from './made-up-values.ts'
import { resourcesOf, template } from './snapshots.ts'
import type { Value } from './snapshots.ts'
import {
  asObject,
  at,
  jsonOfFile,
  ofType,
  ownNameOf,
  SIZES,
  stringOf,
  targetOf,
  textOfFile,
} from './support.ts'

const queues = parseQueues(textOfFile('infra/service-bus/queues.json'), queuesFile)

const SENDER = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
const RECEIVER = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

const plan = resourcesOf('everything')
const made = ofType(plan, 'Microsoft.ServiceBus/namespaces/queues')

/** Values of a queue without what says who may use it. */
const valuesOf = ({
  name: _name,
  sender: _sender,
  receiver: _receiver,
  ...values
}: (typeof queues)[number]): object => values

/** Principals of the identities by the names that queues.json uses. */
const principals = new Map<Value | undefined, string>(
  ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities').map(({ id, name }) => [
    principalOf(id),
    name.split('-')[1] ?? '',
  ]),
)

/** Operators send what failed again, and take it out of the dead-letter queue, whoever else uses the queue. */
const mendedBy = (who: readonly string[]): string[] => [...new Set([...who, 'operator'])]

describe('queues', () => {
  it('are those of queues.json, with all of its values and no other', () => {
    const deployed = Object.fromEntries(made.map((queue) => [ownNameOf(queue), at(queue, 'properties')]))
    expect(deployed).toEqual(Object.fromEntries(queues.map((queue) => [queue.name, valuesOf(queue)])))
    expect(queues.map(({ name }) => name)).toEqual(Object.keys(productQueues()))
  })

  it('are those of the emulator, but for the values that are told to differ', () => {
    const { config, narrowed } = emulatorConfigOf(queues)
    const emulated = config.UserConfig.Namespaces[0].Queues
    expect(emulated.map(({ Name }) => Name).toSorted()).toEqual(made.map(ownNameOf).toSorted())
    for (const { Name, Properties } of emulated) {
      const deployed = asObject(
        at(made.find((queue) => ownNameOf(queue) === Name) ?? { body: {} }, 'properties'),
      )
      const differing = Object.entries(deployed)
        .filter(([name, value]) => {
          const [, own] =
            Object.entries(Properties).find(([key]) => key.toLowerCase() === name.toLowerCase()) ?? []
          return own !== value
        })
        .map(([name]) => name)
      const told = narrowed.filter(({ queue }) => queue === Name).map(({ setting }) => setting)
      expect(differing.toSorted()).toEqual(told.toSorted())
    }
  })

  it('are made one at a time', () => {
    expect(template.resources['platform/serviceBus/made']).toMatchObject({ isLoop: true, batchSize: 1 })
  })

  it('give each right on one queue, to send and to receive apart', () => {
    const given = ofType(plan, 'Microsoft.Authorization/roleAssignments')
      .filter(({ id }) => id.includes('/Microsoft.ServiceBus/'))
      .map(({ id, body }) => {
        const queue = made.find((one) => one.id === targetOf({ id }))
        const role = stringOf(at({ body }, 'properties.roleDefinitionId')).split('/').at(-1)
        return `${queue === undefined ? id : ownNameOf(queue)} ${role} ${principals.get(at({ body }, 'properties.principalId'))}`
      })
    const wanted = queues.flatMap(({ name, sender, receiver }) => [
      ...mendedBy(sender).map((who) => `${name} ${SENDER} ${who}`),
      ...mendedBy(receiver).map((who) => `${name} ${RECEIVER} ${who}`),
    ])
    expect(given.toSorted()).toEqual(wanted.toSorted())
  })
})

describe('messages that failed', () => {
  it('raise an alert, dead letters by queue and parked ones by the line of the app', () => {
    const [deadLetters, ...others] = ofType(plan, 'Microsoft.Insights/metricAlerts')
    expect(others).toEqual([])
    const [namespace] = ofType(plan, 'Microsoft.ServiceBus/namespaces')
    expect(at(deadLetters ?? { body: {} }, 'properties')).toMatchObject({
      scopes: [namespace?.id],
      criteria: {
        allOf: [{ metricName: 'DeadletteredMessages', threshold: 0, dimensions: [{ name: 'EntityName' }] }],
      },
    })
    const rules = ofType(plan, 'Microsoft.Insights/scheduledQueryRules').map(({ name }) => name)
    expect(rules.filter((name) => name.startsWith('parked-messages-'))).toHaveLength(1)
  })
})

describe('without a need for messages', () => {
  const ofServiceBus = (types: readonly string[]): string[] =>
    types.filter((type) => type.startsWith('Microsoft.ServiceBus/'))

  it.each(SIZES)('there is no Service Bus at size %s', (size) => {
    expect(ofServiceBus(resourcesOf(size).map(({ type }) => type))).toEqual([])
    expect(ofType(resourcesOf(size), 'Microsoft.Insights/metricAlerts')).toEqual([])
  })

  it.each(['replicas', 'everything'])('there is one where it is asked for: %s', (shape) => {
    expect(ofServiceBus(resourcesOf(shape).map(({ type }) => type))).toContain(
      'Microsoft.ServiceBus/namespaces',
    )
  })

  it('a private network has no zone and no endpoint for it, and needs no Premium', () => {
    const privately = resourcesOf('private')
    expect(ofServiceBus(privately.map(({ type }) => type))).toEqual([])
    expect(ofType(privately, 'Microsoft.Network/privateEndpoints')).not.toEqual([])
    expect(JSON.stringify(privately)).not.toContain('servicebus')
  })

  it('is what the product says: its file names the queues that a function receives from', () => {
    expect(jsonOfFile('infra/service-bus/queues.json')).toMatchObject({ ofContexts: queuesOfContexts() })
  })
})
