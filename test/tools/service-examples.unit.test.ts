import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { isInstalled, programsOf } from '../../tools/service-examples/index.ts'

const page = await readFile(new URL('../../docs/call-from-your-service.md', import.meta.url), 'utf8')

describe('the programs of docs/call-from-your-service.md', () => {
  it('are one in each language, whole and without a package', () => {
    const programs = programsOf(page)
    expect(programs.map(({ language }) => language)).toEqual(['typescript', 'csharp', 'python'])
    for (const { text } of programs) {
      expect(text).toContain('order-4711-placed')
      expect(text).toMatch(/Trickle-Tenant/)
      expect(text).not.toMatch(/#:package|from '[^n.]/)
    }
  })

  it.each([
    ['two of a language', `${page}\n\`\`\`python\npass\n\`\`\`\n`, '2 programs in python'],
    ['none of a language', page.replace('```csharp', '```cs'), '0 programs in csharp'],
  ])('are refused where the page has %s', (_name, text, message) => {
    expect(() => programsOf(text)).toThrow(message)
  })

  it('are known to be out of reach where their command is missing', () => {
    const [program] = programsOf(page)
    if (program === undefined) throw new Error('there is no program')
    expect(isInstalled(program)).toBe(true)
    expect(isInstalled({ ...program, command: 'no-such-command-on-this-machine' })).toBe(false)
  })
})
