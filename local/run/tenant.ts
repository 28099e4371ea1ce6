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
 * functions answer, tokens are accepted and the database is reached.
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
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  })
  const text = await response.text()
  if (response.status === 201) return
  let problem: z.infer<typeof problemSchema> = {}
  try {
    problem = problemSchema.parse(JSON.parse(text))
  } catch {
    // The answer is not a problem document, so its text is shown.
  }
  if (response.status === 409 && problem.code === 'TENANT_EXISTS') return
  const words = problem.detail ?? problem.title ?? text.slice(0, 200)
  throw new LocalFailure({
    code: 'PART_FAILED',
    what: `The functions serve, but the first tenant could not be made: HTTP ${response.status} ${problem.code ?? ''} ${words}`,
    where: `POST ${address}`,
    mend: 'Look into the log of the functions host.',
  })
}
