import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import {
  isSecret,
  newSecret,
  presentedSecret,
  refusalOf,
  urlWithSecret,
  withoutSecret,
} from '../../../local/loopback/index.ts'
import { pages } from './page.ts'

const request = (headers: Record<string, string>): IncomingMessage =>
  ({ headers }) as unknown as IncomingMessage

describe('who may call', () => {
  it.each(['127.0.0.1', '127.0.0.1:80', 'localhost', 'LOCALHOST:7071', '[::1]:5', '127.1.2.3'])(
    '%s may',
    (host) => {
      expect(refusalOf(request({ host }))).toBeUndefined()
    },
  )

  it.each(pages)('%s may not', (_name, headers) => {
    expect(refusalOf(request(headers))).toMatch(/local run/)
  })

  it.each([
    '',
    ' ',
    '127.0.0.1:',
    '127.0.0.1:80:80',
    'a@127.0.0.1',
    'localhost.',
    '[::1',
    '0x7f.1',
    '127.0.0.1/x',
  ])('"%s" is no name of this machine', (host) => {
    expect(refusalOf(request({ host }))).toMatch(/127\.0\.0\.1 or localhost/)
  })

  it('a request without a name may not', () => {
    expect(refusalOf(request({}))).toMatch(/127\.0\.0\.1 or localhost/)
  })

  it('an address that a person typed may; so may the proxy that the run was told of', () => {
    expect(refusalOf(request({ host: 'localhost', 'sec-fetch-site': 'none' }))).toBeUndefined()
    expect(refusalOf(request({ host: 'Proxy.internal:99' }), ['proxy.internal'])).toBeUndefined()
    expect(refusalOf(request({ host: 'other.internal:99' }), ['proxy.internal'])).toBeDefined()
  })
})

describe('the secret', () => {
  const secret = newSecret()

  it('is long, and another one each time', () => {
    expect(secret).toMatch(/^[\w-]{32}$/)
    expect(newSecret()).not.toBe(secret)
  })

  it('is presented as a bearer token or as the password of the url', () => {
    expect(presentedSecret(request({ authorization: `Bearer ${secret}` }))).toBe(secret)
    const { username, password } = new URL(urlWithSecret('http://127.0.0.1:1', secret))
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    expect(presentedSecret(request({ authorization: `Basic ${basic}` }))).toBe(secret)
    expect(withoutSecret(urlWithSecret('http://127.0.0.1:1', secret))).toBe('http://127.0.0.1:1')
  })

  it.each(['', 'Bearer', `Digest ${secret}`, secret, `Basic ${secret}`])(
    'is not in "%s"',
    (authorization) => {
      expect(isSecret(presentedSecret(request({ authorization })), secret)).toBe(false)
    },
  )

  it('is compared whole', () => {
    expect(isSecret(secret, secret)).toBe(true)
    for (const other of [undefined, '', secret.slice(1), `${secret}a`, newSecret()])
      expect(isSecret(other, secret)).toBe(false)
  })
})
