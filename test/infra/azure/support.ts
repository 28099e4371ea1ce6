import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { asText, isList, isObject, planDeployment, readBicep, Template } from '../../support/bicep/index.ts'
import type { Given, ObjectValue, PlannedResource, Value } from '../../support/bicep/index.ts'

const repository = new URL('../../../', import.meta.url)

export const fileOf = (path: string): string => fileURLToPath(new URL(path, repository))
export const textOfFile = (path: string): string => readFileSync(fileOf(path), 'utf8')
export const jsonOfFile = (path: string): unknown => JSON.parse(textOfFile(path))

export const mainFile = fileOf('infra/main.bicep')

/** What has no default, in a form that is accepted. */
export const required = {
  environmentName: 'trial',
  location: 'westeurope',
  authIssuer: 'https://login.example.com/v2.0',
  authAudience: 'api://trickle',
} as const

export const SIZES = ['dev', 'trial', 'standard', 'scale'] as const

export const mainWith = (given: Given): Template =>
  new Template(readBicep(mainFile), { ...required, ...given })

/** What main.bicep objects to. */
export function problemsOf(given: Given): readonly Value[] {
  const problems = mainWith(given).variable('problems')
  if (!isList(problems)) throw new Error('problems is no list')
  return problems
}

/** Every resource that a deployment with these parameters would make. */
export const planOf = (given: Given): PlannedResource[] => planDeployment(mainFile, { ...required, ...given })

export const ofType = (plan: readonly PlannedResource[], type: string): PlannedResource[] =>
  plan.filter((resource) => resource.type === type)

export function single(plan: readonly PlannedResource[], type: string): PlannedResource {
  const [found, ...more] = ofType(plan, type)
  if (found === undefined || more.length > 0)
    throw new Error(`there is not one ${type}, but ${more.length + 1}`)
  return found
}

/** A value deep in a resource's body, by names with dots between them. */
export function at(resource: Pick<PlannedResource, 'body'>, path: string): Value | undefined {
  let value: Value | undefined = resource.body
  for (const name of path.split('.')) value = value !== undefined && isObject(value) ? value[name] : undefined
  return value
}

export function asObject(value: Value | undefined): ObjectValue {
  if (value === undefined || !isObject(value)) throw new Error(`this is no object: ${stringOf(value)}`)
  return value
}

export function asList(value: Value | undefined): readonly Value[] {
  if (value === undefined || !isList(value)) throw new Error(`this is no list: ${stringOf(value)}`)
  return value
}

/** The app settings of a deployment. */
export const appSettingsOf = (given: Given): ObjectValue =>
  asObject(
    at(
      single(
        planOf(given).filter(({ name }) => name === 'appsettings'),
        'Microsoft.Web/sites/config',
      ),
      'properties',
    ),
  )

/** Parameters that use each part at least once, and are accepted: for what must hold of all resources there can be. */
export const everything: Given = {
  size: 'scale',
  network: 'private',
  analytics: 'new',
  cache: 'redis',
  serviceBusTier: 'bySize',
  customerManagedKey: true,
  virtualEndpoint: true,
  replicas: [
    { name: 'near', purpose: 'reads' },
    { name: 'reports', purpose: 'analytics' },
  ],
}

/** The least there can be. */
export const least: Given = { size: 'dev', network: 'public' }

/** The text of a value; '' where there is none. */
export const stringOf = (value: Value | undefined): string => (value === undefined ? '' : asText(value))
