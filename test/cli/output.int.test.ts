import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { runCommandLine, renderTable, visible } from '../../cli/frame/index.ts'
import { screenOver } from '../../cli/frame/output.ts'
import { startAnswering } from './answering-server.ts'

/** What would move the cursor, name the window, turn text around, hide, or forge a line. */
const DANGERS = [
  '\u001B[2J',
  '\u001B]0;title\u0007',
  '\u009B31m',
  '\u009D',
  '\r',
  '\b\b\b',
  '\0',
  '\u007F',
  '\u0085',
  '\u202E',
  '\u202A',
  '\u2066',
  '\u2069',
  '\u200E',
  '\u200F',
  '\u061C',
  '\u2028',
  '\u2029',
  '\u200B',
  '\uFEFF',
  '\u{E0041}',
]
const DANGER = `x${DANGERS.join('x')}x`
const AS_ESCAPED = '\\u001b[2Jx'

/** Independent of the pattern that is tested: by code points. */
function unseenIn(text: string): string[] {
  return Array.from(text).filter((character) => {
    const code = character.codePointAt(0) ?? 0
    const isControl =
      (code < 0x20 && character !== '\n' && character !== '\t') || (code >= 0x7f && code < 0xa0)
    const isTurn = code === 0x61c || code === 0x200e || code === 0x200f || (code >= 0x2028 && code <= 0x202e)
    return (
      isControl ||
      isTurn ||
      code === 0x200b ||
      (code >= 0x2060 && code <= 0x206f) ||
      code === 0xfeff ||
      (code >= 0xe0000 && code <= 0xe00ff)
    )
  })
}

describe('what would drive a terminal', () => {
  test('is written out, and all else stays', () => {
    expect(unseenIn(visible(DANGER))).toEqual([])
    expect(visible(DANGER)).toContain(AS_ESCAPED)
    const harmless = 'Ärger, 日本語, नमस्ते, سلام می\u200Cخواهم, 👩\u200D🚀, a\tb\nc, \\u001b'
    expect(visible(harmless)).toBe(harmless)
  })

  test('is escaped in JSON as JSON does it: the value is the same', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ unit: 'binary' }), (json, text) => {
        for (const value of [JSON.parse(json) as unknown, { [text]: [text, DANGER] }]) {
          const shown = visible(JSON.stringify(value, undefined, 2))
          expect(JSON.parse(shown)).toEqual(value)
          expect(unseenIn(shown)).toEqual([])
        }
      }),
    )
  })

  test('does not move the columns of a table', () => {
    const [, rule, first, second] = renderTable(
      ['name', 'state'],
      [
        [DANGER, 'a'],
        ['plain', 'b'],
      ],
    ).split('\n')
    expect(first?.length).toBe(second?.length)
    expect(rule?.length).toBeGreaterThan(0)
    expect(unseenIn(`${first}${second}`)).toEqual([])
  })

  test('is left to the screen alone, for its own line', () => {
    const written: string[] = []
    const screen = screenOver({
      out: () => undefined,
      error: (text) => written.push(text),
      terminal: { columns: 40 },
    })
    screen.clearLine()
    screen.write(`\u001B[31m${DANGER}`)
    expect(written[0]).toBe('\r\u001B[K')
    expect(unseenIn(written.slice(1).join(''))).toEqual([])
  })
})

describe('an answer of a server', () => {
  const tenant = {
    id: '1',
    slug: DANGER,
    name: DANGER,
    externalId: DANGER,
    status: DANGER,
    createdAt: DANGER,
  }
  let server: Awaited<ReturnType<typeof startAnswering>>
  beforeAll(async () => {
    server = await startAnswering(({ url, method }) => {
      if (url.startsWith('/api/imports'))
        return { status: 200, json: { line: 1, outcome: 'rejected', code: DANGER, detail: DANGER } }
      if (method === 'POST')
        return { status: 409, json: { code: DANGER, detail: `${DANGER}\nDone.`, traceId: DANGER } }
      return { status: 200, json: { tenants: [tenant], next: null } }
    })
  })
  afterAll(() => {
    server.close()
  })

  test('drives no terminal: a table, an error, and both as JSON', async () => {
    for (const words of [['list'], ['create', 'acme']]) {
      const text = await server.command('tenants', ...words)
      expect(unseenIn(text.out + text.error)).toEqual([])
      expect(text.out + text.error).toContain(AS_ESCAPED)
      const json = await server.command('tenants', ...words, '--json')
      expect(unseenIn(json.out + json.error)).toEqual([])
      expect(JSON.stringify(JSON.parse(json.out))).toContain(JSON.stringify(DANGER).slice(1, -1))
    }
  })

  test('makes no line of its own in an error', async () => {
    const { error } = await server.command('tenants', 'create', 'acme')
    expect(error.split('\n')).not.toContain('Done.')
  })

  test('drives no terminal through an import, nor do its names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trickle-output-'))
    const file = join(folder, `${DANGER.replaceAll('\0', '')}.ndjson`)
    writeFileSync(file, '{}\n')
    onTestFinished(() => {
      rmSync(folder, { recursive: true })
    })
    const { code, error } = await server.command(
      'import',
      file,
      '--rejects',
      join(folder, DANGER.replaceAll('\0', '')),
      '--home',
      folder,
    )
    expect(code).toBe(1)
    expect(error).toContain(AS_ESCAPED)
    expect(unseenIn(error)).toEqual([])
    const missing = await server.command('import', `${DANGER}.ndjson`)
    expect(missing.code).toBe(1)
    expect(unseenIn(missing.error)).toEqual([])
  })
})

test('words of the command line come back visible', async () => {
  let text = ''
  const streams = { out: (more: string) => (text += more), error: (more: string) => (text += more) }
  expect(await runCommandLine([DANGER], streams)).toBe(2)
  expect(await runCommandLine(['token', '--roles', DANGER], streams)).toBe(2)
  expect(text).toContain(AS_ESCAPED)
  expect(unseenIn(text)).toEqual([])
})

test('nothing but the output of the frame writes to the process', () => {
  const folder = join(import.meta.dirname, '..', '..', 'cli')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const writers = files.filter((file) =>
    /console\.|process\.std(out|err)\.write|createReporter\(process/u.test(
      readFileSync(join(folder, file), 'utf8'),
    ),
  )
  expect(writers).toEqual([join('frame', 'output.ts')])
})
