/**
 * Microsoft's own Bicep CLI: where it is, and a session with it. Nobody else judges the template.
 *
 * Invariants: nothing is downloaded here (.ci/run does that, with a checksum), and nothing is deployed.
 */
export { findBicep, findProgram, HOW_TO_GET } from './find.ts'
export { assumed, BicepRefused, BicepSession, type Compiled } from './session.ts'
