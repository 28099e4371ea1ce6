/**
 * Looks at a deployment from outside, as its first user would: is it ready, does it refuse who brings no token, does the
 * first append come back as it was sent. It knows nothing but the public API and writes one small stream.
 *
 * Invariant: what was not tried is said. A run without a token must not look like a run that has appended.
 */
export { runSmoke, type SmokeOptions, type SmokeReport } from './run-smoke.ts'
