import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose/jwt/sign'
import { importJWK } from 'jose/key/import'
import { fileFailure, LocalFailure } from '../failure/index.ts'
import { ALGORITHM, readKeys } from './keys.ts'

/** What a service needs to check tokens of this issuer. */
export interface IssuerFacts {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
}

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
 * @throws LocalFailure NOT_RUNNING, DATA_FOLDER_BROKEN
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
  const facts: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (isIssuerFacts(facts)) return facts
  throw new LocalFailure({
    code: 'DATA_FOLDER_BROKEN',
    what: 'The file of the token issuer does not hold its addresses.',
    where: file,
    mend: 'Start the local run again, which writes it anew: npm start',
  })
}

/** Checked without zod, for the reason that keys.ts gives. */
function isIssuerFacts(value: unknown): value is IssuerFacts {
  if (typeof value !== 'object' || value === null) return false
  const { issuer, audience, jwksUrl } = value as Readonly<Record<string, unknown>>
  return [issuer, audience, jwksUrl].every((member) => typeof member === 'string')
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
