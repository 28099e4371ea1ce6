import { isTrickleError } from '../../shared/errors/index.ts'
import { parseExactJson } from '../../shared/json/index.ts'
import { UsageError } from '../frame/index.ts'
import { readText } from './read-text.ts'

/** What was typed after `append STREAM`. */
export type AppendWords =
  | { readonly kind: 'events'; readonly source: string }
  | {
      readonly kind: 'event'
      readonly type: string
      /** JSON, `-` for standard input, or `@FILE`. */
      readonly data: string
      readonly id?: string | undefined
      readonly metadata?: string | undefined
    }

/**
 * The body of an append. JSON is checked and then handed on as it was typed, so that every number keeps its digits.
 * @throws UsageError that names what is not JSON, and where
 */
export async function appendBodyOf(words: AppendWords): Promise<string> {
  if (words.kind === 'events') return bodyOfEvents(await readText(words.source))
  const { type, id, metadata } = words
  const members = [
    `"type":${JSON.stringify(type)}`,
    ...(id === undefined ? [] : [`"id":${JSON.stringify(id)}`]),
    `"data":${await jsonOf(words.data, '--data')}`,
    ...(metadata === undefined ? [] : [`"metadata":${await jsonOf(metadata, '--metadata')}`]),
  ]
  return `{${members.join(',')}}`
}

/** PowerShell before 7.3 and cmd take the quotes inside an argument away: {"a":1} arrives as {a:1}. */
const QUOTES_HINT =
  ' If the shell took the quotes away, as PowerShell and cmd do: --data - reads it from standard input, --data @FILE from a file.'

async function jsonOf(text: string, option: string): Promise<string> {
  const isElsewhere = text === '-' || text.startsWith('@')
  const json = (isElsewhere ? await readText(text.replace(/^@/u, '')) : text).trim()
  const fault = faultOf(json)
  if (fault === null) return json
  throw new UsageError(`${option} takes JSON. ${fault}${isElsewhere ? '' : QUOTES_HINT}`)
}

/** A whole document (an event, a list of events, or a body as the route takes it), or an event on each line. */
function bodyOfEvents(text: string): string {
  const whole = text.trim()
  if (whole === '') throw new UsageError('There are no events: the input is empty.')
  const fault = faultOf(whole)
  if (fault === null) return whole.startsWith('[') ? `{"events":${whole}}` : whole
  const lines = text.split('\n').map((line) => line.trim())
  const [, second] = lines.filter((line) => line !== '')
  if (second === undefined || faultOf(lines.find((line) => line !== '') ?? '') !== null)
    throw new UsageError(`The events are neither a JSON document nor one a line. ${fault}`)
  for (const [index, line] of lines.entries()) {
    const lineFault = line === '' ? null : faultOf(line)
    if (lineFault !== null) throw new UsageError(`Line ${index + 1} of the events is no JSON. ${lineFault}`)
  }
  return `{"events":[${lines.filter((line) => line !== '').join(',')}]}`
}

/** What is wrong with a JSON text, and where; null for nothing. */
function faultOf(text: string): string | null {
  try {
    parseExactJson(text)
    return null
  } catch (error) {
    if (!isTrickleError(error)) throw error
    return error.detail
  }
}
