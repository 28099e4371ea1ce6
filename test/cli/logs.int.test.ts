import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommandLine } from '../../cli/frame/index.ts'
import { LogFile } from '../../cli/logs/index.ts'

let home: string
let folder: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'trickle-logs-'))
  folder = join(home, 'logs')
  mkdirSync(folder)
})
afterEach(() => {
  rmSync(home, { recursive: true })
})

const write = (name: string, text: string): void => {
  writeFileSync(join(folder, name), text)
}

async function logs(...words: string[]): Promise<{ code: number; out: string; error: string }> {
  const texts = { out: '', error: '' }
  const code = await runCommandLine(['logs', ...words, '--home', home], {
    out: (text) => (texts.out += text),
    error: (text) => (texts.error += text),
  })
  return { code, ...texts }
}

describe('trickle logs', () => {
  test('it shows the last lines of every log that has some', async () => {
    write('postgres.log', 'one\ntwo\nthree\n')
    write('public-host.log', 'serves\n')
    write('empty.log', '')
    write('postgres.log.1', 'older\n')
    expect(await logs('--lines', '2')).toEqual({
      code: 0,
      out: '== postgres\ntwo\nthree\n\n== public-host\nserves\n',
      error: '',
    })
    expect((await logs('postgres')).out).toBe('one\ntwo\nthree\n')
    expect(JSON.parse((await logs('postgres', '--lines', '1', '--json')).out)).toEqual({
      logs: [{ part: 'postgres', lines: ['three'] }],
    })
  })

  test('what somebody else wrote into a log can not control the terminal', async () => {
    write('postgres.log', '\u001b[2Jgone\n')
    expect((await logs('postgres')).out).toBe('\\u001b[2Jgone\n')
  })

  test('a log that does not exist, and a home where nothing ran, are told', async () => {
    expect(await logs()).toMatchObject({ code: 1, error: expect.stringContaining('npm start') as string })
    write('postgres.log', '')
    write('storage.log', '')
    expect(await logs('postgrs')).toMatchObject({
      code: 2,
      error: expect.stringContaining('Did you mean "postgres"?') as string,
    })
    expect((await logs('nowhere-at-all')).error).toContain('There are postgres, storage.')
  })
})

describe('a log that is followed', () => {
  test('new lines come once, and only when they are whole', () => {
    write('part.log', 'old\nbegun')
    const log = new LogFile(folder, 'part')
    expect(log.lastLines(10)).toEqual(['old'])
    expect(log.newLines()).toEqual([])
    appendFileSync(join(folder, 'part.log'), ' and ended\nnext\n')
    expect(log.newLines()).toEqual(['begun and ended', 'next'])
    expect(log.newLines()).toEqual([])
  })

  test('after the log was moved aside and cut, everything in it is new', () => {
    write('part.log', 'a long line of before\n')
    const log = new LogFile(folder, 'part')
    expect(log.lastLines(0)).toEqual([])
    truncateSync(join(folder, 'part.log'))
    appendFileSync(join(folder, 'part.log'), 'new\n')
    expect(log.newLines()).toEqual(['new'])
  })

  test('of a long log the end is read, from a whole line on', () => {
    const line = 'x'.repeat(1023)
    write('part.log', `${`${line}\n`.repeat(5 * 1024)}last\n`)
    const lines = new LogFile(folder, 'part').lastLines(10_000)
    expect(lines.at(-1)).toBe('last')
    expect(lines.length).toBeGreaterThan(4000)
    expect(new Set(lines.slice(0, -1))).toEqual(new Set([line]))
  })
})
