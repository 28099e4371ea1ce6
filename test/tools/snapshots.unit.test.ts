import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, sourcesOf, staleness } from '../../tools/snapshots/index.ts'
import { hashOfSources, hashOfText } from '../../tools/snapshots/sources.ts'

let folder: string
const put = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-snapshots-'))
  await mkdir(join(folder, 'modules'))
  await mkdir(join(folder, 'snapshots'))
  await put('main.bicep', "var rules = loadJsonContent('sizes.json', 'small')\n")
  await put('sizes.json', '{"small":{"a":1}}')
  await put('unused.json', '{}')
  await put('modules/part.bicep', "var script = loadTextContent('../script.kql')\n")
  await put('script.kql', '.show tables\n')
  await put('snapshots/small.bicepparam', "using '../main.bicep'\n")
  await put('snapshots/small.snapshot.json', '{"small":1}\n')
  await put('snapshots/parameters.json', '{}\n')
  await put('snapshots/template.json', '{}\n')
  await note()
})
afterEach(() => rm(folder, { recursive: true }))

/** As the generator leaves it. */
async function note(): Promise<void> {
  const files = {
    'small.snapshot.json': hashOfText('{"small":1}\n'),
    'parameters.json': hashOfText('{}\n'),
    'template.json': hashOfText('{}\n'),
  }
  await put(
    'snapshots/made-from.json',
    JSON.stringify({ bicep: '1.2.3', sources: await hashOfSources(folder), files }),
  )
}

describe('snapshots', () => {
  it('are made from the Bicep files, what they load, and the parameters', async () => {
    expect(await sourcesOf(folder)).toEqual([
      { file: 'main.bicep', part: '' },
      { file: 'modules/part.bicep', part: '' },
      { file: 'script.kql', part: '' },
      { file: 'sizes.json', part: 'small' },
      { file: 'snapshots/small.bicepparam', part: '' },
    ])
    expect(await staleness(folder)).toEqual([])
  })

  it.each(['main.bicep', 'modules/part.bicep', 'script.kql', 'sizes.json', 'snapshots/small.bicepparam'])(
    'are stale when %s is another one',
    async (file) => {
      await put(file, `${file === 'sizes.json' ? '{"small":{"a":2}}' : '// '}\n`)
      expect(await staleness(folder)).toContain('made from other files')
    },
  )

  it('are not stale by a part that is not loaded, nor by a member that is empty', async () => {
    await put('sizes.json', '{ "small": { "a": 1, "b": "" }, "large": {} }')
    expect(await staleness(folder)).toEqual([])
    await put('sizes.json', '{ "small": { "a": 1, "b": "x" } }')
    expect(await staleness(folder)).toEqual(['made from other files'])
  })

  it('are the same on a machine with other ends of lines', async () => {
    await put('script.kql', '.show tables\r\n')
    await put('snapshots/small.snapshot.json', '{"small":1}\r\n')
    expect(await staleness(folder)).toEqual([])
  })

  it('are not changed by hand', async () => {
    await put('snapshots/small.snapshot.json', '{"small":2}\n')
    expect(await staleness(folder)).toEqual(['small.snapshot.json: changed by hand'])
  })

  it('are all there, and none is left over', async () => {
    await rm(join(folder, 'snapshots', 'template.json'))
    await put('snapshots/large.bicepparam', "using '../main.bicep'\n")
    expect(await staleness(folder)).toEqual([
      'made from other files',
      'large.snapshot.json: not made',
      'template.json: not made',
    ])
    await rm(join(folder, 'snapshots', 'small.bicepparam'))
    expect(await staleness(folder)).toContain('small.snapshot.json: its parameters are gone')
  })

  it('are stale where nothing says what they were made from', async () => {
    await rm(join(folder, 'snapshots', 'made-from.json'))
    expect(await staleness(folder)).toEqual(['there is no made-from.json'])
  })
})

describe('the digest of a compiled template', () => {
  it('holds parameters, outputs, order, loops and retries, in modules too', () => {
    const inner = {
      resources: {
        one: { type: 'A/b', apiVersion: '1', copy: { name: 'one', count: 2, mode: 'serial', batchSize: 1 } },
        two: { type: 'A/b', apiVersion: '1', existing: true, dependsOn: ['one'] },
      },
    }
    const template = {
      parameters: { size: { type: 'string', metadata: { description: 'for people' } } },
      resources: {
        part: {
          type: 'Microsoft.Resources/deployments',
          apiVersion: '1',
          condition: '[true()]',
          '@options': { retryOn: [['Busy'], 2], onlyIfNotExists: [] },
          properties: { template: inner },
        },
      },
      outputs: { NAME: { type: 'string', value: 'x' } },
    }
    expect(digestOf(JSON.stringify(template))).toEqual({
      parameters: { size: { type: 'string' } },
      definitions: {},
      outputs: { NAME: 'string' },
      resources: {
        part: { type: 'module', condition: true, options: { onlyIfNotExists: [], retryOn: [['Busy'], 2] } },
        'part/one': { type: 'A/b@1', isLoop: true, batchSize: 1 },
        'part/two': { type: 'A/b@1', existing: true, waitsFor: ['one'] },
      },
    })
  })
})
