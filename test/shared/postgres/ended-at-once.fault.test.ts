import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { one, sql } from './support.ts'

/** ReadyForQuery, idle: the last message of a login. */
const READY = Buffer.from('5a0000000549', 'hex')

/** ErrorResponse as a backend sends it that an administrator ends. */
const ended = (() => {
  const fields = Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeUInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
})()

let database: TestDatabase
let proxy: Server
/** Logins after which the server still ends the connection. */
let ends = 0

beforeAll(async () => {
  database = await createDatabase()
  const { hostname, port } = new URL(database.adminUrl)
  proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.pipe(upstream)
    upstream.on('data', (bytes: Buffer) => {
      if (ends > 0 && bytes.subarray(-READY.length).equals(READY)) {
        ends -= 1
        client.end(Buffer.concat([bytes, ended]))
        upstream.destroy()
      } else client.write(bytes)
    })
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve)
  })
})
afterAll(async () => {
  proxy.close()
  await database.drop()
})

describe('a connection that is ended in the packet that opened it', () => {
  it('costs an attempt, and not the process', async () => {
    const url = new URL(database.url('trickle_app'))
    url.port = String((proxy.address() as AddressInfo).port)
    const pool = new Database({ url: url.href, connectionsMax: 1, statements: 'unnamed' })
    ends = 1
    expect(await one(pool.query(sql('select 1')))).toBe('1')
    expect(ends).toBe(0)
    await pool.end()
  })
})
