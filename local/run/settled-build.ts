import type { BuildAnswer } from './watch-builder.ts'

/**
 * Builds until the sources were the same before and after the build. If a source changes between the look at the
 * sources and the moment when the bundler reads it, the code is not that of the hash, and a change would be taken for
 * served that never was.
 */
export async function settledBuild(hashOf: () => string, build: () => Promise<string>): Promise<BuildAnswer> {
  for (;;) {
    const hash = hashOf()
    const answer = await build().then(
      (digest): BuildAnswer => ({ type: 'built', hash, digest }),
      // The bundler's message names file, line and reason. Its stack does not help anybody.
      (error: unknown): BuildAnswer => ({
        type: 'failed',
        hash,
        reason: error instanceof Error ? error.message : String(error),
      }),
    )
    if (hashOf() === hash) return answer
  }
}
