import { open, readFile, readdir, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { JournalFailure } from './failure.ts'
import { readRecord } from './records.ts'
import type { JournalRecord } from './records.ts'

/**
 * The files of the journal: journal-000001.log and so on. Only the newest is written to; when a newer one is made, all
 * of the older one is on the disk already. So only the newest may end with a record that was cut off.
 */

/** The first bytes of each file: a name and the version of the format. */
const FILE_HEAD = Buffer.from('TSBJ\u0000\u0000\u0000\u0001', 'latin1')

export function segmentFile(folder: string, number: number): string {
  return join(folder, `journal-${String(number).padStart(6, '0')}.log`)
}

/** The numbers of the files that are there, the oldest first. */
export async function segmentNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  return names
    .flatMap((name) => /^journal-(\d{6,})\.log$/u.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((left, right) => left - right)
}

/** Makes a file and opens it for appending. Its name is on the disk when this resolves. */
export async function createSegment(folder: string, number: number): Promise<FileHandle> {
  const handle = await open(segmentFile(folder, number), 'ax', 0o600)
  await handle.appendFile(FILE_HEAD)
  await handle.datasync()
  await syncFolder(folder)
  return handle
}

export async function removeSegment(folder: string, number: number): Promise<void> {
  await unlink(segmentFile(folder, number))
}

async function syncFolder(folder: string): Promise<void> {
  // Windows can't open a folder, and needs no such call.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Reads the records of a file in order.
 * @param isNewest its end may be cut off; then the rest is removed, since nobody was told that it was accepted
 * @returns how many bytes are in it
 * @throws JournalFailure when it is broken or of another version
 */
export async function readSegment(
  folder: string,
  number: number,
  isNewest: boolean,
  each: (record: JournalRecord) => void,
): Promise<number> {
  const file = segmentFile(folder, number)
  const bytes = await readFile(file)
  const head = bytes.subarray(0, FILE_HEAD.length)
  if (isNewest && bytes.length < FILE_HEAD.length) {
    await unlink(file)
    return 0
  }
  if (!head.equals(FILE_HEAD)) throw unreadable(file, head)
  let at = FILE_HEAD.length
  while (at < bytes.length) {
    const found = readRecord(bytes, at)
    if (found === undefined && isNewest) {
      await cutOff(file, at)
      return at
    }
    if (found === undefined) throw broken(file, `there is no whole record at byte ${at}`)
    each(found.record)
    at = found.end
  }
  return at
}

async function cutOff(file: string, length: number): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.truncate(length)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function unreadable(file: string, head: Buffer): JournalFailure {
  if (!head.subarray(0, 4).equals(FILE_HEAD.subarray(0, 4))) return broken(file, 'it does not begin like one')
  return new JournalFailure({
    code: 'DATA_OTHER_VERSION',
    what: 'The messages of the local Service Bus broker were written by another version.',
    where: file,
    mend: 'Start with the version that wrote them, or move the folder away: its messages are lost then.',
  })
}

function broken(file: string, how: string): JournalFailure {
  return new JournalFailure({
    code: 'DATA_BROKEN',
    what: `A file of the local Service Bus broker's messages is broken: ${how}.`,
    where: file,
    mend: 'Move the folder away, or start with --fresh: its messages are lost then.',
  })
}
