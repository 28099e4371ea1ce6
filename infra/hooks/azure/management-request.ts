import { HookFailure } from '../frame/failure.ts'
import type { AzureLogin } from './login.ts'

/** Azure Resource Manager, or a stand-in on this machine, and who asks it. */
export interface ManagementAddress {
  readonly url: string
  readonly login: AzureLogin
}

export const MANAGEMENT_URL = 'https://management.azure.com'

/** The newest stable version of Microsoft.DBforPostgreSQL/flexibleServers; the template pins the same. */
export const API_VERSION = '2025-08-01'
const SCOPE = 'https://management.azure.com/.default'

const REQUEST_TIMEOUT_MS = 60_000
/** An answer is read up to this size. The largest, the capabilities of a region, has some 200,000 characters. */
const ANSWER_CHARACTERS_MAX = 2_000_000

export interface ManagementAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** Makes one request. @throws HookFailure MANAGEMENT_FAILED when there is no answer, TOKEN_UNAVAILABLE */
export async function askManagement(
  { login }: ManagementAddress,
  method: string,
  target: string,
  body?: unknown,
): Promise<ManagementAnswer> {
  const token = await login(SCOPE)
  try {
    const response = await fetch(target, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const text = (await response.text()).slice(0, ANSWER_CHARACTERS_MAX)
    return { status: response.status, headers: response.headers, body: parsed(text) }
  } catch (error) {
    throw failed(method, target, error instanceof Error ? error.message : String(error), error)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export function statusOf(body: unknown): { status: string; detail: string } {
  const { status, error } = (typeof body === 'object' && body !== null ? body : {}) as {
    status?: unknown
    error?: { code?: unknown; message?: unknown }
  }
  return {
    status: typeof status === 'string' ? status : '',
    detail: [error?.code, error?.message].filter((part) => typeof part === 'string').join(' '),
  }
}

/** What a person can do about an answer that is no success. */
export function refusal(method: string, target: string, { status, body }: ManagementAnswer): HookFailure {
  const { detail } = statusOf(body)
  if (status !== 401 && status !== 403) return failed(method, target, `${status} ${detail}`)
  return new HookFailure({
    code: 'MANAGEMENT_REFUSED',
    what: `Azure refuses ${method} to the account that is logged in: ${status} ${detail}`.trim(),
    where: withoutQuery(target),
    mend: 'Log in as somebody with Contributor on the resource group: azd auth login, then azd hooks run postprovision',
  })
}

export const failed = (method: string, target: string, detail: string, cause?: unknown): HookFailure =>
  new HookFailure({
    code: 'MANAGEMENT_FAILED',
    what: `Azure did not carry out ${method}: ${detail}`.trim(),
    where: withoutQuery(target),
    mend: 'Look at the server in the portal (Activity log), then run: azd hooks run postprovision',
    cause,
  })

const withoutQuery = (target: string): string => target.split('?')[0] ?? target
