import { expect, it } from 'vitest'
import { sessionIdOf } from '../../../shared/messages/index.ts'

it('is the stated hash of tenant and stream, in 43 characters', () => {
  // printf 'acme\0order-17' | openssl dgst -sha256 -binary | basenc --base64url, without its padding
  expect(sessionIdOf('acme', 'order-17')).toBe('TN4SVoYrmDwRoPBwTeDbtL1h8iGusuuIm2lbRpresfk')
  expect(sessionIdOf('ä', 's'.repeat(255))).toHaveLength(43)
  expect(sessionIdOf('a', 'bc')).not.toBe(sessionIdOf('ab', 'c'))
})
