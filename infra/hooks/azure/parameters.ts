import type { Report } from '../frame/report.ts'
import type { ManagementClient } from './management.ts'

/** What is asked of Azure Resource Manager here. */
export type ParameterAccess = Pick<ManagementClient, 'parameter' | 'putParameter'>

/**
 * Brings the parameters that the template does not write to what it wants. A new server has them by itself; one that was
 * moved to another size keeps those of the former size, and somebody may have changed one in the portal.
 * @param servers one after the other, the primary first
 * @param wanted values by name
 * @throws HookFailure MANAGEMENT_REFUSED, MANAGEMENT_FAILED
 */
export async function settleParameters(
  access: ParameterAccess,
  servers: readonly string[],
  wanted: ReadonlyMap<string, string>,
  report: Report,
): Promise<void> {
  if (wanted.size === 0) return
  for (const server of servers) {
    let changes = 0
    for (const [name, value] of wanted) {
      const before = await access.parameter(server, name)
      if (before.toLowerCase() === value.toLowerCase()) continue
      await access.putParameter(server, name, value)
      report.changed('parameters', `${server}: ${name} is ${value} now, and was ${before}`)
      changes += 1
    }
    if (changes === 0)
      report.unchanged(
        'parameters',
        `${server}: ${wanted.size} that the template leaves are as it wants them`,
      )
  }
}
