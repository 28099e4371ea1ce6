import { setTimeout as pause } from 'node:timers/promises'
import type { Command, Random } from '../plan/index.ts'
import { attempt, settle } from './attempt.ts'
import type { Desk, Outcome } from './attempt.ts'
import type { Appender } from './domain-appender.ts'
import type { HandedOver } from './queue.ts'
import type { SlowTransaction } from './slow-transaction.ts'

/** Whether and how a recognizable command is sent twice: by this process or another, at the same time or later. */
type Repetition = 'no' | 'again' | 'beside' | 'elsewhere' | 'elsewhere-beside'

/** One in ten of all commands is sent twice: six in ten can be recognized, and one in six of these is sent twice. */
const REPETITIONS: readonly (readonly [Repetition, number])[] = [
  ['no', 50],
  ['again', 2],
  ['beside', 3],
  ['elsewhere', 2],
  ['elsewhere-beside', 3],
]

/** The second of two attempts begins at most this long after the first. */
const BESIDE_WITHIN_MS = 5

export interface Work {
  readonly desk: Desk
  readonly random: Random
  readonly handedOver: HandedOver<Command>
  /** Commands still to be made; shared by all callers of the process. */
  readonly rest: { commands: number }
  handOver(command: Command): void
}

/** Makes commands and sends them through the store until none is left. Commands handed over by others go first. */
export async function callUntilDone(work: Work, store: Appender): Promise<void> {
  for (;;) {
    const handed = work.handedOver.takeNow()
    if (handed !== undefined) await sendAgain(work, store, handed)
    else if (work.rest.commands > 0) await makeAndSend(work, store)
    else return
  }
}

/** Sends the commands that other processes hand over, until the queue is closed. */
export async function takeOverUntilEnd(work: Work, store: Appender): Promise<void> {
  for (let handed = await work.handedOver.take(); handed !== undefined; handed = await work.handedOver.take())
    await sendAgain(work, store, handed)
}

/** Makes commands for a slow transaction until none is left. An unknown outcome is settled through the store. */
export async function callSlowlyUntilDone(
  work: Work,
  store: Appender,
  transaction: SlowTransaction,
): Promise<void> {
  while (work.rest.commands > 0) {
    work.rest.commands -= 1
    const command = work.desk.source.next('transaction')
    work.desk.ledger.write(['sent', command])
    const outcome = await transaction.attempt(work.desk, command)
    if (outcome !== 'aborted') await settle(work.desk, store, command, outcome)
  }
  await transaction.close()
}

async function makeAndSend(work: Work, store: Appender): Promise<void> {
  const { desk, random, rest } = work
  rest.commands -= 1
  const command = desk.source.next('store')
  const repetition = command.identity === 'none' ? 'no' : random.pick(REPETITIONS)
  desk.ledger.write(['sent', command])
  if (repetition === 'elsewhere-beside') work.handOver(command)
  const first = attempt(desk, store, command)
  const outcomes = repetition === 'beside' ? [first, besides(work, store, command)] : [first]
  const outcome = settledOf(await Promise.all(outcomes))
  await settle(desk, store, command, outcome)
  if (repetition === 'again') await sendAgain(work, store, command)
  if (repetition === 'elsewhere') work.handOver(command)
}

async function besides({ desk, random }: Work, store: Appender, command: Command): Promise<Outcome> {
  await pause(random.next() * BESIDE_WITHIN_MS)
  desk.ledger.write(['again', command.id])
  return attempt(desk, store, command)
}

async function sendAgain({ desk }: Work, store: Appender, command: Command): Promise<void> {
  desk.ledger.write(['again', command.id])
  await settle(desk, store, command, await attempt(desk, store, command))
}

/** The outcome of two attempts at one command: if one of them is known, it holds for both. */
function settledOf(outcomes: readonly Outcome[]): Outcome {
  return (
    outcomes.find((outcome) => outcome === 'answered' || outcome === 'refused') ?? outcomes[0] ?? 'unknown'
  )
}
