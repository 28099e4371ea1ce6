import { closeSync, openSync, readSync } from 'node:fs'

const RECORDS_AT_ONCE = 65_536

/** Goes through a file of records of equal length without loading the whole file into memory. */
export function forEachRecord(
  path: string,
  recordBytes: number,
  take: (bytes: Buffer, offset: number) => void,
): void {
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(RECORDS_AT_ONCE * recordBytes)
  try {
    let kept = 0
    for (;;) {
      const read = readSync(file, bytes, kept, bytes.length - kept, null)
      if (read === 0) return
      const whole = Math.floor((kept + read) / recordBytes) * recordBytes
      for (let offset = 0; offset < whole; offset += recordBytes) take(bytes, offset)
      bytes.copyWithin(0, whole, kept + read)
      kept = kept + read - whole
    }
  } finally {
    closeSync(file)
  }
}
