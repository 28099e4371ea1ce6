/**
 * The snapshots of infra/snapshots: what a deployment makes for each size and each shape that matters, as Microsoft's
 * own engine evaluates the template, the parameters of each, and a digest of the compiled template for what a snapshot
 * does not hold. Tests of facts read them, so they run without the CLI.
 *
 * Invariants: no file of the folder but the .bicepparam files is written by hand, and a stale one is told on every
 * machine, by hashes. It must not guess what a value of Azure's will be.
 */
export { digestOf, type Digest, type DigestOfResource } from './digest.ts'
export { makeSnapshots } from './make.ts'
export { compilerOf, PARAMETERS_FILE, shapesOf, snapshotFileOf, staleness, TEMPLATE_FILE } from './made.ts'
export { sourcesOf } from './sources.ts'
