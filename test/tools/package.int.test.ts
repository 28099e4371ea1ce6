import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noPlatform, product } from '../../functions/product.ts'
import { docsAssets } from '../../shared/http/docs-assets.ts'
import { buildApp } from '../../tools/build.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))

/** As deep in the repository as dist/app is, so that what the build writes about places is what it writes there. */
const outFolder = join(repository, 'dist', `inspected-${process.pid}`)
/** Outside the repository: what is missing in the package can't be found by accident. */
let bare: string
let files: string[]
const texts = new Map<string, string>()

beforeAll(async () => {
  await buildApp({ outFolder })
  bare = await mkdtemp(join(tmpdir(), 'trickle-package-'))
  await cp(outFolder, join(bare, 'app'), { recursive: true })
  const entries = await readdir(outFolder, { recursive: true, withFileTypes: true })
  files = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(outFolder.length + 1)
        .replaceAll('\\', '/'),
    )
    .toSorted()
  for (const file of files) texts.set(file, await readFile(join(outFolder, file), 'latin1'))
})
afterAll(async () => {
  await rm(outFolder, { recursive: true, force: true })
  await rm(bare, { recursive: true, force: true })
})

/** Packages that the bundle asks for only when something else is missing, and does without. */
const optional: Readonly<Record<string, string>> = {
  'pg-native': 'pg: only when `pg.native` is asked for, which nothing does',
  'pg-cloudflare': 'pg: only in Cloudflare’s workers',
}

/** Provided by the platform's worker. */
const PROVIDED = '@azure/functions-core'

/**
 * Every new instance fetches the whole package and loads the entry before its first request. The limits are half again
 * what it was when they were set: a package that grows so far has taken in what does not belong there, a second copy of
 * an SDK or one that a chunk should hold.
 */
const limits = { allBytes: 12_500_000, entryBytes: 1_200_000 } as const

/** What the worker does: it puts a Proxy around Module.prototype.require that answers for its own module. */
const workerScript = (main: string): string => `
  const Module = require('node:module')
  const registered = []
  const disposable = { dispose() {} }
  const core = {
    version: '3.14.1', hostVersion: '4.1052.200', Disposable: class { dispose() {} },
    registerFunction: (metadata) => { registered.push(metadata); return disposable },
    registerHook: () => disposable, setProgrammingModel: () => {}, getProgrammingModel: () => undefined, log: () => {},
  }
  Module.prototype.require = new Proxy(Module.prototype.require, {
    apply: (target, self, given) => given[0] === '${PROVIDED}' ? core : Reflect.apply(target, self, given),
  })
  require(${JSON.stringify(main)})
  process.stdout.write(JSON.stringify(registered.map(({ name, bindings }) => [name, Object.values(bindings).map(({ type }) => type)])))
`

async function registered(): Promise<[string, string[]][]> {
  const script = join(bare, 'worker.cjs')
  await writeFile(script, workerScript(join(bare, 'app', 'main.cjs')))
  // Functions that receive are there where the app has their connections. Nothing is connected here.
  const env = { PATH: '', ServiceBusConnection: 'x', ServiceBusForwarderConnection: 'x' }
  const { stdout, stderr } = await run(process.execPath, [script], { cwd: bare, env })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as [string, string[]][]
}

describe('the files of the package', () => {
  it('are what is deployed, and nothing from development', () => {
    const chunks = files.filter((file) => /^chunks\/[a-z-]+\.cjs$/.test(file))
    const assets = docsAssets.files.map((file) => `assets/docs/${file}`)
    const code = ['app.cjs', ...chunks]
    const maps = code.map((file) => `${file}.map`)
    const wanted = ['host.json', 'package.json', 'main.cjs', ...assets, ...code, ...maps]
    expect(files).toEqual(wanted.toSorted())
    expect(chunks.length).toBeGreaterThan(3)
  })

  it('tell nothing of the machine that built them', () => {
    // Short ones (/, /tmp, /root) stand in ordinary code too.
    const places = [repository.replace(/\/$/, ''), homedir(), tmpdir()].filter((place) => place.length > 8)
    expect(places.length).toBeGreaterThan(0)
    for (const [file, text] of texts)
      expect([file, places.filter((place) => text.includes(place))]).toEqual([file, []])
  })

  it('have maps that lead into the repository and hold no source', () => {
    for (const [file, text] of texts) {
      if (!file.endsWith('.map')) continue
      const map = JSON.parse(text) as { sources: string[]; sourcesContent?: unknown }
      // Libraries that were bundled before bring names of their own.
      const sources = map.sources.filter((source) => !source.startsWith('webpack://'))
      const places = sources.map((source) => relative(repository, resolve(outFolder, dirname(file), source)))
      expect([
        file,
        places.filter((place) => !/^(?:functions|shared|node_modules)[/\\]|^package\.json$/.test(place)),
      ]).toEqual([file, []])
      expect([file, map.sourcesContent]).toEqual([file, undefined])
    }
  })

  it('ask for nothing but Node, one another, and what is declared', () => {
    for (const [file, text] of texts) {
      if (!file.endsWith('.cjs')) continue
      const asked = [...text.matchAll(/\b(?:require|import)\(\s*["'`]([^"'`]+)["'`]\s*\)/g)].map(
        ([, name = '']) => name,
      )
      const others = asked.filter(
        (name) =>
          !isBuiltin(name) &&
          name !== PROVIDED &&
          !(name in optional) &&
          !files.includes(join(file, '..', name)),
      )
      expect([file, others]).toEqual([file, []])
    }
  })
})

describe('the package in a bare folder', () => {
  it('registers every function', async () => {
    const functions = await registered()
    const { routes, timers, queues, subscriptions } = product().triggersOn(noPlatform)
    const reference = ['docs-asset', 'docs-errors', 'docs-openapi', 'docs-page', 'zz-not-found']
    const namesOf = (type: string): string[] =>
      functions.filter(([, types]) => types.includes(type)).map(([name]) => name)
    expect(namesOf('httpTrigger').toSorted()).toEqual(
      [...routes.map(({ name }) => name), ...reference].toSorted(),
    )
    expect(namesOf('timerTrigger').toSorted()).toEqual(
      [
        ...timers.map(({ name }) => name),
        ...subscriptions.map(({ name }) => `subscription-${name}`),
      ].toSorted(),
    )
    expect(namesOf('timerTrigger')).toContain('forwarding')
    expect(namesOf('serviceBusTrigger').toSorted()).toEqual(
      [...queues.map(({ name }) => name), 'trickle-nudges'].toSorted(),
    )
  })
})

describe('the size of the package', () => {
  const sizeOf = async (names: readonly string[]): Promise<number> => {
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(outFolder, name))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  it('is within its limits, and what the documents say', async () => {
    const all = await sizeOf(files)
    const entry = await sizeOf(['main.cjs', 'app.cjs'])
    expect(all).toBeLessThan(limits.allBytes)
    expect(entry).toBeLessThan(limits.entryBytes)
    const page = await readFile(join(repository, 'docs', 'dependencies.md'), 'utf8')
    const [, allMb, entryKb] = /`dist\/app` has ([\d.]+) MB.*`app\.cjs` (\d+) kB/.exec(page) ?? []
    // A tenth of difference: a page need not change with every line of code.
    expect(Math.abs(all / 1_000_000 / Number(allMb) - 1)).toBeLessThan(0.1)
    expect(Math.abs(entry / 1_000 / Number(entryKb) - 1)).toBeLessThan(0.1)
  })
})
