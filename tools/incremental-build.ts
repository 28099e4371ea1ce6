/**
 * Builds the package again and again, for `npm start -- --watch`. A file of it is bundled again only if something that
 * it is made from has changed: the SDKs, which take most of the time of a build, are in chunks of their own.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp, bundle } from './build.ts'
import type { Bundled } from './build.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

interface Kept {
  readonly bundled: Bundled
  readonly stamps: readonly string[]
}

export class IncrementalBuild {
  readonly #outFolder: string
  readonly #kept = new Map<string, Kept>()

  constructor(outFolder: string) {
    this.#outFolder = outFolder
  }

  /**
   * Builds into the folder, which is replaced in one step.
   * @returns a digest of the code: equal if nothing that runs has changed, as after a change of a comment
   * @throws esbuild's BuildFailure, which names file, line and reason
   */
  async build(): Promise<string> {
    const code: string[] = []
    await buildApp({
      outFolder: this.#outFolder,
      bundler: async (source, outfile, folder) => {
        const bundled = await this.#bundle(source, outfile, folder)
        // Source maps are left out: a new comment moves lines, but it need not restart anything.
        for (const { name, contents } of bundled.files)
          if (!name.endsWith('.map'))
            code.push(`${name} ${createHash('sha256').update(contents).digest('hex')}`)
        return bundled
      },
    })
    // Chunks are found in another order each time.
    return createHash('sha256').update(code.sort().join('\n')).digest('hex')
  }

  async #bundle(source: string, outfile: string, folder: string): Promise<Bundled> {
    const kept = this.#kept.get(source)
    if (kept !== undefined && sameWords(kept.stamps, stampsOf(kept.bundled.inputs))) return kept.bundled
    // The files may change while they are bundled. Then the stamps of before and after differ, and nothing is kept.
    const before = Date.now()
    const bundled = await bundle(source, outfile, folder)
    const stamps = stampsOf(bundled.inputs)
    if (bundled.inputs.every((input) => changedAt(input) < before))
      this.#kept.set(source, { bundled, stamps })
    else this.#kept.delete(source)
    return bundled
  }
}

function stampsOf(inputs: readonly string[]): string[] {
  return inputs.map((input) => {
    const stat = statSync(join(repository, input), { throwIfNoEntry: false })
    return stat === undefined ? 'gone' : `${stat.size} ${stat.mtimeMs} ${stat.ino}`
  })
}

function changedAt(input: string): number {
  return statSync(join(repository, input), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function sameWords(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((word, index) => word === right[index])
}
