import { estimate, estimateText, readSizes } from './cost/index.ts'
import type { Sizes } from './cost/index.ts'
import type { Environment } from './frame/environment.ts'
import { HookFailures } from './frame/failure.ts'
import type { Report } from './frame/report.ts'
import { readParameters } from './parameters/index.ts'

export interface PreprovisionSurroundings {
  readonly environment: Environment
  readonly report: Report
  /** Default: infra/sizes.json. */
  readonly sizes?: Sizes
}

/**
 * Says what a provision will cost by the month. It makes nothing and asks nothing of Azure.
 * @throws HookFailures with everything that is wrong with the parameters, HookFailure SIZES_INVALID
 */
export async function runPreprovision({
  environment,
  report,
  sizes,
}: PreprovisionSurroundings): Promise<void> {
  const known = sizes ?? (await readSizes())
  const { parameters, failures } = readParameters(environment, known)
  if (failures.length > 0) throw new HookFailures(failures)
  const size = known[parameters.size]
  for (const line of estimateText(estimate(parameters, size), parameters, size)) report.title(line)
}
