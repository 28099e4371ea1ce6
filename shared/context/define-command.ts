import type { z } from 'zod'
import type { AppendOptions } from '../event-store/index.ts'
import { checkPart, throwFindings } from '../http/index.ts'
import type { Findings } from '../http/index.ts'
import { jsonPointer } from '../json/index.ts'
import type { TriggerLog } from './triggers.ts'

/** A command as its handler gets it. */
export interface ReceivedCommand<D> {
  /** Unique within the tenant; a repeated command has the same id. */
  readonly id: string
  readonly type: string
  readonly data: D
  readonly streamId: string | null
  /** RFC 3339, as the sender wrote it. */
  readonly time: string | undefined
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
}

export interface CommandContext<T> {
  readonly tenant: T
  /**
   * The command's receipt and trace. They go into the write that the command makes (`DomainWrites.write`, an append): a
   * command that is delivered again then finds what was done, and does nothing.
   */
  readonly options: Required<Pick<AppendOptions, 'idempotency' | 'trace'>>
  readonly log: TriggerLog
}

export interface CommandDefinition<S extends z.ZodType, T> {
  /** One among all contexts, such as `note.write`. */
  readonly type: string
  /** Checks the command's data. One that does not fit is parked and never given to the handler. */
  readonly schema: S
  /**
   * Commands are delivered at least once, those of one session in order. Everything that it changes is in one write with
   * `context.options`.
   * @throws any error. One that is retryable, or is no TrickleError, sends the command back to the queue; by any other
   *   the command is parked.
   */
  readonly handler: (command: ReceivedCommand<z.output<S>>, context: CommandContext<T>) => Promise<unknown>
}

/** What is done with the commands of one type; made by `defineCommand`. */
export interface Command<T> {
  readonly type: string
  /** @throws TrickleError VALIDATION_FAILED for other data, and what the handler throws. */
  readonly handle: (command: ReceivedCommand<unknown>, context: CommandContext<T>) => Promise<void>
}

/** Gives `defineCommand` the type of the tenant. */
export const defineCommandFor =
  <T>() =>
  <S extends z.ZodType>({ type, schema, handler }: CommandDefinition<S, T>): Command<T> => ({
    type,
    async handle(command, context) {
      const findings: Findings = { problems: [], code: undefined }
      const data = checkPart(
        schema,
        command.data,
        (path) => jsonPointer(['data', ...path]),
        findings,
        COUNTED_CHARACTERS,
      )
      throwFindings(findings)
      // Without a finding the schema has given its output, which may be undefined.
      await handler({ ...command, data: data as z.output<S> }, context)
    },
  })

/** The length of the data is not known here, so its items and members are always counted before the schema runs. */
const COUNTED_CHARACTERS = Number.MAX_SAFE_INTEGER
