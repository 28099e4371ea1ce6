import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Side } from '../../../shared/sides/index.ts'
import { resourcesOf } from './snapshots.ts'
import type { ObjectValue, SnapshotResource, Value } from './snapshots.ts'

const repository = new URL('../../../', import.meta.url)

export const fileOf = (path: string): string => fileURLToPath(new URL(path, repository))
export const textOfFile = (path: string): string => readFileSync(fileOf(path), 'utf8')
export const jsonOfFile = (path: string): unknown => JSON.parse(textOfFile(path))

/** What has no default, in a form that is accepted. */
export const required = {
  environmentName: 'example',
  location: 'westeurope',
  authIssuer: 'https://login.example.com/v2.0',
  authAudience: 'api://trickle',
} as const

/** Each has a shape of its name, in which nothing else is chosen. */
export const SIZES = ['dev', 'trial', 'standard', 'scale'] as const

export const ofType = (plan: readonly SnapshotResource[], type: string): SnapshotResource[] =>
  plan.filter((resource) => resource.type === type)

export function single(plan: readonly SnapshotResource[], type: string): SnapshotResource {
  const [found, ...more] = ofType(plan, type)
  if (found === undefined || more.length > 0)
    throw new Error(`there is not one ${type}, but ${found === undefined ? 0 : more.length + 1}`)
  return found
}

/** A value deep in a resource's body, by names with dots between them. */
export function at(resource: Pick<SnapshotResource, 'body'>, path: string): Value | undefined {
  let value: Value | undefined = resource.body
  for (const name of path.split('.')) value = value !== undefined && isObject(value) ? value[name] : undefined
  return value
}

const isObject = (value: Value): value is ObjectValue =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function asObject(value: Value | undefined): ObjectValue {
  if (value === undefined || !isObject(value)) throw new Error(`this is no object: ${JSON.stringify(value)}`)
  return value
}

export function asList(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw new Error(`this is no list: ${JSON.stringify(value)}`)
  return value as readonly Value[]
}

/** The text of a value; '' where there is none. */
export function stringOf(value: Value | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** One of the two function apps of a shape. */
export function siteOf(shape: string, side: Side): SnapshotResource {
  const sites = ofType(resourcesOf(shape), 'Microsoft.Web/sites')
  return single(
    sites.filter(({ name }) => name.startsWith(`func-${side}-`)),
    'Microsoft.Web/sites',
  )
}

/** The app settings of one of the two apps of a shape. */
export function appSettingsOf(shape: string, side: Side): ObjectValue {
  const { name } = siteOf(shape, side)
  const settings = resourcesOf(shape).filter((resource) => resource.name === `${name}/appsettings`)
  return asObject(at(single(settings, 'Microsoft.Web/sites/config'), 'properties'))
}

/** The last name: of a queue, of a setting. */
export const ownNameOf = ({ name }: Pick<SnapshotResource, 'name'>): string => name.split('/').at(-1) ?? ''

/** Id of the resource that a right, a log or a lock is on. */
export const targetOf = ({ id }: Pick<SnapshotResource, 'id'>): string =>
  id.slice(0, id.lastIndexOf('/providers/'))
