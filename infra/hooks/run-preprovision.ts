import { azureLogin, MANAGEMENT_URL } from './azure/index.ts'
import type { AzureLogin } from './azure/index.ts'
import { estimate, estimateText, readSizes } from './cost/index.ts'
import type { Size, Sizes } from './cost/index.ts'
import { valueOf } from './frame/environment.ts'
import type { Environment } from './frame/environment.ts'
import { HookFailures } from './frame/failure.ts'
import type { HookFailure } from './frame/failure.ts'
import type { Report } from './frame/report.ts'
import { readParameters } from './parameters/index.ts'
import type { Parameters } from './parameters/index.ts'
import { checkRegions } from './region/index.ts'
import { readManagementUrl } from './settings.ts'

export interface PreprovisionSurroundings {
  readonly environment: Environment
  readonly report: Report
  /** Default: infra/sizes.json. */
  readonly sizes?: Sizes
  /** Default: the login of azd, else of az. */
  readonly login?: AzureLogin
}

/**
 * Says what a provision will cost by the month, and asks Azure whether the regions offer its servers. It makes nothing.
 * @throws HookFailures with everything that is wrong with the parameters or the regions, HookFailure SIZES_INVALID
 */
export async function runPreprovision({
  environment,
  report,
  sizes,
  login,
}: PreprovisionSurroundings): Promise<void> {
  const known = sizes ?? (await readSizes())
  const { parameters, failures } = readParameters(environment, known)
  if (failures.length > 0) throw new HookFailures(failures)
  const size = known[parameters.size]
  for (const line of estimateText(estimate(parameters, size), parameters, size)) report.title(line)
  const refusals = await refusalsOfRegions(environment, parameters, size, report, login)
  if (refusals.length > 0) throw new HookFailures(refusals)
}

/** The version that infra/modules/postgres/server.bicep asks for. */
const POSTGRES_VERSION = '17'

async function refusalsOfRegions(
  environment: Environment,
  parameters: Parameters,
  { postgres }: Size,
  report: Report,
  login: AzureLogin | undefined,
): Promise<HookFailure[]> {
  const subscriptionId = valueOf(environment, 'AZURE_SUBSCRIPTION_ID')
  const location = valueOf(environment, 'AZURE_LOCATION')
  // azd asks a person for both after this hook, in the first provision of an environment that has none.
  if (subscriptionId === undefined || location === undefined) {
    report.note('region', 'not asked: AZURE_SUBSCRIPTION_ID and AZURE_LOCATION are not set yet')
    return []
  }
  if (valueOf(environment, 'POSTGRES_SERVER_NAME') !== undefined) return []
  const regions = [location, ...parameters.replicas.map((replica) => replica.location || location)].map(
    shortNameOf,
  )
  const [primary = '', ...others] = new Set(regions)
  const standIn = readManagementUrl(environment)
  // A stand-in must never see a real token.
  const address =
    standIn === undefined
      ? { url: MANAGEMENT_URL, login: login ?? azureLogin(valueOf(environment, 'AZURE_TENANT_ID')) }
      : { url: standIn, login: () => Promise.resolve('stand-in') }
  const wishes = {
    subscriptionId,
    // As main.bicep names it.
    resourceGroup: `rg-${valueOf(environment, 'AZURE_ENV_NAME') ?? ''}`.slice(0, 90),
    regions: [primary, ...others] as const,
    skuName: postgres.skuName,
    tier: postgres.tier,
    version: POSTGRES_VERSION,
    isZoneRedundant:
      parameters.highAvailability === 'zoneRedundant' ||
      (parameters.highAvailability === 'bySize' && postgres.highAvailability === 'ZoneRedundant'),
    hasGeoBackup: parameters.geoRedundantBackup,
  }
  return checkRegions(address, wishes, report)
}

/** Regions are written in two ways: "West Europe", "westeurope". */
const shortNameOf = (region: string): string => region.toLowerCase().replaceAll(' ', '')
