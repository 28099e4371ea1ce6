import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'

/** Size of an event with its index entries. Measured with 300 bytes of data and 100 of metadata, and rounded up. */
const BYTES_PER_EVENT = 1_000

/** For the server's own files, its write-ahead log (max_wal_size 2 GB), and space that other programs need. */
const BYTES_BESIDE = 6_000_000_000

/**
 * Without this check the disk could become full during the seeding. The server and other programs would then fail.
 * @throws Error that says how much is needed, where, and how much there is
 */
export async function checkDisk(events: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir())
  const needed = events * BYTES_PER_EVENT + BYTES_BESIDE
  if (bavail * bsize >= needed) return
  throw new Error(
    `${events} events need ${gigabytes(needed)} in ${tmpdir()}, which has ${gigabytes(bavail * bsize)} free. Use a smaller --to, or set TMPDIR.`,
  )
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
