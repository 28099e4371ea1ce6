import { TrickleError } from '../errors/index.ts'
import { breaksConnection, clarify, codeOf, isFaultOfName } from './classify.ts'
import { retryLimits } from './settings.ts'
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
  /** Everything that `send` sends leaves in one piece. */
  together<T>(send: () => T): T
  /** Gives all statements new names after this fault of a name. */
  renewNames(error: unknown): void
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

/**
 * The end of a transaction: an answer without a write, then it rolls back; or writes that are sent together with
 * COMMIT.
 */
export type Decision<T> =
  | { readonly answer: T }
  | {
      /**
       * Sends all its statements at once and waits for nothing. The last one goes by `runAndCommit`; its answer is the
       * transaction's answer.
       */
      readonly send: (
        run: RunStatement,
        runAndCommit: RunStatement,
      ) => readonly [...Promise<unknown>[], Promise<T>]
    }

/** BEGIN and `first` in one round trip, the writes of `decide` and COMMIT in a second one. */
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
    // Sent in one piece: the server starts the first statement as soon as it has arrived. From then on the transaction
    // holds the feed, until COMMIT has arrived too.
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

/** The server does not know a prepared statement. */
const STATEMENT_UNKNOWN = '26000'

/**
 * Transactions one after the other, each with its own BEGIN and COMMIT, all sent without a wait for any answer. A named
 * statement is prepared by the first transaction that uses it. If that transaction fails before it has prepared the
 * statement, the later ones fail because the server does not know it. These are sent once more. So are those that fail
 * by a fault of the names themselves.
 * @returns for each transaction null, or the error that undid it.
 * @throws the error that broke the connection: then it is unknown which of them were committed.
 */
export async function eachInOneTrip(
  session: Session,
  transactions: readonly (readonly Statement[])[],
  attempt = 1,
): Promise<unknown[]> {
  const errors = await sendAll(session, transactions)
  const refused = [...errors.keys()].filter((index) => isFaultOfName(errors[index]))
  if (refused.length === 0 || attempt === retryLimits.attemptsMax) return errors
  // The first transaction prepares all that it needs. If even that one lacks a statement, the names are at fault.
  const fault = refused.find((index) => index === 0 || codeOf(errors[index]) !== STATEMENT_UNKNOWN)
  if (fault !== undefined) session.renewNames(errors[fault])
  const again = refused.flatMap((index) => (transactions[index] === undefined ? [] : [transactions[index]]))
  for (const [nth, error] of (await eachInOneTrip(session, again, attempt + 1)).entries()) {
    const index = refused[nth]
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

/** COMMIT rolls a failed transaction back, so the next transaction on the connection begins cleanly. */
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
  // Waits for all of them: the next caller must not get a connection on which answers are still to come.
  const settled = await Promise.allSettled(sent)
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/**
 * The error of ROLLBACK is dropped: it would hide the first error. The pool then destroys the connection by its status.
 */
async function rollBack(session: Session): Promise<void> {
  if (session.hasTransaction()) await session.command('rollback').catch(() => {})
}

/** For a failed transaction the server answers COMMIT with ROLLBACK and without an error. */
export function assertCommitted(command: string): void {
  if (command === 'COMMIT') return
  throw new TrickleError(
    'INTERNAL',
    'A statement of the transaction failed and its error was swallowed, so the database undid the transaction.',
  )
}
