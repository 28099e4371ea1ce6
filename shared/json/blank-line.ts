const SPACE = 0x20
const TAB = 0x09
const CARRIAGE_RETURN = 0x0d

/**
 * True when a line of NDJSON holds nothing but spaces, tabs and carriage returns, however many; such a line is passed
 * over. The importing command and the server must agree on it byte by byte: a line that only one of them passes over
 * moves the outcomes of all lines after it.
 */
export function isBlankLine(line: Uint8Array): boolean {
  for (const byte of line) {
    if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return false
  }
  return true
}
