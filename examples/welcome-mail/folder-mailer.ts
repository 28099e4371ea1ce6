import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mailer } from './subscription.ts'

/** Writes each mail into a folder, one file for each key. Sending a mail twice writes the same file again. */
export const folderMailer = (folder: string): Mailer => ({
  async send({ key, to, text }, signal) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `${encodeURIComponent(key)}.txt`), `To: ${to}\n\n${text}\n`, { signal })
  },
})
