import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import rhea from 'rhea'
import type { Connection, EventContext } from 'rhea'
import { ServiceBusClient } from '@azure/service-bus'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'
import { runBroker } from './running-broker.ts'

let broker: RunningBroker

beforeAll(async () => {
  broker = await runBroker()
})

afterAll(() => broker.stop())

/** A client that does not show a key. */
function stranger(): Connection {
  return rhea.create_container().connect({ port: broker.port, host: '127.0.0.1', reconnect: false })
}

async function open(): Promise<Socket> {
  const socket = connect(broker.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Whether another client gets on. */
async function serves(): Promise<boolean> {
  const client = new ServiceBusClient(broker.connectionString)
  await client.createSender('work').sendMessages({ body: 'still there' })
  await client.close()
  return true
}

describe('a client without the key', () => {
  test('attaches to nothing', async () => {
    const connection = stranger()
    for (const open of ['open_sender', 'open_receiver'] as const) {
      const closed = new Promise<string>((resolve) => {
        const kind = open === 'open_sender' ? 'sender' : 'receiver'
        connection.once(`${kind}_error`, (context: EventContext) => {
          resolve(String((context[kind]?.error as { condition?: string } | undefined)?.condition))
        })
      })
      connection[open]('work')
      expect(await closed).toBe('amqp:unauthorized-access')
    }
    connection.close()
    await once(connection, 'connection_close')
  })
})

describe('a frame that needs no answer', () => {
  test('gets an empty one, so that the system of the client does not keep back what follows', async () => {
    const connection = stranger()
    await once(connection, 'connection_open')
    const internals = connection as unknown as { socket: Socket; _write_frame(): void }
    const answered = once(internals.socket, 'data') as Promise<[Buffer]>
    // A heartbeat. Without the empty frame the next bytes would come after half a minute.
    internals['_write_frame']()
    const [bytes] = await answered
    expect(bytes.toString('hex')).toBe('0000000802000000')
    connection.close()
    await once(connection, 'connection_close')
  })
})

describe('a client that breaks the protocol', () => {
  test('by bytes that are no AMQP loses its connection, and the others go on', async () => {
    const socket = await open()
    socket.write('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    expect(await serves()).toBe(true)
  })

  test('by a frame longer than any is ended before it is collected', async () => {
    const socket = await open()
    // AMQP without SASL, then a frame that says that it has a gigabyte.
    socket.write(Buffer.from('AMQP\u0000\u0001\u0000\u0000', 'latin1'))
    await once(socket, 'data')
    socket.write(Buffer.from('4000000002000000', 'hex'))
    socket.resume()
    await once(socket, 'close')
    expect(await serves()).toBe(true)
  })
})

describe('what is not built', () => {
  test('is refused by its name', async () => {
    const client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } })
    const sender = client.createSender('work')
    await expect(sender.scheduleMessages({ body: 1 }, new Date())).rejects.toThrow(/schedule-message/u)
    await expect(
      sender.sendMessages({ body: 1, scheduledEnqueueTimeUtc: new Date(Date.now() + 60_000) }),
    ).rejects.toThrow(/scheduled messages/u)
    await sender.sendMessages({ body: 'to defer' })
    const receiver = client.createReceiver('work')
    const [message] = await receiver.receiveMessages(1)
    if (message === undefined) throw new Error('no message')
    await expect(receiver.deferMessage(message)).rejects.toThrow(/deferring/u)
    await client.close()
  })
})
