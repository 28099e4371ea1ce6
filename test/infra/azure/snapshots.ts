import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { PARAMETERS_FILE, snapshotFileOf, TEMPLATE_FILE } from '../../../tools/snapshots/index.ts'
import type { Digest } from '../../../tools/snapshots/index.ts'
import { filled } from './made-up-values.ts'

export type Value = null | boolean | number | string | readonly Value[] | ObjectValue
export interface ObjectValue {
  readonly [name: string]: Value
}
export type Given = ObjectValue

/** A resource of a snapshot. */
export interface SnapshotResource {
  /** Says where it is, too: what a right or a log is on stands before the last `/providers/`. */
  readonly id: string
  readonly type: string
  /** With the names of the resources that it belongs to: `namespace/queue`. */
  readonly name: string
  /** Everything else, with made-up values for what only Azure knows. */
  readonly body: ObjectValue
}

export interface Snapshot {
  readonly resources: readonly SnapshotResource[]
  readonly outputs: ObjectValue
  /** The same as Microsoft's engine wrote it, with its expressions. */
  readonly text: string
}

const folder = fileURLToPath(new URL('../../../infra/snapshots/', import.meta.url))
const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

/** The shapes of deployments that there are snapshots of. */
export const shapes = readdirSync(folder)
  .filter((file) => file.endsWith('.bicepparam'))
  .map((file) => file.replace('.bicepparam', ''))
  .toSorted()

const parameters = z
  .record(z.string(), z.record(z.string(), z.json()))
  .parse(JSON.parse(read(PARAMETERS_FILE)))

/** The parameters of a shape; what is not named has its default. */
export function parametersOf(shape: string): Given {
  const found = parameters[shape]
  if (found === undefined) throw new Error(`there is no shape ${shape}`)
  return found
}

const snapshots = new Map<string, Snapshot>()

/** What a deployment of a shape makes. */
export function snapshotOf(shape: string): Snapshot {
  const known = snapshots.get(shape) ?? snapshotIn(read(snapshotFileOf(shape)))
  snapshots.set(shape, known)
  return known
}

/** Reads the text of a snapshot. */
export function snapshotIn(text: string): Snapshot {
  const { predictedResources, outputs } = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' ? filled(value) : value,
  ) as {
    predictedResources: (ObjectValue & { id: string; type: string; name: string })[]
    outputs: ObjectValue
  }
  const resources = predictedResources.map(({ id, type, name, ...body }) => ({ id, type, name, body }))
  return { resources, outputs, text }
}

export const resourcesOf = (shape: string): readonly SnapshotResource[] => snapshotOf(shape).resources

/** What the compiled template says beside what a snapshot holds. */
export const template = JSON.parse(read(TEMPLATE_FILE)) as Digest
