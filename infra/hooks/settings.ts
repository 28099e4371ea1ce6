import { outputOf, valueOf } from './frame/environment.ts'
import type { Environment } from './frame/environment.ts'
import { HookFailure } from './frame/failure.ts'
import type { Identity } from './database/index.ts'

/** What the second hook reads of the azd environment: the template's outputs, and what stands in for Azure locally. */
export interface PostprovisionSettings {
  readonly serverName: string
  /** postgres:// url of the administrator without a database; with a password on a server that is not Azure's. */
  readonly url: string | undefined
  readonly host: string
  readonly database: string
  readonly isPrivate: boolean
  readonly identities: readonly Identity[]
  readonly replicaNames: readonly string[]
  readonly restartParameters: readonly string[]
  /** Values by name of the parameters that the template does not write; empty where its outputs are older. */
  readonly unwrittenParameters: ReadonlyMap<string, string>
  readonly mayRestart: boolean
  readonly entra: 'pgaadauth' | 'stand-in'
  readonly administrator: {
    /** TRICKLE_HOOK_POSTGRES_USER. */
    readonly chosen: string | undefined
    /** Whom the template made administrator: name of the role, object id. */
    readonly name: string | undefined
    readonly objectId: string | undefined
  }
  readonly tenantId: string | undefined
  readonly subscriptionId: string
  readonly resourceGroup: string
  /** A stand-in on this machine, for tests. */
  readonly managementUrl: string | undefined
  /** An IPv4 address; `off`; or undefined: a public echo service is asked. */
  readonly clientAddress: string | undefined
  readonly waitMs: number
}

/** A restart at Azure takes a minute or two; the largest sizes, with much memory, take some more. */
const WAIT_DEFAULT_SECONDS = 300

const identityOutputs = {
  trickle_app: 'IDENTITY_APP_PRINCIPAL_ID',
  trickle_worker: 'IDENTITY_WORKER_PRINCIPAL_ID',
  trickle_forwarder: 'IDENTITY_FORWARDER_PRINCIPAL_ID',
  trickle_operator: 'IDENTITY_OPERATOR_PRINCIPAL_ID',
} as const

/** @throws HookFailure OUTPUT_MISSING, PARAMETER_INVALID, PARAMETERS_CONTRADICT */
export function readPostprovisionSettings(environment: Environment): PostprovisionSettings {
  const url = valueOf(environment, 'TRICKLE_HOOK_POSTGRES_URL')
  if (url !== undefined && !(/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)))
    throw invalid('TRICKLE_HOOK_POSTGRES_URL', 'is no postgres:// url', 'postgres://name:password@host:5432')
  const entra = valueOf(environment, 'TRICKLE_HOOK_ENTRA') ?? 'pgaadauth'
  if (entra !== 'pgaadauth' && entra !== 'stand-in')
    throw invalid('TRICKLE_HOOK_ENTRA', 'is neither pgaadauth nor stand-in', 'pgaadauth')
  return {
    serverName: outputOf(environment, 'POSTGRES_SERVER_NAME'),
    url,
    host: url === undefined ? outputOf(environment, 'POSTGRES_HOST') : new URL(url).hostname,
    database: valueOf(environment, 'POSTGRES_DATABASE') ?? 'trickle',
    isPrivate: valueOf(environment, 'TRICKLE_NETWORK') === 'private',
    identities: readIdentities(environment),
    replicaNames: listOf(environment, 'POSTGRES_REPLICA_NAMES'),
    restartParameters: listOf(environment, 'POSTGRES_PENDING_RESTART_PARAMETERS'),
    unwrittenParameters: readUnwritten(environment),
    mayRestart: readRestart(environment) === 'auto',
    entra,
    administrator: {
      chosen: valueOf(environment, 'TRICKLE_HOOK_POSTGRES_USER'),
      name: valueOf(environment, 'POSTGRES_ADMINISTRATOR_NAME'),
      objectId: valueOf(environment, 'POSTGRES_ADMINISTRATOR_OBJECT_ID')?.toLowerCase(),
    },
    tenantId: valueOf(environment, 'AZURE_TENANT_ID'),
    subscriptionId: outputOf(environment, 'AZURE_SUBSCRIPTION_ID'),
    resourceGroup: outputOf(environment, 'AZURE_RESOURCE_GROUP'),
    managementUrl: readManagementUrl(environment),
    clientAddress: valueOf(environment, 'TRICKLE_CLIENT_ADDRESS'),
    waitMs: readWait(environment),
  }
}

const OBJECT_ID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function readIdentities(environment: Environment): Identity[] {
  const identities = Object.entries(identityOutputs).map(([role, output]) => {
    const objectId = outputOf(environment, output).toLowerCase()
    if (OBJECT_ID_FORM.test(objectId)) return { role, objectId }
    throw invalid(output, `is "${objectId}", which is no object id`, '', 'Run: azd env refresh')
  })
  const ids = identities.map((identity) => identity.objectId)
  if (new Set(ids).size === ids.length) return identities
  throw new HookFailure({
    code: 'PARAMETERS_CONTRADICT',
    what: 'Two database roles would be attached to one identity, and the app could act as the operator.',
    where: Object.values(identityOutputs).join(', '),
    mend: 'Run: azd env refresh   (each identity of the template is another one)',
  })
}

const listOf = (environment: Environment, name: string): string[] =>
  (valueOf(environment, name) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

function readUnwritten(environment: Environment): ReadonlyMap<string, string> {
  const name = 'POSTGRES_UNWRITTEN_PARAMETERS'
  return new Map(
    listOf(environment, name).map((pair): [string, string] => {
      const [, parameter, value] = /^([a-z_.]+)=(.+)$/.exec(pair) ?? []
      if (parameter !== undefined && value !== undefined) return [parameter, value]
      throw invalid(name, `holds "${pair}", which is no name=value`, '', 'Run: azd env refresh')
    }),
  )
}

/** The stand-in at this address gets no real token, but it must be on this machine all the same. */
export function readManagementUrl(environment: Environment): string | undefined {
  const name = 'TRICKLE_HOOK_MANAGEMENT_URL'
  const url = valueOf(environment, name)
  if (url === undefined || /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/.test(url)) return url
  throw invalid(name, 'is no http address of this machine', "''")
}

function readRestart(environment: Environment): 'auto' | 'never' {
  const name = 'TRICKLE_HOOK_RESTART'
  const given = valueOf(environment, name) ?? 'auto'
  if (given === 'auto' || given === 'never') return given
  throw invalid(name, `is "${given}", which is neither auto nor never`, 'auto')
}

function readWait(environment: Environment): number {
  const name = 'TRICKLE_HOOK_WAIT_SECONDS'
  const given = valueOf(environment, name) ?? String(WAIT_DEFAULT_SECONDS)
  if (/^\d{1,4}$/.test(given)) return Number(given) * 1000
  throw invalid(name, `is "${given}", which is no number of seconds`, String(WAIT_DEFAULT_SECONDS))
}

const invalid = (name: string, what: string, example: string, mend?: string): HookFailure =>
  new HookFailure({
    code: 'PARAMETER_INVALID',
    what: `${name} ${what}.`,
    where: name,
    mend: mend ?? `azd env set ${name} ${example}`,
  })
