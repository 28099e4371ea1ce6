import { parseArgs } from 'node:util'
import { z } from 'zod'
import { withoutSecret } from '../loopback/index.ts'
import { runChild } from '../storage/index.ts'
import { startAnalytics } from './stand-in.ts'

const flagsSchema = z.object({
  port: z.coerce.number().int().min(0).max(65_535),
  data: z.string().min(1),
  kql: z.string().min(1),
  database: z.string().min(1),
  via: z.string().min(1).optional(),
})

await runChild(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      data: { type: 'string' },
      kql: { type: 'string' },
      database: { type: 'string' },
      // The host name of a proxy in front of this server.
      via: { type: 'string' },
    },
  })
  const flags = flagsSchema.parse(values)
  const running = await startAnalytics({
    port: flags.port,
    dataFolder: flags.data,
    kqlFolder: flags.kql,
    database: flags.database,
    // Passed in the environment: every account of the machine can see the arguments of a process.
    secret: process.env['TRICKLE_LOCAL_SECRET'],
    moreHosts: flags.via === undefined ? [] : [flags.via],
    storage: z
      .string({ error: 'TRICKLE_LOCAL_STORAGE is not set' })
      .parse(process.env['TRICKLE_LOCAL_STORAGE']),
    log: (line) => {
      console.error(line)
    },
  })
  const { url, token, database, faultsUrl } = running
  return {
    facts: { url, token, database, faultsUrl },
    line: `Analytics: database ${database} at ${withoutSecret(url)}`,
    stop: () => running.stop(),
  }
})
