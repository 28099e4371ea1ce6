import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importJWK, SignJWT } from 'jose'
import { z } from 'zod'
import { fileFailure, LocalFailure } from '../failure/index.ts'
import { ALGORITHM, readKeys } from './keys.ts'

const issuerFactsSchema = z.object({ issuer: z.string(), audience: z.string(), jwksUrl: z.string() })

/** What a service needs to check tokens of this issuer. */
export type IssuerFacts = z.infer<typeof issuerFactsSchema>

export interface TokenClaims {
  /** Slug, id or external id. Absent for operators and services. */
  readonly tenant?: string
  /** reader, writer, admin, operator, service. */
  readonly roles: readonly string[]
  readonly expiresInSeconds: number
  /** The user or service that the token is for. */
  readonly subject: string
}

/** Seven days: a person who tries things out keeps a token in a shell. The local run accepts tokens of this length. */
export const TOKEN_MAX_SECONDS = 604_800

/** Writes down what tokens have to contain, so that tokens can be signed without a call to the issuer. */
export function writeIssuer(folder: string, facts: IssuerFacts): void {
  try {
    writeFileSync(factsFile(folder), JSON.stringify(facts))
  } catch (error) {
    throw fileFailure(error, factsFile(folder)) ?? error
  }
}

function factsFile(folder: string): string {
  return join(folder, 'issuer.json')
}

/**
 * The facts that the issuer of a folder wrote at its last start.
 * @throws LocalFailure NOT_RUNNING
 */
export function readIssuer(folder: string): IssuerFacts {
  const file = factsFile(folder)
  if (!existsSync(file)) {
    throw new LocalFailure({
      code: 'NOT_RUNNING',
      what: 'There is no token issuer here yet: the local run was never started.',
      where: file,
      mend: 'Start it: npm start',
    })
  }
  return issuerFactsSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
}

/**
 * Signs a token (JWT, RS256) with the newest key of an issuer's folder, without HTTP.
 * @throws LocalFailure NOT_RUNNING, PERMISSION_MISSING
 */
export async function signToken(folder: string, claims: TokenClaims): Promise<string> {
  const facts = readIssuer(folder)
  const [key] = readKeys(folder)
  if (!key) throw new Error('a key file holds at least one key')
  return await new SignJWT({
    roles: claims.roles,
    ...(claims.tenant === undefined ? {} : { tenant: claims.tenant }),
  })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: 'JWT' })
    .setIssuer(facts.issuer)
    .setAudience(facts.audience)
    .setSubject(claims.subject)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + claims.expiresInSeconds)
    .sign(await importJWK(key, ALGORITHM))
}
