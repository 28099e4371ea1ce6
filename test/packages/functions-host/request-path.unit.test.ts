import { expect, test } from 'vitest'
import { readRequestPath } from '../../../packages/functions-host/request-path.ts'

test.each<[target: string, decoded: string, encoded: string, query: string]>([
  ['/api/items?x=1&y=%20', '/api/items', '/api/items', '?x=1&y=%20'],
  ['/', '/', '/', ''],
  ['/a%20b/%C3%A9', '/a b/é', '/a%20b/%C3%A9', ''],
  ['/a%2Fb%2fc', '/a%2Fb%2fc', '/a%2Fb%2fc', ''],
  ['/a/%FF/%C3(', '/a/%FF/%C3(', '/a/%FF/%C3(', ''],
  ['/100%25', '/100%', '/100%25', ''],
  ['/100%', '/100%', '/100%25', ''],
  ['/a/./b', '/a/b', '/a/b', ''],
  ['/a/../b', '/b', '/b', ''],
  ['/a/%2e%2E/b', '/b', '/b', ''],
  ['/../../b', '/b', '/b', ''],
  ['/a/b/..', '/a/', '/a/', ''],
  ['/a/.', '/a/', '/a/', ''],
  ['/..', '/', '/', ''],
  ['/a/..%2Fb', '/a/..%2Fb', '/a/..%2Fb', ''],
  ['/.well-known/x', '/.well-known/x', '/.well-known/x', ''],
  ['/a/...', '/a/...', '/a/...', ''],
  ['//a', '//a', '//a', ''],
  ['/a?b=/../c', '/a', '/a', '?b=/../c'],
  ['http://host:1/a/b?c', '/a/b', '/a/b', '?c'],
  ['http://host', '/', '/', ''],
  ['/%F0%9F%98%80', '/😀', '/%F0%9F%98%80', ''],
])('%s', (target, decoded, encoded, query) => {
  expect(readRequestPath(target)).toEqual({ decoded, encoded, query })
})

test('a null character or no path at all is a bad request', () => {
  expect(readRequestPath('/a%00b')).toBeUndefined()
  expect(readRequestPath('*')).toBeUndefined()
})
