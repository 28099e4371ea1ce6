import { expect, test } from 'vitest'
import { settledBuild } from '../../../local/run/settled-build.ts'

test('a source that changes after its hash was taken and before it is read is built again', async () => {
  let source = 'old'
  const built: string[] = []
  const build = async (): Promise<string> => {
    // The change comes when the hash is known already.
    if (built.length === 0) source = 'new'
    built.push(source)
    return await Promise.resolve(`code of ${source}`)
  }
  const answer = await settledBuild(() => `hash of ${source}`, build)
  expect(answer).toEqual({ type: 'built', hash: 'hash of new', digest: 'code of new' })
  expect(built).toEqual(['new', 'new'])
})

test('a build that fails since a file is half written is tried again with the whole file', async () => {
  let source = 'half'
  const build = async (): Promise<string> => {
    const read = source
    source = 'whole'
    return await (read === 'half'
      ? Promise.reject(new Error('ERROR: Unexpected end of file'))
      : Promise.resolve(read))
  }
  expect(await settledBuild(() => source, build)).toEqual({ type: 'built', hash: 'whole', digest: 'whole' })
})

test('what cannot be built is told in the bundler’s words', async () => {
  const build = (): Promise<string> => Promise.reject(new Error('x.ts:1:2: ERROR: no'))
  expect(await settledBuild(() => 'same', build)).toEqual({
    type: 'failed',
    hash: 'same',
    reason: 'x.ts:1:2: ERROR: no',
  })
})
