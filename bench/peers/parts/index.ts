/** The comparisons, one in each file. Their names are those of the command line. */
import type { Part } from '../../command/index.ts'
import type { PartName, PeersOptions } from '../options.ts'
import { appendPart } from './append.ts'
import { coalescedPart } from './coalesced.ts'
import { doorPart } from './door.ts'
import { hotPart } from './hot.ts'
import { pgbenchPart } from './pgbench.ts'
import { projectionsPart } from './projections.ts'
import { readPart } from './read.ts'
import { tripsPart } from './trips.ts'

export const parts: Readonly<Record<PartName, Part<PeersOptions>>> = {
  append: appendPart,
  hot: hotPart,
  read: readPart,
  coalesced: coalescedPart,
  pgbench: pgbenchPart,
  trips: tripsPart,
  projections: projectionsPart,
  door: doorPart,
}
