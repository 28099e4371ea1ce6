/**
 * The official emulator's Config.json. Names, ranges and the fixed namespace are those of Schema/Config-schema.json in
 * Azure/azure-service-bus-emulator-installer (June 2026).
 */
import { parseDurationSeconds } from './duration.ts'
import type { Queue } from './queues.ts'

/** The limits of the emulator. The service in Azure allows more. */
const emulatorLimits = {
  /** The only name its namespace may have. */
  namespace: 'sbemulatorns',
  entitiesMax: 50,
  timeToLive: { least: 'PT5M', most: 'PT1H' },
  history: { least: 'PT5S', most: 'PT5M' },
  deliveriesMax: 10,
} as const

interface EmulatorQueue {
  readonly Name: string
  readonly Properties: {
    readonly DeadLetteringOnMessageExpiration: boolean
    readonly DefaultMessageTimeToLive: string
    readonly DuplicateDetectionHistoryTimeWindow: string
    readonly ForwardDeadLetteredMessagesTo: string
    readonly ForwardTo: string
    readonly LockDuration: string
    readonly MaxDeliveryCount: number
    readonly RequiresDuplicateDetection: boolean
    readonly RequiresSession: boolean
  }
}

export interface EmulatorConfig {
  readonly UserConfig: {
    readonly Namespaces: readonly [
      { readonly Name: string; readonly Queues: readonly EmulatorQueue[]; readonly Topics: readonly [] },
    ]
    readonly Logging: { readonly Type: 'File' | 'Console' }
  }
}

/** A value that differs from the one in Azure, since the emulator does not accept that one. */
export interface Narrowed {
  readonly queue: string
  /** The setting's name in queues.json. */
  readonly setting: string
  readonly azure: string
  readonly emulator: string
}

/**
 * The emulator's file for these queues, and what in it differs from Azure. Throws when there are more queues than the
 * emulator takes. Rights are not in it: the emulator has one key for everything.
 */
export function emulatorConfigOf(queues: readonly Queue[]): { config: EmulatorConfig; narrowed: Narrowed[] } {
  if (queues.length > emulatorLimits.entitiesMax)
    throw new Error(`${queues.length} queues, and the emulator takes ${emulatorLimits.entitiesMax}`)
  const narrowed: Narrowed[] = []
  const made = queues.map((queue): EmulatorQueue => {
    const note = <Value extends string | number>(setting: string, azure: Value, emulator: Value): Value => {
      if (azure !== emulator)
        narrowed.push({ queue: queue.name, setting, azure: String(azure), emulator: String(emulator) })
      return emulator
    }
    return {
      Name: queue.name,
      Properties: {
        DeadLetteringOnMessageExpiration: queue.deadLetteringOnMessageExpiration,
        DefaultMessageTimeToLive: note(
          'defaultMessageTimeToLive',
          queue.defaultMessageTimeToLive,
          nearest(queue.defaultMessageTimeToLive, emulatorLimits.timeToLive),
        ),
        DuplicateDetectionHistoryTimeWindow: note(
          'duplicateDetectionHistoryTimeWindow',
          queue.duplicateDetectionHistoryTimeWindow,
          nearest(queue.duplicateDetectionHistoryTimeWindow, emulatorLimits.history),
        ),
        ForwardDeadLetteredMessagesTo: '',
        ForwardTo: '',
        // Never changed: emulator and Azure both allow 5 s to 5 min, and another duration would change the behaviour.
        LockDuration: queue.lockDuration,
        MaxDeliveryCount: note(
          'maxDeliveryCount',
          queue.maxDeliveryCount,
          Math.min(queue.maxDeliveryCount, emulatorLimits.deliveriesMax),
        ),
        RequiresDuplicateDetection: queue.requiresDuplicateDetection,
        RequiresSession: queue.requiresSession,
      },
    }
  })
  return {
    config: {
      UserConfig: {
        Namespaces: [{ Name: emulatorLimits.namespace, Queues: made, Topics: [] }],
        // To the console: log files in a container are lost when the container is removed.
        Logging: { Type: 'Console' },
      },
    },
    narrowed,
  }
}

/** The duration if it is within the limits, otherwise the nearest limit. */
function nearest(duration: string, { least, most }: { least: string; most: string }): string {
  const seconds = secondsOf(duration)
  if (seconds < secondsOf(least)) return least
  return seconds > secondsOf(most) ? most : duration
}

function secondsOf(duration: string): number {
  const seconds = parseDurationSeconds(duration)
  if (seconds === undefined) throw new Error(`not a duration: ${duration}`)
  return seconds
}
