/**
 * Tells who calls: checks the bearer token of a request against the configured OpenID Connect issuer.
 *
 * Invariants: only asymmetric signatures of keys that the issuer publishes are believed; a token is never logged, kept
 * or repeated in an error; a refusal says what is wrong with the token; a short outage of the issuer does not fail
 * tokens whose key is known. It must not know of routes, nor of which tenants exist: `tenantClaim` is what the token
 * says and no more.
 */
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from './token-verifier.ts'
export { isRole, type Identity, type Role } from './identity.ts'
export { challengeHeader } from './refusal.ts'
