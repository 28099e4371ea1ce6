import { createHash } from 'node:crypto'
import { canonicalJson } from '../../json/index.ts'

/** SHA-256 over a canonical text, so that white space and the order of members do not change it. */
export const fingerprintOf = (said: object): Buffer =>
  createHash('sha256').update(canonicalJson(said)).digest()
