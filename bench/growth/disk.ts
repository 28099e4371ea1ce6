import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'

/** An event with its indexes, measured with 300 bytes of data and 100 of metadata, rounded up. */
const BYTES_PER_EVENT = 1_000

/** The server's own, its log at its largest (max_wal_size 2 GB), and what must be left for others. */
const BYTES_BESIDE = 6_000_000_000

/**
 * A full disk would stop the server in the middle of the seeding, and everything else on the machine with it.
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
