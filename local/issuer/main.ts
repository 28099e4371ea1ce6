import { parseArgs } from 'node:util'
import { z } from 'zod'
import { runChild } from '../storage/index.ts'
import { serveIssuer } from './issuer-server.ts'

const flagsSchema = z.object({
  port: z.coerce.number().int().min(0).max(65_535),
  data: z.string().min(1),
})

await runChild(async () => {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '0' }, data: { type: 'string' } },
  })
  const flags = flagsSchema.parse(values)
  const { facts, stop } = await serveIssuer({ folder: flags.data, port: flags.port })
  return { facts: { ...facts }, line: `Token issuer: ${facts.issuer}`, stop }
})
