import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { productQueues, queuesOfContexts } from '../../../functions/product.ts'
import { emulatorConfigOf, parseQueues, queuesFile } from '../../../local/service-bus-queues/index.ts'
import { propertyOf, readBicep, Template } from '../../support/bicep/index.ts'
import type { Value } from '../../support/bicep/index.ts'
import {
  asObject,
  at,
  everything,
  fileOf,
  jsonOfFile,
  least,
  ofType,
  planOf,
  required,
  SIZES,
  stringOf,
  textOfFile,
} from './support.ts'

const queues = parseQueues(textOfFile('infra/service-bus/queues.json'), queuesFile)

const SENDER = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
const RECEIVER = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

const plan = planOf(everything)
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
  ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities').map(({ path, type, name }) => [
    propertyOf(type, name, 'principalId'),
    path.split('/').at(-1) ?? '',
  ]),
)

describe('queues', () => {
  it('are those of queues.json, with all of its values and no other', () => {
    const deployed = Object.fromEntries(
      made.map(({ name, body }) => [stringOf(name), at({ body }, 'properties')]),
    )
    expect(deployed).toEqual(Object.fromEntries(queues.map((queue) => [queue.name, valuesOf(queue)])))
    expect(queues.map(({ name }) => name)).toEqual(Object.keys(productQueues()))
  })

  it('are those of the emulator, but for the values that are told to differ', () => {
    const { config, narrowed } = emulatorConfigOf(queues)
    const emulated = config.UserConfig.Namespaces[0].Queues
    expect(emulated.map(({ Name }) => Name).toSorted()).toEqual(
      made.map(({ name }) => stringOf(name)).toSorted(),
    )
    for (const { Name, Properties } of emulated) {
      const deployed = asObject(at(made.find(({ name }) => name === Name) ?? { body: {} }, 'properties'))
      const differing = Object.entries(deployed)
        .filter(([name, value]) => {
          const [, own] =
            Object.entries(Properties).find(([key]) => key.toLowerCase() === name.toLowerCase()) ?? []
          return own !== value
        })
        .map(([name]) => name)
      expect(differing).toEqual(narrowed.filter(({ queue }) => queue === Name).map(({ setting }) => setting))
    }
  })

  it('are made one at a time', () => {
    for (const { decorators } of made) expect(decorators.map(({ name }) => name)).toContain('batchSize')
  })

  it('give each right on one queue, to send and to receive apart', () => {
    const given = ofType(plan, 'Microsoft.Authorization/roleAssignments')
      .filter(({ path }) => path.includes('serviceBus/'))
      .map(({ scope, body }) => {
        const queue = made[Number(/^made\[(\d+)\]$/.exec(scope)?.[1])]
        const role = stringOf(at({ body }, 'properties.roleDefinitionId')).split('/').at(-1)
        return `${stringOf(queue?.name)} ${role} ${principals.get(at({ body }, 'properties.principalId'))}`
      })
    const wanted = queues.flatMap(({ name, sender, receiver }) => [
      ...sender.map((who) => `${name} ${SENDER} ${who}`),
      ...receiver.map((who) => `${name} ${RECEIVER} ${who}`),
    ])
    expect(given.toSorted()).toEqual(wanted.toSorted())
  })
})

describe('without a need for messages', () => {
  const ofServiceBus = (types: readonly string[]): string[] =>
    types.filter((type) => type.startsWith('Microsoft.ServiceBus/'))

  it.each(SIZES)('there is no Service Bus at size %s', (size) => {
    expect(ofServiceBus(planOf({ size }).map(({ type }) => type))).toEqual([])
    expect(ofServiceBus(planOf({ size, serviceBusTier: 'bySize' }).map(({ type }) => type))).toContain(
      'Microsoft.ServiceBus/namespaces',
    )
  })

  it('a private network has no zone and no endpoint for it, and needs no Premium', () => {
    const plan = planOf({ size: 'standard', network: 'private' })
    expect(ofServiceBus(plan.map(({ type }) => type))).toEqual([])
    expect(JSON.stringify(plan.map(({ body }) => body))).not.toContain('servicebus')
  })

  it('is what the product says: its file names the queues that a function receives from', () => {
    expect(jsonOfFile('infra/service-bus/queues.json')).toMatchObject({ ofContexts: queuesOfContexts() })
  })

  it('is refused where a context receives, since the host could not start that function', () => {
    const folder = mkdtempSync(join(tmpdir(), 'infra-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    cpSync(fileOf('infra'), folder, { recursive: true })
    const { queues: all } = jsonOfFile('infra/service-bus/queues.json') as { queues: object }
    writeFileSync(
      join(folder, 'service-bus', 'queues.json'),
      JSON.stringify({ queues: all, ofContexts: ['trickle-orders'] }),
    )
    const problemsWith = (serviceBusTier: string): unknown =>
      new Template(readBicep(join(folder, 'main.bicep')), { ...required, ...least, serviceBusTier }).variable(
        'problems',
      )
    expect(problemsWith('off')).toEqual([
      expect.stringMatching(/^TRICKLE_SERVICE_BUS_TIER: .*trickle-orders.* bySize\.$/),
    ])
    expect(problemsWith('bySize')).toEqual([])
  })
})
