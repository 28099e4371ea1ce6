import { expect, it } from 'vitest'
import { ensureInstalled, version17Folder } from '../../local/postgres/index.ts'

/** `npm ci` does not bring version 17. The first test file that imports this gets it from npm. */
const failure = await ensureInstalled(version17Folder).then(
  () => undefined,
  (error: unknown) => error,
)

/** False on a machine that cannot reach npm's registry and has not got version 17 before. */
export const hasPostgres17 = (): boolean => failure === undefined

/** The versions that a test can run on here. */
export const testedVersions: readonly (17 | 18)[] = hasPostgres17() ? [17, 18] : [18]

/** Adds a test that is skipped with the reason if version 17 cannot be had. If CI is set, the test fails instead. */
export function requirePostgres17(): void {
  it('has a PostgreSQL 17 to test with', (context) => {
    context.skip(
      failure !== undefined && !process.env['CI'],
      `PostgreSQL 17 could not be had: ${String(failure).replaceAll(/\s*\n\s*/g, ' ')}`,
    )
    expect(failure).toBeUndefined()
  })
}
