import { TrickleError } from '../errors/index.ts'
import { breaksConnection, clarify, codeOf } from './classify.ts'
import type { RunStatement, Statement } from './statement.ts'

/**
 * A connection for the time of one transaction. A statement with a value that can't be sent throws at once; an answer that
 * nobody waits for then must not end the process as an unhandled rejection.
 */
export interface Session {
  readonly run: RunStatement
  /** Sends BEGIN, COMMIT or ROLLBACK, and returns what the server did. */
  command(text: string): Promise<string>
  /** Runs the last statement of a transaction and COMMIT. @throws the error of either. */
  readonly runAndCommit: RunStatement
  /** What is sent meanwhile leaves in one piece. */
  together<T>(send: () => T): T
  /** The connection works and a transaction is open, also a failed one. */
  hasTransaction(): boolean
}

/** Begins a transaction, does the work and commits; any throw rolls back. */
export async function inTransaction<T>(
  session: Session,
  begin: string,
  work: (run: RunStatement) => Promise<T>,
): Promise<T> {
  let isCommitting = false
  try {
    await session.command(begin)
    const result = await work(session.run)
    isCommitting = true
    assertCommitted(await session.command('commit'))
    return result
  } catch (error) {
    await rollBack(session)
    throw isCommitting ? error : clarify(error, 'rolled-back')
  }
}

/** Sends its statements at once, and waits for nothing. */
export type FirstTrip<First extends readonly unknown[]> = (run: RunStatement) => {
  readonly [K in keyof First]: Promise<First[K]>
}

/** What a transaction ends with: an answer without a write, which rolls back, or what is sent together with COMMIT. */
export type Decision<T> =
  | { readonly answer: T }
  | {
      /**
       * Sends everything at once and waits for nothing. The last statement goes by `runAndCommit`; its answer is that of
       * the whole.
       */
      readonly send: (
        run: RunStatement,
        runAndCommit: RunStatement,
      ) => readonly [...Promise<unknown>[], Promise<T>]
    }

/** BEGIN and `first` in one round trip, and what `decide` sends in another one with COMMIT. */
export async function inTwoTrips<First extends readonly unknown[], T>(
  session: Session,
  first: FirstTrip<First>,
  decide: (found: First) => Promise<Decision<T>>,
): Promise<T> {
  let isCommitting = false
  try {
    const [begun, sent] = await inOnePiece(
      session,
      () => [session.command('begin'), first(session.run)] as const,
    )
    await allAnswers([begun, ...sent])
    const decision = await decide(await Promise.all(sent))
    if ('answer' in decision) {
      await session.command('rollback')
      return decision.answer
    }
    isCommitting = true
    // In one piece, since the server begins with the first statement as soon as it has it, and holds the feed from then on.
    const last = await inOnePiece(session, () => decision.send(session.run, session.runAndCommit))
    await allAnswers(last)
    return (await last[last.length - 1]) as T
  } catch (error) {
    await rollBack(session)
    throw isCommitting ? error : clarify(error, 'rolled-back')
  }
}

/** BEGIN, the statements and COMMIT in one round trip. */
export async function inOneTrip(session: Session, statements: readonly Statement[]): Promise<void> {
  try {
    await sendWhole(session, statements)
  } catch (error) {
    await rollBack(session)
    throw error
  }
}

/** The server does not know a named statement. */
const STATEMENT_UNKNOWN = '26000'

/**
 * Transactions one after the other, each by its own BEGIN and COMMIT, all sent without waiting for any answer. A named
 * statement is prepared by the first transaction that uses it; when that one fails before, those after it fail for want
 * of it and are sent once more.
 * @returns for each the error that undid it, or null.
 * @throws what broke the connection: then nobody knows which of them were committed.
 */
export async function eachInOneTrip(
  session: Session,
  transactions: readonly (readonly Statement[])[],
): Promise<unknown[]> {
  const errors = await sendAll(session, transactions)
  const unprepared = [...errors.keys()].filter((index) => codeOf(errors[index]) === STATEMENT_UNKNOWN)
  // The first one prepares what it needs itself: it fails for another reason, and so would all again.
  if (unprepared.length === 0 || unprepared[0] === 0) return errors
  const again = unprepared.flatMap((index) =>
    transactions[index] === undefined ? [] : [transactions[index]],
  )
  for (const [nth, error] of (await eachInOneTrip(session, again)).entries()) {
    const index = unprepared[nth]
    if (index !== undefined) errors[index] = error
  }
  return errors
}

async function sendAll(
  session: Session,
  transactions: readonly (readonly Statement[])[],
): Promise<unknown[]> {
  const sent = transactions.map((statements) => sendWhole(session, statements))
  const errors: unknown[] = []
  for (const outcome of await Promise.allSettled(sent)) {
    if (outcome.status === 'rejected' && breaksConnection(outcome.reason)) throw outcome.reason
    errors.push(outcome.status === 'rejected' ? outcome.reason : null)
  }
  return errors
}

/** The COMMIT of a transaction that failed undoes it, so that the next one begins as if there had been none. */
async function sendWhole(session: Session, statements: readonly Statement[]): Promise<void> {
  const [begun, sent, committed] = await inOnePiece(session, () => {
    const begin = session.command('begin')
    return [begin, statements.map((statement) => session.run(statement)), session.command('commit')] as const
  })
  await allAnswers([begun, ...sent, committed])
  assertCommitted(await committed)
}

/**
 * What is sent meanwhile leaves in one piece. When a value can't be sent, the rest of the piece stays unsent, COMMIT too,
 * and what was sent before is undone.
 */
async function inOnePiece<T>(session: Session, send: () => T): Promise<T> {
  try {
    return session.together(send)
  } catch (error) {
    // Whatever the connection says of its state: the answer to BEGIN may be on its way still.
    await session.command('rollback').catch(() => {})
    throw error
  }
}

/** Waits for all statements that were sent together. @throws the first error: later ones only follow from it. */
async function allAnswers(sent: readonly Promise<unknown>[]): Promise<void> {
  // All, since a connection with answers on their way must not be handed to the next caller.
  const settled = await Promise.allSettled(sent)
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** A failing ROLLBACK must not hide why it was needed; the connection is then destroyed by its state. */
async function rollBack(session: Session): Promise<void> {
  if (session.hasTransaction()) await session.command('rollback').catch(() => {})
}

/** COMMIT of a failed transaction is a ROLLBACK and no error. */
export function assertCommitted(command: string): void {
  if (command === 'COMMIT') return
  throw new TrickleError(
    'INTERNAL',
    'A statement of the transaction failed and its error was swallowed, so the database undid the transaction.',
  )
}
