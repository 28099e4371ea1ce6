import { hasServer, readCapabilities } from '../azure/index.ts'
import type { Capability, ManagementAddress } from '../azure/index.ts'
import { HookFailure } from '../frame/failure.ts'
import type { Report } from '../frame/report.ts'

/** The servers that a provision will ask for. */
export interface RegionWishes {
  readonly subscriptionId: string
  /** Where the servers will be. */
  readonly resourceGroup: string
  /** The region of the primary, then those of its replicas; each once, as in westeurope. */
  readonly regions: readonly [string, ...string[]]
  readonly skuName: string
  readonly tier: string
  readonly version: string
  /** A standby in another zone, and backups in the paired region: of the primary only. */
  readonly isZoneRedundant: boolean
  readonly hasGeoBackup: boolean
}

/**
 * @returns what is wrong, region by region. A region that could not be asked is reported and not refused. Nothing is wrong
 * where the resource group has a server already: a pipeline has no outputs of an earlier provision that would say so.
 */
export async function checkRegions(
  address: ManagementAddress,
  wishes: RegionWishes,
  report: Report,
): Promise<HookFailure[]> {
  const failures: HookFailure[] = []
  for (const [index, region] of wishes.regions.entries()) {
    try {
      const capabilities = await readCapabilities(address, wishes.subscriptionId, region)
      const found = problemsOf(capabilities, wishes, region, index === 0)
      if (found.length === 0) report.note('region', `${region} offers ${wishes.skuName} to this subscription`)
      failures.push(...found)
    } catch (error) {
      if (!(error instanceof HookFailure)) throw error
      report.warn(
        'region',
        `${region} could not be asked whether it offers ${wishes.skuName}: ${error.message}`,
      )
    }
  }
  if (failures.length === 0 || !(await existsAlready(address, wishes))) return failures
  report.note('region', 'takes no new server of this kind; there is one already, which stays')
  return []
}

/** An answer that does not come leaves the refusals as they are: they say what to do. */
async function existsAlready(
  address: ManagementAddress,
  { subscriptionId, resourceGroup }: RegionWishes,
): Promise<boolean> {
  try {
    return await hasServer(address, subscriptionId, resourceGroup)
  } catch (error) {
    if (error instanceof HookFailure) return false
    throw error
  }
}

function problemsOf(
  capabilities: readonly Capability[],
  wishes: RegionWishes,
  region: string,
  isPrimary: boolean,
): HookFailure[] {
  const open = capabilities.filter(({ restricted }) => restricted?.toLowerCase() !== 'enabled')
  if (open.length === 0) return [noServers(region, capabilities[0]?.reason)]
  const skus = open.flatMap((one) => skusOf(one, wishes.tier))
  const wanted = skus.filter(({ name }) => isSame(name, wishes.skuName))
  if (wanted.length === 0)
    return [
      noSku(
        region,
        wishes,
        skus.map(({ name }) => name),
      ),
    ]
  const versions = open.flatMap((one) => availableOf(one.supportedServerVersions))
  if (!versions.some(({ name }) => name === wishes.version)) return [noVersion(region, wishes.version)]
  if (!isPrimary) return []
  const problems: HookFailure[] = []
  if (wishes.isZoneRedundant && !wanted.some(({ isZoneRedundant }) => isZoneRedundant))
    problems.push(noZones(region))
  if (wishes.hasGeoBackup && open.every((one) => isSame(one.geoBackupSupported ?? '', 'Disabled')))
    problems.push(noGeoBackup(region))
  return problems
}

interface OfferedSku {
  readonly name: string
  readonly isZoneRedundant: boolean
}

/** Where a SKU does not name its standbys, the region speaks for it. */
function skusOf(capability: Capability, tier: string): OfferedSku[] {
  const ofRegion = !isSame(capability.zoneRedundantHaSupported ?? '', 'Disabled')
  return availableOf(capability.supportedServerEditions)
    .filter(({ name }) => isSame(name, tier))
    .flatMap(({ supportedServerSkus }) => availableOf(supportedServerSkus))
    .map(({ name, supportedHaMode }) => ({
      name,
      isZoneRedundant: ofRegion && (supportedHaMode?.some((mode) => isSame(mode, 'ZoneRedundant')) ?? true),
    }))
}

const availableOf = <T extends { readonly status?: string | null | undefined }>(
  kinds: readonly T[] | null | undefined,
): readonly T[] => (kinds ?? []).filter(({ status }) => !isSame(status ?? '', 'Disabled'))

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const ANOTHER_REGION =
  'azd env set AZURE_LOCATION <another region>; or ask for this one: https://aka.ms/postgres-request-quota-increase'

const noServers = (region: string, reason: string | null | undefined): HookFailure =>
  refused(
    `This subscription gets no PostgreSQL Flexible Server in ${region}${reason ? `: ${reason}` : '.'}`,
    `region ${region}`,
    ANOTHER_REGION,
  )

/** So many names are printed; a region has some hundred. */
const NAMES_SHOWN = 8

function noSku(region: string, { skuName, tier }: RegionWishes, offered: readonly string[]): HookFailure {
  const names = [...new Set(offered)]
  const more = names.length > NAMES_SHOWN ? ', …' : ''
  const others = names.length === 0 ? 'none' : `${names.slice(0, NAMES_SHOWN).join(', ')}${more}`
  return refused(
    `${region} does not offer ${skuName} to this subscription (${tier} there: ${others}).`,
    `region ${region}, infra/sizes.json`,
    ANOTHER_REGION,
  )
}

const noVersion = (region: string, version: string): HookFailure =>
  refused(
    `${region} does not offer PostgreSQL ${version} to this subscription.`,
    `region ${region}`,
    ANOTHER_REGION,
  )

const noZones = (region: string): HookFailure =>
  refused(
    `${region} has no standby in another zone for a server of this size.`,
    'TRICKLE_HIGH_AVAILABILITY',
    'azd env set TRICKLE_HIGH_AVAILABILITY sameZone',
  )

const noGeoBackup = (region: string): HookFailure =>
  refused(
    `${region} keeps no backups in a paired region.`,
    'TRICKLE_GEO_BACKUP',
    'azd env set TRICKLE_GEO_BACKUP false',
  )

const refused = (what: string, where: string, mend: string): HookFailure =>
  new HookFailure({ code: 'REGION_UNAVAILABLE', what, where, mend })
