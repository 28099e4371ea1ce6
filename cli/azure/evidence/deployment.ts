import { z } from 'zod'
import { NotRead } from './azure-reader.ts'
import type { AzureReader } from './azure-reader.ts'
import type { DeploymentValues } from './deployment-values.ts'

const POSTGRES_API = '2025-08-01'
const RESOURCES_API = '2025-04-01'
const ACTIVITY_API = '2015-04-01'

/** Azure keeps the activity log for 90 days and refuses to look further back. */
const ACTIVITY_DAYS = 89
const DAY_MS = 86_400_000

const resourceSchema = z.object({ type: z.string(), name: z.string(), location: z.string() })
const deploymentSchema = z.object({
  name: z.string(),
  properties: z.object({
    provisioningState: z.string(),
    timestamp: z.string().nullish(),
    duration: z.string().nullish(),
    error: z.unknown().optional(),
  }),
})
const activitySchema = z.object({
  eventTimestamp: z.string(),
  operationName: z.object({ value: z.string() }),
  status: z.object({ value: z.string() }),
  resourceId: z.string().nullish(),
})
const serverSchema = z.object({
  properties: z.object({
    state: z.string().nullish(),
    replicationRole: z.string().nullish(),
    authConfig: z
      .object({ activeDirectoryAuth: z.string().nullish(), passwordAuth: z.string().nullish() })
      .nullish(),
  }),
})
const administratorSchema = z.object({ properties: z.object({ objectId: z.string() }) })
const parameterSchema = z.object({
  name: z.string(),
  properties: z.object({
    value: z.string().nullish(),
    source: z.string().nullish(),
    // A service beside this one says "True" for true.
    isConfigPendingRestart: z.union([z.boolean(), z.string()]).nullish(),
  }),
})

export type Resource = z.output<typeof resourceSchema>
export type Activity = z.output<typeof activitySchema>
export type ServerParameter = z.output<typeof parameterSchema>

/** One of the deployments that make up the template, as the resource group keeps it. */
export interface DeploymentRecord {
  readonly name: string
  readonly state: string
  readonly endedAt: string
  readonly duration: string
  /** Without texts of people: codes only. */
  readonly errorCodes: readonly string[]
}

/** A deployment in Azure, read when it is asked about. Every method throws NotRead. */
export class Deployment {
  readonly reader: AzureReader
  readonly values: DeploymentValues
  readonly #activitySince: string

  constructor(reader: AzureReader, values: DeploymentValues, nowMs: number) {
    this.reader = reader
    this.values = values
    // Once, so that every answer asks the same and the reader has it already.
    this.#activitySince = new Date(nowMs - ACTIVITY_DAYS * DAY_MS).toISOString()
  }

  /** @throws NotRead where the azd environment does not have it: nothing was deployed from it */
  output(name: string): string {
    const value = this.values.outputs[name]
    if (value !== undefined) return value
    throw new NotRead(`the azd environment has no ${name}`)
  }

  /** A parameter, or what it is where nobody has set it. */
  parameter(name: string, initial: string): string {
    return this.values.parameters[name] ?? this.values.outputs[name] ?? initial
  }

  get subscription(): string {
    return `/subscriptions/${this.output('AZURE_SUBSCRIPTION_ID')}`
  }

  get group(): string {
    return `${this.subscription}/resourceGroups/${this.output('AZURE_RESOURCE_GROUP')}`
  }

  get replicaNames(): string[] {
    return (this.values.outputs['POSTGRES_REPLICA_NAMES'] ?? '').split(',').filter((name) => name !== '')
  }

  async resources(): Promise<Resource[]> {
    return this.reader.list(`${this.group}/resources`, { 'api-version': RESOURCES_API }, resourceSchema)
  }

  async records(): Promise<DeploymentRecord[]> {
    const path = `${this.group}/providers/Microsoft.Resources/deployments`
    const found = await this.reader.list(path, { 'api-version': RESOURCES_API }, deploymentSchema)
    return found.map(({ name, properties }) => ({
      name,
      state: properties.provisioningState,
      endedAt: properties.timestamp ?? '',
      duration: properties.duration ?? '',
      errorCodes: codesOf(properties.error),
    }))
  }

  async activities(): Promise<Activity[]> {
    const query = {
      'api-version': ACTIVITY_API,
      $filter: `eventTimestamp ge '${this.#activitySince}' and resourceGroupName eq '${this.output('AZURE_RESOURCE_GROUP')}'`,
      $select: 'eventTimestamp,operationName,status,resourceId',
    }
    const path = `${this.subscription}/providers/Microsoft.Insights/eventtypes/management/values`
    return this.reader.list(path, query, activitySchema)
  }

  async server(name: string): Promise<z.output<typeof serverSchema>['properties']> {
    return (await this.reader.get(this.#server(name), postgres, serverSchema)).properties
  }

  /** Object ids, in lower case and order. */
  async administrators(server: string): Promise<string[]> {
    const path = `${this.#server(server)}/administrators`
    const found = await this.reader.list(path, postgres, administratorSchema)
    return found.map(({ properties }) => properties.objectId.toLowerCase()).toSorted()
  }

  async parameters(server: string): Promise<ServerParameter[]> {
    return this.reader.list(`${this.#server(server)}/configurations`, postgres, parameterSchema)
  }

  #server(name: string): string {
    return `${this.group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/${name}`
  }
}

const postgres = { 'api-version': POSTGRES_API }

const ERROR_CODE = /"code":"(\w+)"/gu

/** An error holds errors, some of them as text. Its codes say what happened; its texts name people and places. */
function codesOf(error: unknown): string[] {
  if (error === undefined || error === null) return []
  const text = JSON.stringify(error)
    .replaceAll('\\', '')
    .replaceAll(/\s*:\s*/gu, ':')
  return [...new Set([...text.matchAll(ERROR_CODE)].map(([, code = '']) => code))]
}
