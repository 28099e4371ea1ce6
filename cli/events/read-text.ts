import { createReadStream } from 'node:fs'
import { UsageError } from '../frame/index.ts'

/** The server takes 8 MiB of events in an append. With more, the white space around them is not the reason. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024

const ADVICE_ON_APPENDS = 'One append takes 8 MiB of events. Many events are imported: trickle import.'

/**
 * The text of a file, or of standard input for `-`.
 * @param adviceOnSize what to do about a text of more than 16 MiB
 * @throws UsageError when the file can't be read, is too large or is no UTF-8
 */
export async function readText(source: string, adviceOnSize = ADVICE_ON_APPENDS): Promise<string> {
  const stream = source === '-' ? process.stdin : createReadStream(source)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of stream) {
      const piece = Buffer.from(chunk as Uint8Array)
      chunks.push(piece)
      bytes += piece.length
      if (bytes > TEXT_BYTES_MAX) throw tooLarge(source, adviceOnSize)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${nameOf(source)} can't be read: ${error instanceof Error ? error.message : ''}`)
  }
  return decoded(Buffer.concat(chunks), source)
}

const nameOf = (source: string): string => (source === '-' ? 'Standard input' : `The file ${source}`)

const tooLarge = (source: string, advice: string): UsageError =>
  new UsageError(`${nameOf(source)} is larger than 16 MiB. ${advice}`)

function decoded(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(
      `${nameOf(source)} is not UTF-8. PowerShell writes other files unless told: -Encoding utf8.`,
    )
  }
}
