import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { LocalFailure, systemCode } from '../failure/index.ts'

/** What a client needs to reach the storage account. */
export interface StorageFacts {
  readonly connectionString: string
  readonly blobUrl: string
  readonly queueUrl: string
  readonly accountName: string
  readonly accountKey: string
}

export const ACCOUNT_NAME = 'trickle'

/** Azure's account keys have 64 bytes. */
const ACCOUNT_KEY_BYTES = 64

/**
 * The account's key (base64), made at the first call and kept in the data folder, so that SAS tokens and connection
 * strings handed out before a restart stay valid.
 * @throws LocalFailure DATA_FOLDER_BROKEN when the file exists but does not contain a key
 */
export function accountKeyOf(dataFolder: string): string {
  const file = join(dataFolder, 'account.json')
  const known = readAccountKey(file)
  if (known !== undefined) return known
  const key = randomBytes(ACCOUNT_KEY_BYTES).toString('base64')
  // Written under another name and renamed: a kill in the middle must not leave half a file.
  writeFileSync(`${file}.new`, `${JSON.stringify({ name: ACCOUNT_NAME, key })}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return key
}

const accountSchema = z.object({ name: z.literal(ACCOUNT_NAME), key: z.base64().min(1) })

function readAccountKey(file: string): string | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return accountSchema.parse(JSON.parse(text)).key
  } catch (cause) {
    throw new LocalFailure({
      code: 'DATA_FOLDER_BROKEN',
      what: 'The file with the storage account key cannot be read.',
      where: file,
      mend: 'Delete it (a new key is made at the next start), or start with --fresh.',
      cause,
    })
  }
}

export function storageFacts(blobOrigin: string, queueOrigin: string, accountKey: string): StorageFacts {
  const blobUrl = `${blobOrigin}/${ACCOUNT_NAME}`
  const queueUrl = `${queueOrigin}/${ACCOUNT_NAME}`
  const connectionString = [
    'DefaultEndpointsProtocol=http',
    `AccountName=${ACCOUNT_NAME}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=${blobUrl}`,
    `QueueEndpoint=${queueUrl}`,
  ].join(';')
  return {
    connectionString: `${connectionString};`,
    blobUrl,
    queueUrl,
    accountName: ACCOUNT_NAME,
    accountKey,
  }
}

/**
 * The parts of a storage connection string.
 * @throws Error naming what is missing
 */
export function parseConnectionString(connectionString: string): StorageFacts {
  const parts = new Map<string, string>()
  for (const part of connectionString.split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) parts.set(part.slice(0, equals), part.slice(equals + 1))
  }
  const need = (name: string): string => {
    const value = parts.get(name)
    if (value === undefined || value === '') throw new Error(`The storage connection string has no ${name}.`)
    return value
  }
  return {
    connectionString,
    blobUrl: need('BlobEndpoint').replace(/\/$/u, ''),
    queueUrl: need('QueueEndpoint').replace(/\/$/u, ''),
    accountName: need('AccountName'),
    accountKey: need('AccountKey'),
  }
}
