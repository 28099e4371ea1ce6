import { describe, expect, it } from 'vitest'
import { defineErrors, isTrickleError, TrickleError } from '../../../shared/errors/index.ts'

describe('the errors of a context', () => {
  const errors = defineErrors({
    NOTE_NOT_FOUND: { status: 404, title: 'There is no such note' },
    NOTES_BUSY: { status: 503, title: 'Too many notes at once', retryable: true },
  })

  it('are thrown as those of the catalogue are', () => {
    const error = new TrickleError(errors.NOTE_NOT_FOUND, 'There is no note 7.')
    expect(error).toMatchObject({ code: 'NOTE_NOT_FOUND', status: 404, retryable: false })
    expect([isTrickleError(error), error.message]).toEqual([true, 'NOTE_NOT_FOUND: There is no note 7.'])
    expect(new TrickleError(errors.NOTES_BUSY, 'x')).toMatchObject({ status: 503, retryable: true })
  })

  it('can be told again in other words', () => {
    const again = new TrickleError(new TrickleError(errors.NOTES_BUSY, 'x'), 'y')
    expect(again).toMatchObject({
      code: 'NOTES_BUSY',
      status: 503,
      title: 'Too many notes at once',
      detail: 'y',
    })
  })

  it.each([
    ['a code in small letters', { noteNotFound: { status: 404, title: 't' } }, 'must be in capitals'],
    ['a status of success', { NOTE_FOUND: { status: 200, title: 't' } }, 'from 400 to 599'],
    ['no whole status', { NOTE_FOUND: { status: 404.5, title: 't' } }, 'from 400 to 599'],
  ])('can not have %s', (_, definitions: Parameters<typeof defineErrors>[0], message) => {
    expect(() => defineErrors(definitions)).toThrow(message)
  })
})
