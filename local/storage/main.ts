import { parseArgs } from 'node:util'
import { z } from 'zod'
import { runAzurite } from './azurite.ts'
import { runChild } from './child.ts'

const portSchema = z.coerce.number().int().min(0).max(65_535)

const flagsSchema = z.object({ data: z.string().min(1), 'blob-port': portSchema, 'queue-port': portSchema })

await runChild(async () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      'blob-port': { type: 'string', default: '0' },
      'queue-port': { type: 'string', default: '0' },
    },
  })
  const flags = flagsSchema.parse(values)
  const { facts, stop } = await runAzurite({
    dataFolder: flags.data,
    blobPort: flags['blob-port'],
    queuePort: flags['queue-port'],
  })
  return {
    facts: { ...facts },
    line: `Storage: blobs at ${facts.blobUrl}, queues at ${facts.queueUrl}`,
    stop,
  }
})
