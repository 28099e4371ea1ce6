import { z } from 'zod'
import { API_VERSION, askManagement, failed, refusal } from './management-request.ts'
import type { ManagementAddress } from './management-request.ts'

/** `Disabled` is the only status that means no; a kind that is left out of the answer is not there at all. */
const kind = z.object({ name: z.string(), status: z.string().nullish(), reason: z.string().nullish() })

const capabilitySchema = z.object({
  restricted: z.string().nullish(),
  reason: z.string().nullish(),
  geoBackupSupported: z.string().nullish(),
  zoneRedundantHaSupported: z.string().nullish(),
  supportedServerVersions: z.array(kind).nullish(),
  supportedServerEditions: z
    .array(
      kind.extend({
        supportedServerSkus: z
          .array(kind.extend({ supportedHaMode: z.array(z.string()).nullish() }))
          .nullish(),
      }),
    )
    .nullish(),
})

/** What a region offers this subscription, in the words of the service. Names are compared without regard to case. */
export type Capability = z.output<typeof capabilitySchema>

const answerSchema = z.object({ value: z.array(capabilitySchema) })

/**
 * Asks what PostgreSQL Flexible Server offers a subscription in a region. An empty list: nothing at all, as for many
 * subscriptions in the large regions.
 * Source: Azure REST API, "Capabilities By Location - List".
 * @throws HookFailure MANAGEMENT_REFUSED, MANAGEMENT_FAILED, TOKEN_UNAVAILABLE
 */
export async function readCapabilities(
  address: ManagementAddress,
  subscriptionId: string,
  region: string,
): Promise<Capability[]> {
  const target = `${address.url}/subscriptions/${subscriptionId}/providers/Microsoft.DBforPostgreSQL/locations/${region}/capabilities?api-version=${API_VERSION}`
  const answer = await askManagement(address, 'GET', target)
  if (answer.status !== 200) throw refusal('GET', target, answer)
  const read = answerSchema.safeParse(answer.body)
  if (!read.success) throw failed('GET', target, 'the answer has another form than is known here')
  return read.data.value
}

const serversSchema = z.object({ value: z.array(z.unknown()) })

/**
 * Whether a resource group has a PostgreSQL server. A group that is not there has none.
 * @throws HookFailure MANAGEMENT_REFUSED, MANAGEMENT_FAILED, TOKEN_UNAVAILABLE
 */
export async function hasServer(
  address: ManagementAddress,
  subscriptionId: string,
  resourceGroup: string,
): Promise<boolean> {
  const target = `${address.url}/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.DBforPostgreSQL/flexibleServers?api-version=${API_VERSION}`
  const answer = await askManagement(address, 'GET', target)
  if (answer.status === 404) return false
  if (answer.status !== 200) throw refusal('GET', target, answer)
  const read = serversSchema.safeParse(answer.body)
  return read.success && read.data.value.length > 0
}
