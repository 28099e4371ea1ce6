import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { CommandFailure } from '../../frame/index.ts'

/** What azd keeps of an environment, as far as it may be shown. */
export interface DeploymentValues {
  /** Outputs of the template, and what azd itself knows: region, subscription, directory. */
  readonly outputs: Readonly<Record<string, string>>
  /** Parameters that were set, by their variable. */
  readonly parameters: Readonly<Record<string, string>>
  /** How many other values the environment holds. They are not read. */
  readonly others: number
}

const OF_AZD = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID', 'AZURE_TENANT_ID']

/** Who a person is, is no evidence. The settings of contexts are shown by their names. */
const PERSONAL = ['POSTGRES_ADMINISTRATOR_NAME', 'TRICKLE_POSTGRES_ADMINISTRATORS']
const CONTEXT_SETTINGS = 'TRICKLE_CONTEXT_SETTINGS'

/** azd reads a file; a first start on a cold machine takes some seconds. */
const AZD_TIMEOUT_MS = 60_000

const infra = new URL('../../../infra/', import.meta.url)

/**
 * Reads the azd environment and keeps what the template names: its outputs and its parameters. Everything else a person
 * may have put there stays where it is.
 * @param environment null: the one that azd uses now
 * @throws CommandFailure AZD_FAILED
 */
export async function readDeploymentValues(environment: string | null): Promise<DeploymentValues> {
  const all = await valuesOfAzd(environment)
  const outputs = pick(all, [...OF_AZD, ...(await outputNames())])
  const parameters = pick(
    all,
    (await parameterNames()).filter((name) => !(name in outputs)),
  )
  const others = Object.keys(all).length - Object.keys(outputs).length - Object.keys(parameters).length
  return { outputs, parameters, others }
}

function pick(all: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = all[name]
      return value === undefined || value === '' ? [] : [[name, shown(name, value)]]
    }),
  )
}

function shown(name: string, value: string): string {
  if (PERSONAL.includes(name)) return '[left out]'
  if (name !== CONTEXT_SETTINGS) return value
  return [...value.matchAll(/(TRICKLE_[A-Z0-9_]+)=/gu)].map(([, setting = '']) => setting).join(', ')
}

/** The outputs that the template declares. */
export async function outputNames(): Promise<string[]> {
  const template = await readFile(new URL('main.bicep', infra), 'utf8')
  return [...template.matchAll(/^output (\w+) /gmu)].map(([, name = '']) => name)
}

/** The variables that carry the parameters of the template. */
export async function parameterNames(): Promise<string[]> {
  const text = await readFile(new URL('main.parameters.json', infra), 'utf8')
  return [...text.matchAll(/\$\{([A-Z][A-Z0-9_]*)/gu)].map(([, name = '']) => name)
}

async function valuesOfAzd(environment: string | null): Promise<Record<string, string>> {
  const words = ['env', 'get-values', '--output', 'json']
  const text = await azd(environment === null ? words : [...words, '--environment', environment])
  const read = z.record(z.string(), z.coerce.string()).safeParse(parsed(text))
  if (read.success) return read.data
  throw new CommandFailure('AZD_FAILED', 'azd env get-values answered in another form than JSON.')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function azd(words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('azd', words, { timeout: AZD_TIMEOUT_MS }, (error, out, told) => {
      if (error === null) return resolve(out)
      const reason = told.trim().split('\n')[0] || error.message
      reject(
        new CommandFailure(
          'AZD_FAILED',
          `azd env get-values failed: ${reason} Run this in the folder of the azd environment, after azd up.`,
        ),
      )
    })
  })
}
