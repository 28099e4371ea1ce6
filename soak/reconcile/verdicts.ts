import { SOME, streamNumber } from '../plan/index.ts'
import type { StreamSpace } from '../plan/index.ts'
import type { Breaches } from './breaches.ts'
import { said } from './command-book.ts'
import type { CommandBook, CommandRecord } from './command-book.ts'

/** How the commands of a run ended, according to the ledgers and to the log. */
export interface CommandCounts {
  commands: number
  byStore: number
  byTransaction: number
  severalStreams: number
  withConditions: number
  byIdentity: { none: number; ids: number; key: number; both: number }
  attempts: number
  /** Sent more than once. */
  repeated: number
  answered: number
  /** Refused: a stream did not have the expected version. */
  conflicts: number
  aborted: number
  /** The last answer said that nothing was written. Commands with a wrong answer are counted here, too. */
  nothingWritten: number
  /**
   * Outcome unknown (writer killed or connection cut, no ids, no key). All events of the command are there, or none.
   */
  lostWritten: number
  lostNotWritten: number
}

/** Compares what the ledgers say about each command with what the scan of the log saw of it. */
export function judgeCommands(
  book: CommandBook,
  space: StreamSpace,
  versions: Int32Array,
  breaches: Breaches,
): CommandCounts {
  const counts: CommandCounts = {
    commands: 0,
    byStore: 0,
    byTransaction: 0,
    severalStreams: 0,
    withConditions: 0,
    byIdentity: { none: 0, ids: 0, key: 0, both: 0 },
    attempts: 0,
    repeated: 0,
    answered: 0,
    conflicts: 0,
    aborted: 0,
    nothingWritten: 0,
    lostWritten: 0,
    lostNotWritten: 0,
  }
  for (const command of book.all()) {
    countKind(counts, command)
    judge(counts, command, breaches)
    if (command.isSaid(said.refused)) checkPremise(command, space, versions, breaches)
  }
  return counts
}

/** A refusal is final only if the stream did reach the expected version. If it never did, the soak itself is wrong. */
function checkPremise(
  command: CommandRecord,
  space: StreamSpace,
  versions: Int32Array,
  breaches: Breaches,
): void {
  for (const { stream, expected } of command.expectations()) {
    const version = versions[streamNumber(space, command.tenant, stream)] ?? 0
    if (expected > version || (expected === SOME && version === 0)) {
      breaches.add(
        'expected-too-much',
        `${command.id} expected ${expected} of a stream that came to ${version}`,
      )
    }
  }
}

function countKind(counts: CommandCounts, command: CommandRecord): void {
  counts.commands += 1
  if (command.isTransaction) counts.byTransaction += 1
  else counts.byStore += 1
  if (command.writes > 1) counts.severalStreams += 1
  if (command.conditions > 0) counts.withConditions += 1
  counts.byIdentity[command.identity] += 1
  counts.attempts += command.attempts
  if (command.attempts > 1) counts.repeated += 1
}

function judge(counts: CommandCounts, command: CommandRecord, breaches: Breaches): void {
  const isThere = command.seen !== 0
  const isUndecided = command.isSaid(said.unknown) || command.attempts > command.ended
  if (command.isSaid(said.answered)) {
    counts.answered += 1
    if (!isThere) breaches.add('answer-missing', command.id)
    if (command.isSaid(said.refused))
      breaches.add('answer-differs', `${command.id} was answered, and refused`)
  } else if (command.isSaid(said.refused)) {
    counts.conflicts += 1
    if (isThere) breaches.add('refusal-written', command.id)
  } else if (command.isSaid(said.aborted)) {
    counts.aborted += 1
    if (isThere) breaches.add('abort-written', command.id)
  } else if (isUndecided) {
    if (command.identity !== 'none') breaches.add('unsettled', command.id)
    if (isThere) counts.lostWritten += 1
    else counts.lostNotWritten += 1
  } else {
    counts.nothingWritten += 1
    // A wrong answer is already a breach of its own, and it says nothing about what the log holds.
    if (isThere && !command.isSaid(said.wrong)) breaches.add('refusal-written', command.id)
  }
}
