import { rmSync } from 'node:fs'
import { z } from 'zod'
import { recordedProcessSchema } from '../process/index.ts'
import { readJson, writePrivateJson } from './files.ts'
import type { Home } from './home.ts'

const urlOrNull = z.string().nullable()

/** What `trickle status --json` prints. Absent parts are null. Standard clients accept the addresses as they are. */
export const statusSchema = z.object({
  /** Version of this document. */
  schemaVersion: z.literal(1),
  ready: z.boolean(),
  /** Version of Trickle. */
  version: z.string(),
  pid: z.int().nullable(),
  /** Of the public app's host. */
  hostPid: z.int().nullable(),
  processes: z.array(z.object({ name: z.string(), pid: z.int() })),
  dataFolder: z.string(),
  /** Of the public app. */
  url: urlOrNull,
  masterKey: z.string().nullable(),
  /** The app for operators, timers and queues. A record that an older version left behind has none. */
  background: z
    .object({ url: z.string(), masterKey: z.string(), hostPid: z.int().nullable() })
    .nullable()
    .default(null),
  issuer: urlOrNull,
  audience: z.string().nullable(),
  postgres: z
    .object({
      app: z.string(),
      worker: z.string(),
      forwarder: z.string(),
      operator: z.string(),
      migrator: z.string(),
      inspector: z.string(),
    })
    .nullable(),
  /** The url contains the token, for clients that take only an address. */
  analytics: z.object({ url: z.string(), token: z.string(), database: z.string() }).nullable(),
  serviceBus: z.string().nullable(),
  pgbouncer: z.string().nullable(),
  replicas: z.array(z.string()),
  faults: z.object({ analytics: urlOrNull, serviceBus: urlOrNull }),
})

export type Status = z.infer<typeof statusSchema>

/** The run's own file: the status, and the processes with the marks by which they are recognised. */
const runRecordSchema = z.object({
  phase: z.enum(['starting', 'serving', 'stopping']),
  startedAt: z.iso.datetime(),
  supervisor: recordedProcessSchema,
  processes: z.array(recordedProcessSchema),
  status: statusSchema,
})

export type RunRecord = z.infer<typeof runRecordSchema>

export function readRunRecord(home: Home): RunRecord | undefined {
  return readJson(home.runFile, runRecordSchema)
}

export function writeRunRecord(home: Home, record: RunRecord): void {
  writePrivateJson(home.runFile, record)
}

export function removeRunRecord(home: Home): void {
  rmSync(home.runFile, { force: true })
}
