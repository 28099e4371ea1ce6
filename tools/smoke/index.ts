/**
 * Checks a deployment from outside, as its first user would: is it ready, does it refuse requests without a token, does
 * the first append come back as it was sent. It uses only the public API, and writes one small stream.
 *
 * Invariant: it says what was not tried. A run without a token must not look like a run that has appended.
 */
export { runSmoke, type SmokeOptions, type SmokeReport } from './run-smoke.ts'
