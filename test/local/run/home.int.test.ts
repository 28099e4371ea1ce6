import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LocalFailure } from '../../../local/failure/index.ts'
import { freePort } from '../../../local/ports/index.ts'
import { ensureApp, inputHash } from '../../../local/run/app-build.ts'
import { holdHome } from '../../../local/run/hold.ts'
import { openHome } from '../../../local/run/home.ts'
import type { Home } from '../../../local/run/home.ts'
import { openLog, rotateLogs, tellingLines } from '../../../local/run/logs.ts'
import { choosePorts, PortsOfRun } from '../../../local/run/ports.ts'
import { rolePasswords } from '../../../local/run/secrets.ts'

/** Free ports for everything. */
const noneAsked = { functions: 0, background: 0, postgres: 0, serviceBus: 0 }

describe('a home', () => {
  let folder: string
  let home: Home
  const cleanups: (() => unknown)[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trickle-home-'))
    home = openHome(join(folder, 'home'))
  })
  afterEach(() => {
    for (const clean of cleanups.splice(0)) clean()
    rmSync(folder, { recursive: true })
  })

  async function take(port: number): Promise<number> {
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close())
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  test('lets nobody else read what it keeps', () => {
    rolePasswords(home)
    expect(statSync(home.secretsFile).mode & 0o777).toBe(0o600)
    for (const part of [home.storage, home.analytics, home.issuer, home.host, home.logs]) {
      expect(statSync(part).mode & 0o777).toBe(0o700)
    }
    expect(statSync(home.folder).mode & 0o066).toBe(0)
  })

  test('keeps its passwords, each of its own', () => {
    const first = rolePasswords(home)
    expect(rolePasswords(openHome(home.folder))).toEqual(first)
    expect(Object.keys(first)).toContain('trickle_worker')
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length)
  })

  test('keeps its ports; one that was taken meanwhile is replaced by another', async () => {
    const first = await choosePorts(home, noneAsked)
    expect(new Set(Object.values(first)).size).toBe(9)
    expect(await choosePorts(home, noneAsked)).toEqual(first)
    await take(first.blob)
    const second = await choosePorts(home, noneAsked)
    expect(second.blob).not.toBe(first.blob)
    expect({ ...second, blob: 0 }).toEqual({ ...first, blob: 0 })
  })

  test('a port that was asked for must be free', async () => {
    const port = await take(0)
    await expect(choosePorts(home, { ...noneAsked, functions: port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      mend: expect.stringContaining('--port N') as string,
    })
    await expect(choosePorts(home, { ...noneAsked, background: port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      mend: expect.stringContaining('--background-port N') as string,
    })
    await expect(choosePorts(home, { ...noneAsked, postgres: port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      mend: expect.stringContaining('--postgres-port N') as string,
    })
  })

  describe('a part that finds its port taken when it listens', () => {
    const taken = new LocalFailure({ code: 'PORT_TAKEN', what: 'taken', where: '', mend: '' })

    test('gets another one, which is kept, while nobody asked for this one', async () => {
      const ports = await PortsOfRun.choose(home, noneAsked)
      const first = ports.current
      const tried: number[] = []
      const started = await ports.startOn(['analytics'], async () => {
        tried.push(ports.current.analytics)
        if (tried.length < 3) throw taken
        return 'serves'
      })
      expect([started, new Set(tried).size, tried[0]]).toEqual(['serves', 3, first.analytics])
      expect({ ...ports.current, analytics: 0 }).toEqual({ ...first, analytics: 0 })
      expect(await choosePorts(home, noneAsked)).toEqual(ports.current)
    })

    test('fails with its own words when the port was asked for, when it fails otherwise, or again and again', async () => {
      const port = await freePort()
      const ports = await PortsOfRun.choose(home, { ...noneAsked, functions: port })
      let starts = 0
      const failing = (error: Error) => () => {
        starts += 1
        return Promise.reject(error)
      }
      await expect(ports.startOn(['functions'], failing(taken))).rejects.toBe(taken)
      await expect(ports.startOn(['issuer'], failing(new Error('broken')))).rejects.toThrow('broken')
      expect(starts).toBe(2)
      await expect(ports.startOn(['issuer'], failing(taken))).rejects.toBe(taken)
      expect(starts).toBe(7)
    })
  })

  test('serves one run at a time', () => {
    const hold = holdHome(home)
    expect(() => holdHome(home)).toThrow(/going on in this home already/u)
    hold.release()
    holdHome(home).release()
    expect(existsSync(join(home.folder, 'folder.lock'))).toBe(false)
  })

  test('a file in its place, or above it, is reported', () => {
    writeFileSync(join(folder, 'file'), '')
    for (const path of [join(folder, 'file'), join(folder, 'file', 'home')]) {
      expect(() => openHome(path)).toThrow(/not a folder/u)
    }
  })

  test('the bundle is built again only when something it is made from has changed', async () => {
    const built: string[] = []
    const build = async (outFolder: string): Promise<void> => {
      built.push(outFolder)
      mkdirSync(outFolder, { recursive: true })
      writeFileSync(join(outFolder, 'main.cjs'), '')
      await Promise.resolve()
    }
    await ensureApp(home, build)
    await ensureApp(home, build)
    expect(built).toEqual([home.app])
    rmSync(join(home.app, 'main.cjs'))
    await ensureApp(home, build)
    writeFileSync(home.appFile, JSON.stringify({ hash: 'of other sources' }))
    const failing = ensureApp(home, async () => await Promise.reject(new Error('interrupted')))
    await expect(failing).rejects.toThrow('interrupted')
    // The old bundle is there, but what was begun on it did not end.
    await ensureApp(home, build)
    expect(built).toHaveLength(3)
  })

  test('the hash of the sources sees contents, names and new files', () => {
    const project = join(folder, 'project')
    const write = (name: string, text: string): string => {
      mkdirSync(dirname(join(project, name)), { recursive: true })
      writeFileSync(join(project, name), text)
      return inputHash(project)
    }
    const hashes = [
      write('functions/a/index.ts', '1'),
      write('functions/a/index.ts', '2'),
      write('functions/a/other.ts', '2'),
      write('shared/b.ts', ''),
      write('host.json', '{}'),
      write('node_modules/.package-lock.json', '{}'),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(write('README.md', 'no input')).toBe(hashes.at(-1))
    rmSync(join(project, 'functions/a/other.ts'))
    expect(hashes).not.toContain(inputHash(project))
  })

  test('a log that has grown too long is moved aside while its writer goes on', () => {
    const file = join(home.logs, 'part.log')
    const log = openLog(file)
    cleanups.push(() => {
      log.close()
    })
    appendFileSync(log.descriptor, 'first\n')
    rotateLogs(home.logs, 100)
    expect(existsSync(`${file}.1`)).toBe(false)
    appendFileSync(log.descriptor, 'x'.repeat(200))
    rotateLogs(home.logs, 100)
    appendFileSync(log.descriptor, 'after\n')
    expect(readFileSync(`${file}.1`, 'utf8')).toBe(`first\n${'x'.repeat(200)}`)
    expect(readFileSync(file, 'utf8')).toBe('after\n')
    expect(log.lastLines()).toBe('after')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('the lines that tell why begin at the error', () => {
    const trace = 'loading\nTypeError: broken\n    at one\n    at two\n\nNode.js v24'
    expect(tellingLines(trace)).toBe('TypeError: broken\n    at one\n    at two\n\nNode.js v24')
    expect(tellingLines('1\n2\n3\n4\n5\n6\n7\n8')).toBe('3\n4\n5\n6\n7\n8')
  })
})
