import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import { signToken } from '../issuer/index.ts'
import { FIRST_TENANT } from './project.ts'

/** Long, since the first request loads every chunk that it needs and opens the first connection. */
const REQUEST_TIMEOUT_MS = 20_000
const TOKEN_SECONDS = 60

const problemSchema = z.object({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
})

/**
 * Makes the first tenant over HTTP, as any operator would; the tenant may exist already. Success shows that the
 * background app answers, tokens are accepted and the database is reached.
 * @throws LocalFailure PART_FAILED
 */
export async function ensureTenant(url: string, issuerFolder: string, signal: AbortSignal): Promise<void> {
  const token = await signToken(issuerFolder, {
    roles: ['operator'],
    expiresInSeconds: TOKEN_SECONDS,
    subject: 'local-run',
  })
  const address = `${url}/api/tenants`
  const response = await fetch(address, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ slug: FIRST_TENANT, name: 'Acme' }),
    signal: limitOf(signal),
  })
  const text = await response.text()
  if (response.status === 201) return
  const problem = problemOf(text)
  if (response.status === 409 && problem.code === 'TENANT_EXISTS') return
  const words = problem.detail ?? problem.title ?? text.slice(0, 200)
  throw new LocalFailure({
    code: 'PART_FAILED',
    what: `The background app serves, but the first tenant could not be made: HTTP ${response.status} ${problem.code ?? ''} ${words}`,
    where: `POST ${address}`,
    mend: 'Look into its log: npx trickle logs background-host',
  })
}

/**
 * Asks the public app whether it is ready. Its settings must be right and its login must reach the database. What else
 * readiness complains of, such as changed limits of a login, is no reason not to start.
 * @throws LocalFailure PART_FAILED
 */
export async function askReadiness(url: string, signal: AbortSignal): Promise<void> {
  const address = `${url}/api/health/ready`
  const response = await fetch(address, { signal: limitOf(signal) })
  const text = await response.text()
  if (response.status === 200 || isAtWork(text)) return
  throw new LocalFailure({
    code: 'PART_FAILED',
    what: `The public app serves, but it is not ready: HTTP ${response.status} ${text.slice(0, 200)}`,
    where: `GET ${address}`,
    mend: 'Look into its log: npx trickle logs public-host',
  })
}

const checksSchema = z.object({
  checks: z.object({ configuration: z.literal('ok'), database: z.literal('ok') }),
})

function isAtWork(text: string): boolean {
  try {
    return checksSchema.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}

const limitOf = (signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])

/** Nothing where the text is no problem document: it is shown itself then. */
function problemOf(text: string): z.infer<typeof problemSchema> {
  try {
    return problemSchema.parse(JSON.parse(text))
  } catch {
    return {}
  }
}
