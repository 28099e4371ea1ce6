/**
 * Turns the answers about queues and their failed messages into text for a terminal. The code here must not send
 * requests: the command does.
 */
export { deadLettersTable, messageText, parkedTable, queuesText } from './message-text.ts'
export type { DeadLetter, ParkedMessage, Queues, ShownMessage } from './message-text.ts'
export { isAllDone, repairText } from './repair-text.ts'
export type { Repaired } from './repair-text.ts'
