import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { runAsProgram } from '../../bench/command/index.ts'
import { countOf } from '../../bench/measure/index.ts'
import type { PartResult } from '../../bench/report/index.ts'
import { resultSchema } from './run-bench.ts'

const options = { isShort: true, rounds: 1, turnMs: 1, connections: 1 }
const counted: PartResult = {
  figures: [],
  counts: [countOf({ section: 'first', name: 'things', value: 3, unit: '' })],
  notes: ['a note'],
  skipped: [{ name: 'tool', reason: 'not there' }],
  postgres: { server_version: '18', fsync: 'on' },
}

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

describe('a benchmark program', () => {
  it('keeps what was measured before a section failed, and measures nothing after it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trickle-bench-test-'))
    const outFile = join(folder, 'result.json')
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
    const told = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
    const third = vi.fn(() => Promise.resolve(counted))
    await runAsProgram(() => ({
      prefix: '',
      sections: ['first', 'second', 'third'],
      parts: {
        first: () => Promise.resolve(counted),
        second: () => Promise.reject(new Error('the second one broke')),
        third,
      },
      options,
      outFile,
    }))
    const result = resultSchema.parse(JSON.parse(await readFile(outFile, 'utf8')))
    await rm(folder, { recursive: true })
    expect(result.counts).toEqual(counted.counts)
    expect(result.skipped.map(({ name }) => name)).toEqual(['tool', 'second and what comes after it'])
    expect(third).not.toHaveBeenCalled()
    expect(printed.mock.calls.flat().join()).toContain('first: things: 3')
    expect(told.mock.calls.map(([text]) => String(text)).join('')).toContain('the second one broke')
    expect(process.exitCode).toBe(1)
  })
})
