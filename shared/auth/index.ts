/**
 * Tells who calls: checks the bearer token of a request against the configured OpenID Connect issuers.
 *
 * Invariants: only asymmetric signatures of keys that the token's own issuer publishes are believed; a token is never
 * logged, kept or repeated in an error; a refusal says what is wrong with the token; a short outage of an issuer fails
 * neither tokens whose key is known nor those of other issuers; a role counts only if its issuer may grant it and,
 * where applications are listed for the role, if the token's application is among them. It must not know of routes, nor
 * of which tenants exist: `tenantClaim` is what the token says and no more.
 */
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from './token-verifier.ts'
export { mistakeOf, standsForDirectories, type IssuerOptions } from './issuers.ts'
export { isTrustworthyUrl } from './issuer-url.ts'
export { isRole, ROLES, type Identity, type Role } from './identity.ts'
export { refusedCallerOf, type RefusedCaller } from './refused-caller.ts'
export { challengeHeader } from './refusal.ts'
