/**
 * What the host reads from the app's host.json: route prefix, function timeout, log levels, Service Bus, and whether there is
 * an extension bundle. Other keys are ignored.
 *
 * As on the platform, a setting `AzureFunctionsJobHost__a__b` of the environment overrides `a.b` of the file.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CoreLogLevel } from './core-api.ts'
import { toLogLevel } from './log.ts'
import { readServiceBusSettings } from './service-bus/settings.ts'
import type { ServiceBusSettings } from './service-bus/settings.ts'
import { HostStartFailure, messageOf, systemCodeOf } from './start-failure.ts'
import { parseTimeSpan } from './time-span.ts'

/** Default of the Flex Consumption plan: 30 minutes. */
const DEFAULT_FUNCTION_TIMEOUT_MS = 30 * 60 * 1_000
/** The platform's default route prefix. */
const DEFAULT_ROUTE_PREFIX = 'api'
/** In host.json "-1" means "without limit". TimeSpan reads it as minus one day. */
const UNBOUNDED_MS = -24 * 60 * 60 * 1_000
const OVERLAY_PREFIX = 'azurefunctionsjobhost__'

export interface HostSettings {
  readonly routePrefix: string
  /** undefined: no limit. */
  readonly functionTimeoutMs: number | undefined
  /** By category in lower case. 'default' is for all other categories. */
  readonly logLevels: ReadonlyMap<string, CoreLogLevel>
  readonly serviceBus: ServiceBusSettings
  /** Triggers other than HTTP and timers come with it. */
  readonly hasExtensionBundle: boolean
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `<app>/host.json`.
 * @throws HostStartFailure HOST_JSON_BROKEN if the file is missing, isn't JSON, isn't version 2.0 or has a wrong value
 */
export async function readHostSettings(appFolder: string, environment: Environment): Promise<HostSettings> {
  const file = join(appFolder, 'host.json')
  const content = await readJsonFile(file)
  if (valueAt(content, ['version']) !== '2.0') {
    throw new HostStartFailure(
      'HOST_JSON_BROKEN',
      `${file} has no "version": "2.0"; the Functions host needs it.`,
    )
  }
  return toHostSettings(content, environment, file)
}

async function readJsonFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const hint =
      systemCodeOf(error) === 'ENOENT'
        ? 'is missing; build the app first'
        : `can't be read (${messageOf(error)}); mend the file`
    throw new HostStartFailure('HOST_JSON_BROKEN', `${file} ${hint}.`, error)
  }
}

/** The settings in the content of a host.json; `file` is for messages only. */
export function toHostSettings(content: unknown, environment: Environment, file: string): HostSettings {
  const overlay = readOverlay(environment)
  const text = (...path: string[]): string | undefined => {
    const value = overlay.get(path.join('__').toLowerCase()) ?? valueAt(content, path)
    return typeof value === 'string' ? value : undefined
  }
  return {
    routePrefix: (text('extensions', 'http', 'routePrefix') ?? DEFAULT_ROUTE_PREFIX).replaceAll(
      /^\/+|\/+$/g,
      '',
    ),
    functionTimeoutMs: readFunctionTimeout(text('functionTimeout'), file),
    logLevels: readLogLevels(content, overlay, file),
    serviceBus: readServiceBusSettings(valueAt(content, ['extensions', 'serviceBus']), overlay, file),
    hasExtensionBundle: text('extensionBundle', 'id') !== undefined,
  }
}

function readFunctionTimeout(text: string | undefined, file: string): number | undefined {
  if (text === undefined) return DEFAULT_FUNCTION_TIMEOUT_MS
  const timeoutMs = parseTimeSpan(text)
  if (timeoutMs === UNBOUNDED_MS) return undefined
  // One second is the platform's smallest allowed value.
  if (timeoutMs === undefined || timeoutMs < 1_000) {
    throw new HostStartFailure(
      'HOST_JSON_BROKEN',
      `${file}: functionTimeout "${text}" is no time span; write "00:05:00".`,
    )
  }
  return timeoutMs
}

function readLogLevels(
  content: unknown,
  overlay: ReadonlyMap<string, string>,
  file: string,
): Map<string, CoreLogLevel> {
  const levels = new Map<string, CoreLogLevel>()
  const written = valueAt(content, ['logging', 'logLevel'])
  const entries = typeof written === 'object' && written !== null ? Object.entries(written) : []
  const prefix = 'logging__loglevel__'
  const overlaid = [...overlay]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value])
  for (const [category, name] of [...entries, ...overlaid]) {
    const level = toLogLevel(String(name))
    if (level === undefined) {
      throw new HostStartFailure(
        'HOST_JSON_BROKEN',
        `${file}: log level "${String(name)}" of "${category}" is unknown.`,
      )
    }
    levels.set(category.toLowerCase(), level)
  }
  return levels
}

function readOverlay(environment: Environment): Map<string, string> {
  const overlay = new Map<string, string>()
  for (const [name, value] of Object.entries(environment)) {
    const key = name.toLowerCase().replaceAll(':', '__')
    if (value !== undefined && key.startsWith(OVERLAY_PREFIX))
      overlay.set(key.slice(OVERLAY_PREFIX.length), value)
  }
  return overlay
}

function valueAt(content: unknown, path: readonly string[]): unknown {
  let value = content
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/**
 * Replaces each `%NAME%` by the setting of that name, as the platform does for a whole-string reference.
 * @throws Error when a setting is missing
 */
export function resolveSettingReferences(text: string, environment: Environment): string {
  return text.replaceAll(/%([^%]+)%/g, (_reference, name: string) => {
    const value = environment[name] ?? environment[name.replaceAll(':', '__')]
    if (value === undefined)
      throw new Error(`'%${name}%' does not resolve to a value: set ${name} in the app's settings`)
    return value
  })
}

/** Whether the platform reads a setting as true ("true" in any case, or "1"). */
export function isTrueSetting(value: string | undefined): boolean {
  return value !== undefined && (value.toLowerCase() === 'true' || value === '1')
}
