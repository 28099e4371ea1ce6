import { createHmac, timingSafeEqual } from 'node:crypto'

/** The one key of the broker, as it stands in its connection string. */
export interface AccessKey {
  readonly name: string
  readonly value: string
}

const SIGNATURE_PREFIX = 'SharedAccessSignature '

/**
 * Why a token is refused; undefined when it is good. A token is a shared access signature: the HMAC-SHA256 of the resource
 * (as it is written in the token) and of the time until which the token is good.
 */
export function refusalOfToken(token: unknown, key: AccessKey, now: number): string | undefined {
  if (typeof token !== 'string' || !token.startsWith(SIGNATURE_PREFIX))
    return 'The local broker takes tokens that are made of the key in its connection string, no others.'
  const fields = new Map(
    token
      .slice(SIGNATURE_PREFIX.length)
      .split('&')
      .map((pair): [string, string] => {
        const at = pair.indexOf('=')
        return [pair.slice(0, at), pair.slice(at + 1)]
      }),
  )
  const [resource, until, keyName, signature] = ['sr', 'se', 'skn', 'sig'].map(
    (name) => fields.get(name) ?? '',
  )
  if (decoded(keyName) !== key.name) return `The key name in the token is not '${key.name}'.`
  const wanted = createHmac('sha256', key.value).update(`${resource}\n${until}`).digest()
  const given = Buffer.from(decoded(signature), 'base64')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return 'The signature of the token is wrong. Each start of the local run has a new key: take the connection string of this one.'
  if (Number(until) * 1000 < now) return 'The token has expired.'
  return undefined
}

function decoded(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '')
  } catch {
    return ''
  }
}
