/** An issuer answers in milliseconds; a request that waits for its keys must not use up its own deadline. */
const TIMEOUT_MS = 5_000
/** Discovery documents and key sets are a few KiB; certificates in them make tens. */
const CHARACTERS_MAX = 262_144

/** One document of the issuer: its text and the JSON it holds. */
export interface FetchedJson {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * Fetches a JSON object. Redirects are not followed: they could lead away from https.
 * @throws Error saying what was wrong with the answer
 */
export async function fetchJsonObject(url: string): Promise<FetchedJson> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { Accept: 'application/json, application/jwk-set+json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`${url} answered with status ${response.status}`)
  }
  const text = await readLimitedText(url, response)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  if (!isObject(json)) throw new Error(`${url} answered with something that is not a JSON object`)
  return { text, json }
}

async function readLimitedText(url: string, response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > CHARACTERS_MAX) {
      throw new Error(`${url} answered with more than ${CHARACTERS_MAX} characters`)
    }
  }
  return text + decoder.decode()
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
