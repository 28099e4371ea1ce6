import { describe, expect, it } from 'vitest'
import { addressOf } from '../../../shared/postgres/index.ts'

describe('the address of a url', () => {
  it('has host, port, login and database, as a driver takes them', () => {
    expect(addressOf('postgres://a%40b:secret@db.example.com:6432/my%20data')).toEqual({
      host: 'db.example.com',
      port: 6432,
      user: 'a@b',
      database: 'my data',
      ssl: { rejectUnauthorized: true },
    })
    expect(addressOf('postgres://app@[::1]/trickle')).toMatchObject({ host: '::1', port: 5432 })
  })

  it.each(['localhost', '127.0.0.1', '127.10.20.30', '[::1]'])(
    'goes without TLS on %s, which is this machine',
    (host) => {
      expect(addressOf(`postgres://app@${host}/trickle`).ssl).toBe(false)
      expect(addressOf(`postgres://app@${host}/trickle?sslmode=verify-full`).ssl).toEqual({
        rejectUnauthorized: true,
      })
    },
  )

  it.each(['localhost.example.com', 'localhosts', '127.example.com', '10.0.0.1', '[::1:2]', '[2001:db8::1]'])(
    'verifies the certificate of %s, which is another machine, whatever the url says',
    (host) => {
      for (const query of ['', '?sslmode=disable', '?sslmode=require'])
        expect(addressOf(`postgres://app@${host}/trickle${query}`).ssl).toEqual({ rejectUnauthorized: true })
    },
  )
})
