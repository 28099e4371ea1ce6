import { semanticFailure } from '../failure.ts'
import { TICKS_PER_SECOND, dateOfTicks } from './ticks.ts'

/** Letters of one kind in a row, or a character that is shown as it is. */
const ELEMENT = /([a-zA-Z])\1*|[ /\-:,._[\]]/gu

const DELIMITER = /[ /\-:,._[\]]/u

const FRACTION_DIGITS = 7

/**
 * Kusto's `format_datetime()`: `yyyy-MM-dd [HH:mm:ss.fff]`.
 * @throws KustoFailure for letters that are no part of a time, and for other delimiters than Kusto's
 */
export function formatTime(ticks: bigint, format: string): string {
  const elements = format.match(ELEMENT) ?? []
  if (elements.join('') !== format || elements.length === 0) throw unknownFormat(format)
  return elements
    .map((element) => (DELIMITER.test(element) ? element : partOf(ticks, element, format)))
    .join('')
}

function unknownFormat(format: string): Error {
  return semanticFailure(
    `format_datetime() cannot read the format '${format}'. It has d, dd, M, MM, y, yy, yyyy, H, HH, h, hh, m, mm, ` +
      `s, ss, tt, f to fffffff, F to FFFFFFF, and / - : , . _ [ ] and spaces between them.`,
  )
}

function partOf(ticks: bigint, element: string, format: string): string {
  const date = dateOfTicks(ticks)
  const numbers: Readonly<Record<string, number>> = {
    d: date.getUTCDate(),
    M: date.getUTCMonth() + 1,
    y: date.getUTCFullYear() % 100,
    H: date.getUTCHours(),
    h: date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12,
    m: date.getUTCMinutes(),
    s: date.getUTCSeconds(),
  }
  if (element === 'yyyy') return String(date.getUTCFullYear()).padStart(4, '0')
  if (element === 'tt') return date.getUTCHours() < 12 ? 'AM' : 'PM'
  if (/^(?:f{1,7}|F{1,7})$/u.test(element)) return fraction(ticks, element)
  const number = numbers[element[0] ?? '']
  if (number === undefined || element.length > 2) throw unknownFormat(format)
  return String(number).padStart(element.length, '0')
}

/** `fff`: three digits. `FFF`: the same without zeros at the end. */
function fraction(ticks: bigint, element: string): string {
  const digits = String(ticks % TICKS_PER_SECOND)
    .padStart(FRACTION_DIGITS, '0')
    .slice(0, element.length)
  return element.startsWith('F') ? digits.replace(/0+$/u, '') : digits
}
