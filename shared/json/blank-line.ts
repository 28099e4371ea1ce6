const SPACE = 0x20
const TAB = 0x09
const CARRIAGE_RETURN = 0x0d

/**
 * True when a line of NDJSON holds nothing but spaces, tabs and carriage returns, however many; such a line is skipped.
 * The importing command and the server must agree on this byte by byte: if only one of them skipped a line, the
 * outcomes of all lines after it would be given to the wrong lines.
 */
export function isBlankLine(line: Uint8Array): boolean {
  for (const byte of line) {
    if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return false
  }
  return true
}
