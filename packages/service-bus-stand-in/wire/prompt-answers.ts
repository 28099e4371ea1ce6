import type { Socket } from 'node:net'
import type { Connection } from 'rhea'
import { writeEmptyFrame } from './rhea-internals.ts'

/** Shorter than the 40 ms of the system, and long enough for most answers to come by themselves. */
const ANSWER_WITHIN_MS = 3

/**
 * Answers what needs no answer with an empty frame, as a heartbeat is one. The client's system keeps a small packet back
 * while an earlier one is not acknowledged, and ours acknowledges after 40 ms unless something is sent: without this each
 * link that the SDK of JavaScript opens would take so much longer (accepting a session: 46 ms, with it 8 ms).
 */
export function answerPromptly(socket: Socket, connection: Connection): void {
  let timer: NodeJS.Timeout | undefined
  /** How much had been written when the last bytes came. */
  let writtenBefore = 0
  socket.on('data', () => {
    writtenBefore = socket.bytesWritten
    timer ??= setTimeout(() => {
      timer = undefined
      if (socket.bytesWritten === writtenBefore && connection.is_open()) writeEmptyFrame(connection)
    }, ANSWER_WITHIN_MS)
  })
  socket.on('close', () => {
    clearTimeout(timer)
  })
}
