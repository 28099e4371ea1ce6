/**
 * Reads the logs that the processes of a local run write. It must not write to them: their processes have them open.
 */
export { logParts, LogFile } from './log-file.ts'
