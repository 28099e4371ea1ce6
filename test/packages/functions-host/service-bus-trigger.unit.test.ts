import { describe, expect, test } from 'vitest'
import type { HostedFunction } from '../../../packages/functions-host/function-catalog.ts'
import { readTrigger } from '../../../packages/functions-host/service-bus/trigger.ts'

function read(trigger: object, environment: Record<string, string> = { Bus: 'Endpoint=sb://a/' }) {
  const fn: HostedFunction = {
    name: 'f',
    registered: { metadata: { name: 'f', bindings: {} }, callback: () => undefined },
    triggerName: 'message',
    trigger: { type: 'serviceBusTrigger', ...trigger },
    triggerType: 'servicebustrigger',
    disabled: false,
  }
  return readTrigger(fn, environment)
}

describe('a trigger', () => {
  test('of a queue', () => {
    expect(read({ queueName: '%Q%', connection: 'Bus' }, { Q: 'q', Bus: 'Endpoint=sb://a/' })).toEqual({
      source: { queueOrTopic: 'q', subscription: undefined, path: 'q' },
      connectionString: 'Endpoint=sb://a/',
      hasSessions: false,
      isBatch: false,
      isBinary: false,
      autoCompleteMessages: undefined,
    })
  })

  test('of a subscription', () => {
    const { source } = read({ topicName: 't', subscriptionName: 's', connection: 'Bus' })
    expect(source).toEqual({ queueOrTopic: 't', subscription: 's', path: 't/Subscriptions/s' })
  })

  test("finds its connection as the platform does: the prefix first, and 'ServiceBus' by default", () => {
    const queueName = 'q'
    expect(
      read({ queueName, connection: 'Bus' }, { Bus: 'plain', AzureWebJobsBus: 'prefixed' }).connectionString,
    ).toBe('prefixed')
    expect(read({ queueName }, { AzureWebJobsServiceBus: 'default' }).connectionString).toBe('default')
  })

  test.each<[object, Record<string, string>, RegExp]>([
    [
      { queueName: 'q', connection: 'Bus' },
      {},
      /The connection 'Bus' .* missing or empty: set Bus in the app's/u,
    ],
    [{ queueName: 'q', connection: 'Bus' }, { Bus: '' }, /missing or empty/u],
    [
      { queueName: 'q', connection: 'Bus' },
      { Bus__fullyQualifiedNamespace: 'a.servicebus.windows.net' },
      /Bus__fullyQualifiedNamespace is for Azure only: .*set Bus in the app's settings to a connection string/u,
    ],
    [{ connection: 'Bus' }, { Bus: 'x' }, /needs queueName, or topicName and subscriptionName/u],
    [{ queueName: '%Q%', connection: 'Bus' }, { Bus: 'x' }, /'%Q%' does not resolve/u],
    [{ queueName: 'q', connection: 'Bus', cardinality: 'some' }, { Bus: 'x' }, /'one' or 'many'/u],
    [{ queueName: 'q', connection: 'Bus', sdkBinding: true }, { Bus: 'x' }, /does not do sdkBinding/u],
  ])('%o with %o is refused', (trigger, environment, message) => {
    expect(() => read(trigger, environment)).toThrow(message)
  })
})
