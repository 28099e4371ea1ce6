/** The token library, bundled apart and loaded by the first request that brings a token. Holds nothing of our own. */
export { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from 'jose'
