import type { options, subcommands } from '../commands/azure.ts'
import { writeFile } from 'node:fs/promises'
import { isThisMachine } from '../../shared/address/index.ts'
import { SLUG_FORM, slugOf } from '../../shared/tenancy/index.ts'
import {
  AzureReader,
  collectEvidence,
  evidenceText,
  MANAGEMENT_URL,
  managementLogin,
  readDeploymentValues,
  Redactor,
} from '../azure/evidence/index.ts'
import { CommandFailure, integerOption, UsageError } from '../frame/index.ts'
import type { GroupContext } from '../frame/index.ts'

const ENTRA_URL = 'https://login.microsoftonline.com'

const WITHIN_MAX_SECONDS = 3_600

/** @returns 1 where the smoke test was not good; the report is written all the same */
export async function runEvidence({
  values: given,
  print,
  note,
}: GroupContext<typeof subcommands, typeof options>): Promise<number | void> {
  const url = httpsOf(given['management-url'] ?? MANAGEMENT_URL, '--management-url')
  const entraUrl = httpsOf(given['entra-url'] ?? ENTRA_URL, '--entra-url')
  const within = integerOption(given.within, '--within', { min: 0, max: WITHIN_MAX_SECONDS })
  const tenant = slugOf(given['smoke-tenant'])
  if (tenant === null)
    throw new UsageError(`--smoke-tenant: "${given['smoke-tenant']}" is no slug of a tenant. ${SLUG_FORM}.`)
  const tokens = { operatorToken: variable('TRICKLE_OPERATOR_TOKEN'), tenantToken: variable('TRICKLE_TOKEN') }
  const redactor = new Redactor()
  redactor.know(tokens.operatorToken)
  redactor.know(tokens.tenantToken)
  const values = await readDeploymentValues(given.environment ?? null)
  const login = managementLogin(url, values.outputs['AZURE_TENANT_ID'])
  const token = async (): Promise<string> => {
    const made = await login()
    redactor.know(made)
    return made
  }
  const evidence = await collectEvidence({
    values,
    reader: new AzureReader({ url, token }),
    redactor,
    entraUrl,
    smoke: { writes: given.smoke, tenant, readyWithinMs: within * 1_000, ...tokens },
    nowMs: Date.now(),
    note,
  })
  const text = evidenceText(evidence)
  if (given.out !== undefined) await save(given.out, `${text}\n`)
  const saved = given.out === undefined ? text : `Written: ${given.out}`
  print(evidence, saved)
  return evidence.smoke.isGood ? 0 : 1
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandFailure('FILE_NOT_WRITTEN', `The report can't be written to ${file}: ${reason}`)
  }
}

function variable(name: string): string | undefined {
  const value = process.env[name]?.trim()
  return value === undefined || value === '' ? undefined : value
}

/** A token must not go over the network unencrypted. */
function httpsOf(text: string, option: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'https:' && !isThisMachine(url.hostname)))
    throw new UsageError(`${option} takes an https address such as ${MANAGEMENT_URL}, not "${text}".`)
  return url.href.replace(/\/+$/u, '')
}
