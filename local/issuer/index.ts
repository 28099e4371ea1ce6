/**
 * A small OpenID Connect issuer for the local run: it publishes keys as Entra ID does, and tokens are signed with the
 * key in its folder by every account that may read that folder.
 *
 * Invariants: the private key never leaves the folder (0600) and is never handed out over HTTP, and neither are
 * tokens: another account of this machine cannot get one. Tokens survive a restart; a rotated key stays published.
 * It must not know tenants or check roles: what it signs is what it was asked to sign.
 */
export { rotateKey } from './keys.ts'
export { readIssuer, signToken, TOKEN_MAX_SECONDS } from './tokens.ts'
export type { IssuerFacts, TokenClaims } from './tokens.ts'
