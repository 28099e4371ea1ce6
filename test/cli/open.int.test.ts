import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runCommandLine } from '../../cli/frame/index.ts'
import { eventually } from '../support/eventually.ts'

const PAGE = 'http://127.0.0.1:7071/api/docs'

let folder: string
let opened: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trickle-open-'))
  opened = join(folder, 'opened')
  const browser = join(folder, 'browser')
  writeFileSync(
    browser,
    `#!/bin/sh\nprintf '%s' "$1" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`,
  )
  chmodSync(browser, 0o755)
  vi.stubEnv('BROWSER', browser)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function open(terminal: { columns: number } | undefined, ...words: string[]) {
  const texts = { out: '', error: '' }
  const code = await runCommandLine(['open', '--url', 'http://127.0.0.1:7071/', ...words], {
    out: (text) => (texts.out += text),
    error: (text) => (texts.error += text),
    terminal,
  })
  return { code, ...texts }
}

test('on a terminal the page is printed and opened', async () => {
  expect(await open({ columns: 80 })).toEqual({ code: 0, out: `${PAGE}\n`, error: '' })
  await eventually(() => (existsSync(opened) ? readFileSync(opened, 'utf8') : '')).toBe(PAGE)
})

test('elsewhere, and with --print, it is only printed', async () => {
  vi.stubEnv('BROWSER', '/nowhere/at/all')
  expect(await open(undefined)).toEqual({ code: 0, out: `${PAGE}\n`, error: '' })
  expect(await open({ columns: 80 }, '--print')).toEqual({ code: 0, out: `${PAGE}\n`, error: '' })
})

test('where it can not be opened, the reason is told and the address stays', async () => {
  vi.stubEnv('BROWSER', '/nowhere/at/all')
  const { code, out, error } = await open({ columns: 80 })
  expect([code, out]).toEqual([0, `${PAGE}\n`])
  expect(error).toMatch(/could not be opened with \/nowhere\/at\/all .*ENOENT/u)
})
