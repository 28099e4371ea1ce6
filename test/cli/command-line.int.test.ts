import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommandLine } from '../../cli/frame/index.ts'
import { commandNames, loadCommand } from '../../cli/frame/registry.ts'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly error: string
}

async function trickle(...words: string[]): Promise<Outcome> {
  const texts = { out: '', error: '' }
  const code = await runCommandLine(words, {
    out: (text) => {
      texts.out += text
    },
    error: (text) => {
      texts.error += text
    },
  })
  return { code, ...texts }
}

describe('the command line', () => {
  let home: string
  beforeEach(() => {
    home = join(mkdtempSync(join(tmpdir(), 'trickle-cli-')), 'home')
  })
  afterEach(() => {
    rmSync(join(home, '..'), { recursive: true })
  })

  test('every command is called what its file is called, and has a help of its own', async () => {
    expect(commandNames()).toEqual(expect.arrayContaining(['start', 'status', 'stop', 'token', 'wait']))
    for (const name of commandNames()) {
      expect((await loadCommand(name)).name).toBe(name)
      const { code, out } = await trickle(name, '--help')
      expect(code).toBe(0)
      expect(out).toContain(`Usage: npx trickle ${name}`)
      expect(out).toContain('--home DIR')
      expect(await trickle('help', name)).toEqual({ code: 0, out, error: '' })
    }
  })

  test('the overview names every command', async () => {
    const { code, out } = await trickle('--help')
    expect(code).toBe(0)
    for (const name of commandNames()) expect(out).toContain(`\n  ${name} `)
    expect(await trickle()).toEqual({ code: 2, out: '', error: out })
    expect(await trickle('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/u),
    })
  })

  test.each([
    [['sart'], 'Did you mean "start"?'],
    [['start', '--prot', '1'], 'Did you mean --port?'],
    [['start', '--port', 'x'], '--port takes a whole number'],
    [['start', 'now'], 'Unexpected argument: now'],
    [['start', '--postgres-via', 'nowhere'], 'HOST:PORT'],
    [['start', '--postgres', 'http://x'], 'postgres:// url'],
    [['start', '--postgres', 'postgres://x', '--fresh'], '--fresh clears what the home holds'],
    [['start', '--port', '--fresh'], '--port takes a value: --port N (port of the public app'],
    [['analytics'], 'QUERY: a query in KQL'],
    [['analytics'], 'Example: npx trickle analytics "EventsRaw'],
    [['import'], 'FILE: a file of NDJSON'],
    [['import', 'a', 'b'], 'Unexpected argument: b\nUsage: npx trickle import FILE'],
    [['help', 'tokn'], 'Did you mean "token"?'],
    [['quite-another'], 'There are actions, '],
    [['tenants'], 'create SLUG [--name NAME]'],
    [['tenants', 'lst'], 'Did you mean "tenants list"?'],
    [['tenants', 'drop'], 'create SLUG [--name NAME]'],
    [['tenants', 'create'], 'Example: npx trickle tenants create acme'],
    [['log', 'new-epoch'], '--reason TEXT'],
    [['token', '--roles', 'king'], 'Unknown role: king'],
    [['token', '--roles', 'operator', '--tenant', 'acme'], 'leave --tenant away'],
    [['token', '--roles', 'reader'], '--tenant acme'],
    [['token', '--service', '--tenant', 'acme'], 'leave --tenant away'],
    [['token', '--service', '--roles', 'writer,admin'], 'not admin'],
    [['token', '--service', '--roles', 'operator'], 'not operator'],
    [['token', '--roles', 'service,writer'], 'made by --service'],
    [['token', '--tenant', 'acme', '--expires', '8d'], 'at most 7d'],
    [['actions', '--limit', '0'], '--limit'],
    [['wait', '--timeout', 'soon'], '--timeout takes seconds'],
    [['migrate', 'sideways'], 'up or down'],
    [['start', '--port', '5000', '--background-port', '5000'], 'Each app needs a port of its own'],
    [['start', '--background-port', '70000'], '--background-port'],
    [['--port', '1'], 'A command comes first'],
  ])('%j is wrong usage', async (words, hint) => {
    const { code, out, error } = await trickle(...words)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(error).toContain(hint)
    expect(error).toContain('--help')
  })

  test('where nothing runs, every command says so and says what to do', async () => {
    expect(await trickle('status', '--home', home)).toMatchObject({
      code: 3,
      out: expect.stringContaining('npm start'),
    })
    for (const words of [['token', '--roles', 'operator'], ['analytics', 'EventsRaw'], ['migrate']]) {
      const { code, error } = await trickle(...words, '--home', home)
      expect(code).toBe(1)
      expect(error).toContain('npm start')
    }
    expect(await trickle('stop', '--home', home)).toMatchObject({
      code: 0,
      out: `Nothing runs in ${home}.\n`,
    })
    expect(await trickle('wait', '--timeout', '1', '--home', home)).toMatchObject({ code: 1, out: '' })
  })

  test('with --json an error is one document on stdout, and a line for people on stderr', async () => {
    const { code, out, error } = await trickle('analytics', 'EventsRaw', '--json', '--home', home)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({
      error: { code: 'NOT_RUNNING', message: expect.stringContaining('not running') as string },
    })
    expect(error).toContain('not running')
    const usage = await trickle('analytics', '--json')
    expect(usage.code).toBe(2)
    expect(JSON.parse(usage.out)).toMatchObject({ error: { code: 'USAGE' } })
  })

  test('the status of a home where nothing runs has every part, as null', async () => {
    const { code, out } = await trickle('status', '--json', '--home', home)
    expect(code).toBe(3)
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      ready: false,
      version: expect.any(String) as string,
      pid: null,
      hostPid: null,
      processes: [],
      dataFolder: home,
      url: null,
      masterKey: null,
      background: null,
      issuer: null,
      audience: null,
      postgres: null,
      analytics: null,
      serviceBus: null,
      pgbouncer: null,
      replicas: [],
      faults: { analytics: null, serviceBus: null },
    })
  })
})
