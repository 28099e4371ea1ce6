import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AttackPart, AttackTarget } from '../../attack/part.ts'
import { attackParts } from '../../attack/parts.ts'
import { renderFindings } from '../../attack/report.ts'
import { runParts } from '../../attack/run-parts.ts'
import { loopbackOf } from '../../attack/target.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const target = {} as AttackTarget
const finding = { attack: 'a', bar: 'b', seen: 's', holds: true }

describe('the product that is attacked', () => {
  it.each(['http://127.0.0.1:7071', 'http://localhost:7071/', 'http://[::1]:7071', 'http://127.8.9.10:1'])(
    'may be %s',
    (url) => {
      expect(loopbackOf(url).port).toBeGreaterThan(0)
    },
  )

  it.each([
    'https://trickle.example',
    'http://10.0.0.1:7071',
    'http://localhost.example.com:7071',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com/',
    'http://0.0.0.0:7071',
  ])('is never %s', (url) => {
    expect(() => loopbackOf(url)).toThrow('Only a product on this machine is attacked')
  })
})

describe('a run of attacks', () => {
  it('makes each in its order, and one that fails is a bar that is broken', async () => {
    const parts: AttackPart[] = [
      { name: 'first', run: () => Promise.reject(new Error('no answer')) },
      { name: 'second', run: async () => [finding] },
    ]
    const told: string[] = []
    const findings = await runParts(parts, target, (line) => told.push(line))
    expect(told).toEqual(['first', 'second'])
    expect(findings).toMatchObject([
      { part: 'first', seen: 'no answer', holds: false },
      { part: 'second', holds: true },
    ])
  })

  it('does not wait for one that never ends', async () => {
    const parts: AttackPart[] = [{ name: 'endless', run: () => new Promise(() => {}) }]
    expect(await runParts(parts, target, () => undefined, 10)).toMatchObject([
      { seen: expect.stringContaining('had not ended') as string, holds: false },
    ])
  })

  it('prints a line for each bar, with nothing cut and no cell broken', () => {
    const table = renderFindings([
      { part: 'p', ...finding, bar: 'x'.repeat(300) },
      { part: 'q', ...finding, seen: 'two\nlines | and a bar', holds: false },
    ])
    const lines = table.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[2]).toContain('x'.repeat(300))
    expect(lines[2]).toMatch(/\| yes {3}\|$/)
    expect(lines[3]).toContain('two lines / and a bar')
    expect(lines[3]).toMatch(/\| NO {4}\|$/)
  })

  it('has parts of different names', () => {
    const names = attackParts.map(({ name }) => name)
    expect(names).toContain('held-places')
    expect(new Set(names).size).toBe(names.length)
  })

  it('takes no address and no part that it does not know, and starts nothing then', async () => {
    const run = promisify(execFile)
    const running = run(process.execPath, ['attack/main.ts', 'https://trickle.example'], { cwd: repository })
    await expect(running).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('takes no address') as string,
    })
    const { stdout } = await run(process.execPath, ['attack/main.ts', '--help'], { cwd: repository })
    expect(stdout).toContain('held-places')
  })
})
