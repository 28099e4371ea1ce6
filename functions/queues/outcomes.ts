/**
 * What became of a message. sent, discarded: it is done. would-be-sent, would-be-discarded: a dry run. refused: it can't
 * be sent as it is. decided: an operator had decided about it before, and nothing was done now. parked-again: it was
 * parked once more meanwhile, so it waits for another decision. stays: it was sent, and could not be taken out of the
 * dead-letter queue. unreached: others lie before it, or somebody else holds its lock.
 */
export const OUTCOMES = [
  'sent',
  'discarded',
  'would-be-sent',
  'would-be-discarded',
  'refused',
  'decided',
  'parked-again',
  'stays',
  'unreached',
] as const

export interface RepairedMessage {
  readonly id: string
  readonly messageId: string | null
  readonly sessionId: string | null
  readonly outcome: (typeof OUTCOMES)[number]
  /** Why it was not done, and how to mend it. */
  readonly problems: readonly string[]
}

export interface Repaired {
  readonly messages: readonly RepairedMessage[]
  /** `after` of the next call; null when all are through. */
  readonly next: string | null
}

export interface RepairOrder {
  /** Nothing is changed; the answer says what would be. */
  readonly isDryRun: boolean
  /** No further message is begun after this time. */
  readonly untilMs: number
}

/** Which messages of a queue are meant. */
export interface RepairRange {
  readonly after?: string | undefined
  readonly limit: number
  readonly reason?: string | undefined
}

export const told = (
  { id, messageId, sessionId }: Pick<RepairedMessage, 'id' | 'messageId' | 'sessionId'>,
  outcome: RepairedMessage['outcome'],
  problems: readonly string[] = [],
): RepairedMessage => ({ id, messageId, sessionId, outcome, problems })
