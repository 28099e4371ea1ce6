import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { fileFailure, LocalFailure } from '../failure/index.ts'

/** The algorithm of Entra ID, so that checking a token costs the same here as in Azure. */
export const ALGORITHM = 'RS256'

/** Old keys that stay published after a rotation, so that tokens in use stay valid. */
const KEPT_OLD_KEYS = 2

export interface PrivateKey {
  readonly kty: 'RSA'
  readonly kid: string
  readonly n: string
  readonly e: string
  /** The secret members of the key. */
  readonly [member: string]: unknown
}

/**
 * The keys of an issuer's folder, newest first.
 * @throws LocalFailure NOT_RUNNING when the issuer never ran, DATA_FOLDER_BROKEN, PERMISSION_MISSING
 */
export function readKeys(folder: string): PrivateKey[] {
  const file = keyFile(folder)
  if (!existsSync(file)) {
    throw new LocalFailure({
      code: 'NOT_RUNNING',
      what: 'There is no signing key yet: the local run was never started here.',
      where: file,
      mend: 'Start it: npm start',
    })
  }
  try {
    return keysOf(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    const known = fileFailure(error, file)
    if (known) throw known
    throw new LocalFailure({
      code: 'DATA_FOLDER_BROKEN',
      what: 'The file with the signing keys cannot be read as such.',
      where: file,
      mend: 'Remove it: the next start makes a new key (tokens made before it are refused then).',
      cause: error,
    })
  }
}

/**
 * The keys of a file, newest first: the first one signs, all of them are published. Checked without zod: to load it
 * takes longer than to sign a token, and shells call `trickle token` inside other commands.
 */
function keysOf(content: unknown): PrivateKey[] {
  const keys: unknown =
    typeof content === 'object' && content !== null && 'keys' in content ? content.keys : []
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isPrivateKey)) return keys
  throw new TypeError('not a file of RSA keys')
}

function isPrivateKey(value: unknown): value is PrivateKey {
  if (typeof value !== 'object' || value === null) return false
  const { kty, kid, n, e } = value as Readonly<Record<string, unknown>>
  return kty === 'RSA' && [kid, n, e].every((member) => typeof member === 'string')
}

function keyFile(folder: string): string {
  return join(folder, 'signing-keys.json')
}

/** Makes the first key if the folder has none. */
export async function ensureKey(folder: string): Promise<void> {
  if (existsSync(keyFile(folder))) readKeys(folder)
  else writeKeys(folder, [await newKey()])
}

function writeKeys(folder: string, keys: readonly PrivateKey[]): void {
  const file = keyFile(folder)
  const unfinished = `${file}.${process.pid}`
  try {
    writeFileSync(unfinished, JSON.stringify({ keys }, undefined, 2), { mode: 0o600 })
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw fileFailure(error, file) ?? error
  }
}

async function newKey(): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const key = { ...(await exportJWK(privateKey)), kid: randomUUID() }
  if (isPrivateKey(key)) return key
  throw new TypeError('the generated key is no RSA key')
}

/**
 * Makes a new key, which signs from now on. The two keys before it stay published. A running issuer publishes the new
 * key at once.
 * @returns the new key's id
 */
export async function rotateKey(folder: string): Promise<string> {
  const key = await newKey()
  writeKeys(folder, [key, ...readKeys(folder).slice(0, KEPT_OLD_KEYS)])
  return key.kid
}

/** The public halves, as a JSON Web Key Set. */
export function publicKeys(keys: readonly PrivateKey[]): Record<string, unknown> {
  return { keys: keys.map(({ kty, kid, n, e }) => ({ kty, kid, n, e, alg: ALGORITHM, use: 'sig' })) }
}
