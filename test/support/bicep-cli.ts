import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { BicepRefused, BicepSession, findBicep } from '../../tools/bicep-cli/index.ts'

const cli = findBicep(process.env['PATH'] ?? '')

export const hasBicep = (): boolean => cli !== undefined

/** Adds a test that is skipped with the reason if there is no Bicep CLI. If CI is set, the test fails instead. */
export function requireBicep(): void {
  it('has a Bicep CLI to test with', (context) => {
    const isDemanded = Boolean(process.env['CI'])
    context.skip(
      !hasBicep() && !isDemanded,
      'there is no Bicep CLI on the path; CONTRIBUTING.md says how to get it',
    )
    expect(hasBicep()).toBe(true)
  })
}

export type Outcome = { readonly snapshot: string } | { readonly refusal: string }

/** A template, compiled once by the real CLI, to be tried with any parameters: each try takes less than a second. */
export class CompiledTemplate {
  readonly #session: BicepSession
  readonly #folder: string
  #tries = 0

  private constructor(session: BicepSession, folder: string) {
    this.#session = session
    this.#folder = folder
  }

  /** @throws Error where the file does not compile */
  static async of(file: string): Promise<CompiledTemplate> {
    const session = new BicepSession(cli ?? 'bicep')
    const { contents, diagnostics } = await session.compile(file)
    if (typeof contents !== 'string') throw new Error(diagnostics.map(({ message }) => message).join('\n'))
    const folder = await mkdtemp(join(tmpdir(), 'trickle-template-'))
    await writeFile(join(folder, 'main.json'), contents)
    return new CompiledTemplate(session, folder)
  }

  /** What a deployment with these parameters makes, or the words in which they are refused. */
  async try(given: Readonly<Record<string, unknown>>): Promise<Outcome> {
    this.#tries += 1
    const file = join(this.#folder, `try-${this.#tries}.bicepparam`)
    const lines = Object.entries(given).map(([name, value]) => `param ${name} = ${literalOf(value)}`)
    await writeFile(file, ["using 'main.json'", ...lines, ''].join('\n'))
    try {
      return { snapshot: await this.#session.snapshot(file) }
    } catch (error) {
      if (!(error instanceof BicepRefused)) throw error
      const { diagnostics } = await this.#session.compileParameters(file)
      const found = diagnostics.filter(({ level }) => level === 'Error').map(({ message }) => message)
      return { refusal: found.length > 0 ? found.join('\n') : error.message }
    }
  }

  async close(): Promise<void> {
    await this.#session[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true })
  }
}

/** A value as Bicep writes it. */
function literalOf(value: unknown): string {
  if (typeof value === 'string')
    return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('${', '\\${')}'`
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, member]) => `${name}: ${literalOf(member)}`)
  return `{ ${members.join(', ')} }`
}
