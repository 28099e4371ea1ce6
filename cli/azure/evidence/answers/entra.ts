import { decodeJwt } from 'jose'
import { z } from 'zod'
import { NotRead } from '../azure-reader.ts'
import { answered, open } from './answer.ts'
import type { Answer, Answerer } from './answer.ts'

const REQUEST_TIMEOUT_MS = 30_000

const documentSchema = z.object({ issuer: z.string(), jwks_uri: z.string() })
const keysSchema = z.object({ keys: z.array(z.object({ issuer: z.string().optional() })) })

export interface EntraSurroundings {
  readonly entraUrl: string
  /** Of a user, with the claim that names the tenant. */
  readonly tenantToken: string | undefined
}

export const entraAnswers = ({
  entraUrl,
  tenantToken,
}: EntraSurroundings): readonly (readonly [number: number, answerer: Answerer])[] => [
  [15, () => Promise.resolve(tenantClaim(tenantToken, entraUrl))],
  [21, async () => commonDocument(entraUrl)],
]

const TENANT_CLAIM = 'extn.tenant'

/** Looks at the names of a token's claims and at its issuer, and at no other value. */
function tenantClaim(token: string | undefined, entraUrl: string): Answer {
  if (token === undefined) return open('no token was given')
  const claims = claimsOf(token)
  const names = Object.keys(claims)
  const issuer = typeof claims.iss === 'string' && URL.canParse(claims.iss) ? new URL(claims.iss).host : ''
  if (![...ENTRA_HOSTS, new URL(entraUrl).host].includes(issuer))
    return open('the token that was given is none of Entra')
  if (names.includes(TENANT_CLAIM)) return answered(`yes: the token has ${TENANT_CLAIM}`)
  // Only users have a directory extension; a user's token says by `scp` what its client may do.
  if (!names.includes('scp')) return open('the token that was given is an application’s, and not a user’s')
  const others = names.filter((name) => name.startsWith('extn'))
  return answered(
    `NO: the token has no ${TENANT_CLAIM}${others.length === 0 ? '' : `, but ${others.join(', ')}`}`,
  )
}

/** Issuers of tokens of version 2 and 1. */
const ENTRA_HOSTS = ['login.microsoftonline.com', 'sts.windows.net']

function claimsOf(token: string): ReturnType<typeof decodeJwt> {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}

/** @param url of Entra, without a slash at the end */
async function commonDocument(url: string): Promise<Answer> {
  const address = `${url}/common/v2.0/.well-known/openid-configuration`
  const { issuer, jwks_uri: keysAt } = await publicJson(address, documentSchema)
  if (new URL(keysAt).origin !== new URL(url).origin)
    return open(`the keys are at another address, ${new URL(keysAt).host}`)
  const { keys } = await publicJson(keysAt, keysSchema)
  const having = keys.filter((key) => key.issuer !== undefined).length
  const isAsTold = issuer.includes('{tenantid}') && keys.length > 0 && having === keys.length
  return answered(`${isAsTold ? 'yes' : 'NO'}: issuer ${issuer}, ${having} of ${keys.length} keys name one`)
}

/** Both documents are public; no token goes along. */
async function publicJson<T>(address: string, schema: z.ZodType<T>): Promise<T> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    return schema.parse(await response.json())
  } catch (error) {
    throw new NotRead(`${new URL(address).host} did not answer in the documented form`, { cause: error })
  }
}
