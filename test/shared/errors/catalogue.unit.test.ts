import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { asTrickleError, errorCatalogue, isTrickleError, TrickleError } from '../../../shared/errors/index.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

describe('the error catalogue', () => {
  it('holds no code that nothing answers with', async () => {
    let source = ''
    for await (const path of glob('{shared,functions}/**/*.ts', { cwd: repository })) {
      if (!path.endsWith('catalogue.ts')) source += await readFile(`${repository}${path}`, 'utf8')
    }
    expect(Object.keys(errorCatalogue).filter((code) => !source.includes(`'${code}'`))).toEqual([])
  })

  it('gives 5xx only to what is ours, and marks as retryable only what may pass by itself', () => {
    const odd = Object.entries(errorCatalogue).filter(
      // 408 and 429 say by themselves that the same request may do later.
      ([, { status, retryable }]) => retryable && status < 500 && ![408, 429].includes(status),
    )
    expect(odd).toEqual([])
  })
})

describe('TrickleError', () => {
  it('takes status, title and retryable from its code and keeps the cause', () => {
    const cause = new Error('socket hang up')
    const error = new TrickleError('DATABASE_UNAVAILABLE', 'No connection.', { cause })
    expect(error).toMatchObject({
      status: 503,
      retryable: true,
      cause,
      message: 'DATABASE_UNAVAILABLE: No connection.',
    })
  })

  it('is what any thrown value becomes, without its text reaching a client', () => {
    const wrapped = asTrickleError(new Error('password=hunter2'))
    expect([wrapped.code, wrapped.detail.includes('hunter2')]).toEqual(['INTERNAL', false])
    expect(isTrickleError(asTrickleError('text'))).toBe(true)
  })
})
