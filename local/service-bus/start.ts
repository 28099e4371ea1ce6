import { JournalFailure, startBroker } from '../../packages/service-bus-stand-in/index.ts'
import type {
  QueueSettings,
  RunningBroker,
  TopicSettings,
} from '../../packages/service-bus-stand-in/index.ts'
import { LocalFailure, fileFailure, systemCode } from '../failure/index.ts'
import { makeFolder } from '../folder/index.ts'
import { SECRET_NAME } from '../loopback/index.ts'
import { portTaken } from '../ports/index.ts'
import { holdFolder } from '../storage/index.ts'
import { serveControl } from './control.ts'
import type { RunningControl } from './control.ts'

export interface ServiceBusOptions {
  readonly queues: readonly QueueSettings[]
  readonly topics: readonly TopicSettings[]
  /** Made if it is missing, closed to other accounts. */
  readonly dataFolder: string
  /** 0: a free port is picked. */
  readonly port: number
  /** For the door of faults. 0: a free port is picked. */
  readonly faultsPort: number
  /** The key in the connection string, and what the door of faults asks for. */
  readonly secret: string
  readonly log: (line: string) => void
  /** Called when the disk fails. The process has to end then, so that nothing is acknowledged that is not kept. */
  readonly failed: (failure: unknown) => void
}

export interface RunningServiceBus {
  /** For the SDKs, unchanged. Holds the key. */
  readonly connectionString: string
  /** Holds the secret. */
  readonly faultsUrl: string
  stop(): Promise<void>
}

/**
 * Starts the broker in this process and waits until it serves.
 * @throws LocalFailure PORT_TAKEN, DATA_FOLDER_IN_USE, DATA_FOLDER_BROKEN, DATA_FOLDER_OTHER_VERSION, NOT_A_HOME,
 *   PERMISSION_MISSING, DISK_FULL
 */
export async function startServiceBus(options: ServiceBusOptions): Promise<RunningServiceBus> {
  const { dataFolder } = options
  makeFolder(dataFolder, 0o700)
  const hold = holdFolder(dataFolder, 'Service Bus')
  try {
    const broker = await openBroker(options)
    const control = await controlOf(broker, options)
    return {
      connectionString: broker.connectionString,
      faultsUrl: control.faultsUrl,
      stop: async () => {
        await control.stop()
        await broker.stop()
        hold.release()
      },
    }
  } catch (error) {
    hold.release()
    throw error
  }
}

async function controlOf(broker: RunningBroker, options: ServiceBusOptions): Promise<RunningControl> {
  try {
    return await serveControl(broker, options.faultsPort, options.secret)
  } catch (error) {
    await broker.stop()
    throw error
  }
}

async function openBroker(options: ServiceBusOptions): Promise<RunningBroker> {
  const { dataFolder, port, queues, topics, secret, log } = options
  try {
    return await startBroker({
      queues,
      topics,
      dataFolder,
      port,
      key: { name: SECRET_NAME, value: secret },
      log,
      failed: (error) => {
        options.failed(fileFailure(error, dataFolder) ?? error)
      },
    })
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE') throw portTaken(port, 'Service Bus', '--service-bus-port')
    if (error instanceof JournalFailure) throw localFailure(error)
    throw fileFailure(error, dataFolder) ?? error
  }
}

function localFailure(failure: JournalFailure): LocalFailure {
  return new LocalFailure({
    code: failure.code === 'DATA_BROKEN' ? 'DATA_FOLDER_BROKEN' : 'DATA_FOLDER_OTHER_VERSION',
    what: failure.message,
    where: failure.where,
    mend: failure.mend,
    cause: failure,
  })
}
