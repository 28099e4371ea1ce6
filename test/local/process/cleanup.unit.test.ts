import { expect, it } from 'vitest'
import { Cleanup } from '../../../local/process/index.ts'

it('ends what was started in the reverse order, one after the other, also when it is asked twice', async () => {
  const cleanup = new Cleanup()
  const seen: string[] = []
  const gates = { folder: Promise.withResolvers<void>(), server: Promise.withResolvers<void>() }
  for (const name of ['folder', 'server'] as const) {
    cleanup.add(async () => {
      seen.push(`${name} begins`)
      await gates[name].promise
      seen.push(`${name} has ended`)
    })
  }
  const first = cleanup.run()
  const second = cleanup.run()
  gates.folder.resolve()
  await Promise.resolve()
  gates.server.resolve()
  await Promise.all([first, second])
  expect(seen).toEqual(['server begins', 'server has ended', 'folder begins', 'folder has ended'])
})

it('tries everything and tells the first failure, to each that asked; what is added later is ended by the next', async () => {
  const cleanup = new Cleanup()
  const seen: string[] = []
  cleanup.add(() => Promise.resolve(seen.push('ended')))
  cleanup.add(() => Promise.reject(new Error('broken')))
  await expect(cleanup.run()).rejects.toThrow('broken')
  cleanup.add(() => Promise.resolve(seen.push('late')))
  await cleanup.run()
  expect(seen).toEqual(['ended', 'late'])
})
