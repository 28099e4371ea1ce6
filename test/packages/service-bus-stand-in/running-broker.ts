import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../../../packages/service-bus-stand-in/index.ts'
import type { QueueSettings, RunningBroker } from '../../../packages/service-bus-stand-in/index.ts'

export const queueSettings: QueueSettings = {
  name: 'work',
  lockDurationMs: 30_000,
  maxDeliveryCount: 5,
  defaultMessageTimeToLiveMs: 3_600_000,
  requiresSession: false,
  duplicateDetectionHistoryMs: undefined,
  deadLetteringOnMessageExpiration: true,
}

/** The queues "work" and, with sessions, "ordered". */
export const twoQueues: readonly QueueSettings[] = [
  queueSettings,
  { ...queueSettings, name: 'ordered', requiresSession: true },
]

/** A broker in this process with a folder of its own, which `stop` removes. */
export async function runBroker(queues: readonly QueueSettings[] = twoQueues): Promise<RunningBroker> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'trickle-service-bus-'))
  const broker = await startBroker({ queues, dataFolder, key: { name: 'test', value: 'a key' } })
  return {
    ...broker,
    stop: async () => {
      await broker.stop()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}
