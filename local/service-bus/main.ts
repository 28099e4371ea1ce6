import { parseArgs } from 'node:util'
import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import { newSecret } from '../loopback/index.ts'
import { parseQueues, parseTopics, queuesFile } from '../service-bus-queues/index.ts'
import { runChild } from '../storage/index.ts'
import { brokerSettings, brokerTopic, startServiceBus } from './index.ts'
import { readFile } from 'node:fs/promises'

const port = z.coerce.number().int().min(0).max(65_535)

const flagsSchema = z.object({
  port,
  'faults-port': port,
  data: z.string().min(1),
  /** Another file than infra/service-bus/queues.json, of the same form. */
  queues: z.string().min(1),
})

await runChild(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'faults-port': { type: 'string', default: '0' },
      data: { type: 'string' },
      queues: { type: 'string', default: queuesFile },
    },
  })
  const flags = flagsSchema.parse(values)
  const text = await readFile(flags.queues, 'utf8')
  const queues = parseQueues(text, flags.queues)
  const topics = parseTopics(text, flags.queues)
  const running = await startServiceBus({
    queues: queues.map((queue) => brokerSettings(queue)),
    topics: topics.map((topic) => brokerTopic(topic)),
    dataFolder: flags.data,
    port: flags.port,
    faultsPort: flags['faults-port'],
    // Passed in the environment: every account of the machine can see the arguments of a process.
    secret: process.env['TRICKLE_LOCAL_SECRET'] ?? newSecret(),
    log: (line) => {
      console.error(line)
    },
    failed: (failure) => {
      console.error(failure instanceof LocalFailure ? failure.toString() : failure)
      process.exit(1)
    },
  })
  const { connectionString, faultsUrl } = running
  const names = [...queues, ...topics].map(({ name }) => name).join(', ')
  return {
    facts: { connectionString, faultsUrl },
    line: `Service Bus: ${names} at ${connectionString.split(';')[0]?.replace('Endpoint=', '') ?? ''}`,
    stop: () => running.stop(),
  }
})
