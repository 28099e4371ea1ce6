import { afterEach, expect, it, vi } from 'vitest'
import { defineContext } from '../../functions/define-context.ts'

afterEach(() => {
  vi.doUnmock('../../functions/app.ts')
  vi.resetModules()
  vi.restoreAllMocks()
})

it('an app whose contexts clash does not start, and the log of the host says why', async () => {
  const notes = defineContext({ name: 'notes' })
  vi.resetModules()
  vi.doMock('../../functions/app.ts', () => ({ notes, memos: notes }))
  const written: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  const why = 'Two are called notes. Give each the name of its folder in functions/.'
  await expect(import('../../functions/index.ts')).rejects.toThrow(why)
  expect(written.join('')).toContain('The function app could not be loaded')
  expect(written.join('')).toContain(why)
})
