/**
 * A small OpenID Connect issuer for the local run. It publishes keys as Entra ID does. Every account that may read its
 * folder can sign tokens with the key in it.
 *
 * Invariants: the private key stays in the folder (0600). Neither the key nor tokens are given out over HTTP, so
 * another account of this machine cannot get a token. Tokens survive a restart; a rotated key stays published.
 * It must not know tenants or check roles: it signs the claims that it is asked to sign.
 */
export { rotateKey } from './keys.ts'
export { readIssuer, signToken, TOKEN_MAX_SECONDS } from './tokens.ts'
export type { IssuerFacts, TokenClaims } from './tokens.ts'
