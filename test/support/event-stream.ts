/** The fields of a server-sent event, with the standard's names. `comment` is a line that begins with a colon. */
export type Frame = Partial<Record<'id' | 'event' | 'data' | 'retry' | 'comment', string>>

/** A client of server-sent events that returns every frame, including heartbeats, and can disconnect. */
export interface EventStream {
  readonly response: Response
  /** The next frame; null when the server has ended the answer. */
  readonly next: () => Promise<Frame | null>
  /** The next frame with data. */
  readonly nextEvent: () => Promise<Frame | null>
  /** Closes the connection. */
  readonly leave: () => void
}

export async function openEventStream(url: string, headers: Record<string, string>): Promise<EventStream> {
  const controller = new AbortController()
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: controller.signal,
  })
  const frames = readFrames(response.clone())
  const next = async (): Promise<Frame | null> => {
    const { value, done } = await frames.next()
    return done === true ? null : value
  }
  return {
    response,
    next,
    async nextEvent() {
      for (;;) {
        const frame = await next()
        if (frame === null || frame.data !== undefined) return frame
      }
    },
    leave: () => controller.abort(),
  }
}

async function* readFrames(response: Response): AsyncGenerator<Frame, undefined> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) yield parseFrame(part)
  }
  if (text !== '') throw new Error(`the answer broke off within a frame: ${text}`)
  return undefined
}

function parseFrame(text: string): Frame {
  const fields = text.split('\n').map((line) => {
    const colon = line.indexOf(': ')
    return [colon === 0 ? 'comment' : line.slice(0, colon), line.slice(colon + 2)]
  })
  return Object.fromEntries(fields) as Frame
}
