import { z } from 'zod'
import type { Deployment } from '../deployment.ts'
import { answered, open, partly } from './answer.ts'
import type { Answer, Answerer } from './answer.ts'

const web = { 'api-version': '2025-03-01' }
const postgres = { 'api-version': '2025-08-01' }
const providers = { 'api-version': '2021-04-01' }

const siteSchema = z.object({
  properties: z.object({
    functionAppConfig: z.object({
      siteUpdateStrategy: z.object({ type: z.string() }).nullish(),
      scaleAndConcurrency: z.object({ instanceMemoryMB: z.number() }),
    }),
  }),
})

/** Which of the two apps, by the output that names it. */
type AppOutput = 'AZURE_FUNCTION_NAME' | 'AZURE_BACKGROUND_FUNCTION_NAME'

const siteOf = (deployment: Deployment, app: AppOutput): string =>
  `${deployment.group}/providers/Microsoft.Web/sites/${deployment.output(app)}`

/** Of the public app; the other one is configured alike. */
const configOf = async (deployment: Deployment) => {
  const path = siteOf(deployment, 'AZURE_FUNCTION_NAME')
  return (await deployment.reader.get(path, web, siteSchema)).properties.functionAppConfig
}

async function updatesRoll(deployment: Deployment): Promise<Answer> {
  const { siteUpdateStrategy } = await configOf(deployment)
  const type = siteUpdateStrategy?.type ?? 'none'
  return type === 'RollingUpdate'
    ? answered(`yes: ${deployment.output('AZURE_LOCATION')} has taken it (siteUpdateStrategy ${type})`)
    : open(`the app has none (siteUpdateStrategy ${type}): it is off at this size`)
}

async function smallInstances(deployment: Deployment): Promise<Answer> {
  const { instanceMemoryMB } = (await configOf(deployment)).scaleAndConcurrency
  return instanceMemoryMB === 512
    ? answered('yes: the app has instances of 512 MB')
    : open(`the app has instances of ${instanceMemoryMB} MB`)
}

const providerSchema = z.object({
  resourceTypes: z.array(
    z.object({ resourceType: z.string(), locations: z.array(z.string()), apiVersions: z.array(z.string()) }),
  ),
})

async function serviceBusVersion(deployment: Deployment): Promise<Answer> {
  const path = `${deployment.subscription}/providers/Microsoft.ServiceBus`
  const { resourceTypes } = await deployment.reader.get(path, providers, providerSchema)
  const namespaces = resourceTypes.find(({ resourceType }) => resourceType === 'namespaces')
  const stable = namespaces?.apiVersions.filter((version) => /^\d{4}-\d\d-\d\d$/u.test(version)) ?? []
  const newest = stable.toSorted().at(-1)
  if (namespaces === undefined || newest === undefined) return open('the provider names no version')
  const location = deployment.output('AZURE_LOCATION')
  const isHere = namespaces.locations.some((name) => shortName(name) === shortName(location))
  return partly(
    `the newest stable version is ${newest}; the provider is ${isHere ? '' : 'NOT '}in ${location}. Versions are told for all regions at once`,
  )
}

/** Regions are written in two ways: "West Europe", "westeurope". */
const shortName = (region: string): string => region.toLowerCase().replaceAll(' ', '')

const kind = z.object({ name: z.string() })
const capabilitiesSchema = z.object({
  value: z.array(
    z.object({
      restricted: z.string().nullish(),
      supportedServerVersions: z.array(kind),
      supportedServerEditions: z.array(kind.extend({ supportedServerSkus: z.array(kind) })),
    }),
  ),
})

const capabilitiesOf = async (deployment: Deployment) => {
  const region = shortName(deployment.output('AZURE_LOCATION'))
  const path = `${deployment.subscription}/providers/Microsoft.DBforPostgreSQL/locations/${region}/capabilities`
  return (await deployment.reader.get(path, postgres, capabilitiesSchema)).value
}

async function newerPostgres(deployment: Deployment): Promise<Answer> {
  const versions = (await capabilitiesOf(deployment)).flatMap((one) => one.supportedServerVersions)
  const names = [...new Set(versions.map(({ name }) => name))].toSorted()
  return open(`the region offers PostgreSQL ${names.join(', ')}; how they behave is not in what it says`)
}

async function capabilitiesForm(deployment: Deployment): Promise<Answer> {
  const found = await capabilitiesOf(deployment)
  const skus = found.flatMap((one) => one.supportedServerEditions.flatMap((each) => each.supportedServerSkus))
  return answered(`yes for this subscription; offers of sizes: ${skus.length}`)
}

const functionSchema = z.object({
  name: z.string(),
  properties: z.object({ isDisabled: z.boolean().nullish() }),
})

async function timerIsDisabled(deployment: Deployment): Promise<Answer> {
  const path = `${siteOf(deployment, 'AZURE_BACKGROUND_FUNCTION_NAME')}/functions`
  const found = await deployment.reader.list(path, web, functionSchema)
  const timer = found.find(({ name }) => name.split('/').at(-1) === 'forwarding')
  if (timer === undefined)
    return open(`the background app names ${found.length} functions, and forwarding is not among them`)
  const isOff = timer.properties.isDisabled === true
  if ((deployment.values.outputs['ANALYTICS_URL'] ?? '') !== '')
    return open(`this deployment forwards: forwarding is ${isOff ? 'DISABLED' : 'on'}`)
  return answered(isOff ? 'yes: forwarding is disabled' : 'NO: forwarding is not disabled')
}

export const platformAnswers: readonly (readonly [number: number, answerer: Answerer])[] = [
  [6, updatesRoll],
  [7, smallInstances],
  [8, serviceBusVersion],
  [9, newerPostgres],
  [20, capabilitiesForm],
  [23, timerIsDisabled],
]
