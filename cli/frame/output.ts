/** The output of a command line. The text is written unchanged, so all text must pass `safeStreams` first. */
export interface Streams {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  /** Set where the output is a terminal that a person watches. */
  readonly terminal?: { readonly columns: number } | undefined
}

/** Where a command shows its progress. The command itself writes no control characters. */
export interface Screen {
  readonly isTerminal: boolean
  readonly columns: number
  readonly write: (text: string) => void
  /** Clears the current line of a terminal. */
  readonly clearLine: () => void
}

/** Width of a log, or of a terminal that does not report its width. */
const USUAL_COLUMNS = 80

const RETURN_AND_ERASE = '\r\u001B[K'

/**
 * Characters that a terminal obeys or hides instead of showing them: control characters except tab and line break (C0,
 * DEL, C1), characters that change the direction of text, Unicode's line separators, and characters without any width.
 * Joiners are not among them, since Persian words and emoji need them.
 */
const UNSEEN =
  /[[\p{Cc}--[\t\n]]\p{Zl}\p{Zp}\p{Bidi_Control}\u{AD}\u{200B}\u{2060}-\u{206F}\u{FEFF}\u{FFF9}-\u{FFFB}\u{E0000}-\u{E00FF}]/gv

/**
 * The same text, with these characters written as `\u001b`. Events, names of tenants and answers of servers are written
 * by others. Printed unchanged, they could clear the screen, forge lines or reverse words. JSON keeps its meaning,
 * since such a character can stand only in its strings.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, escaped)
}

function escaped(character: string): string {
  let text = ''
  for (let at = 0; at < character.length; at += 1)
    text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
  return text
}

/** All output of a command passes through these streams, once. */
export function safeStreams(streams: Streams): Streams {
  return {
    out: (text) => {
      streams.out(visible(text))
    },
    error: (text) => {
      streams.error(visible(text))
    },
    terminal: streams.terminal,
  }
}

/** A screen that writes to the error stream, which people watch. */
export function screenOver(streams: Streams): Screen {
  return {
    isTerminal: streams.terminal !== undefined,
    columns: streams.terminal?.columns ?? USUAL_COLUMNS,
    write: (text) => {
      streams.error(visible(text))
    },
    clearLine: () => {
      if (streams.terminal !== undefined) streams.error(RETURN_AND_ERASE)
    },
  }
}

/** The streams of this process. Nothing else writes to them. */
export const processStreams: Streams = {
  out: (text) => {
    process.stdout.write(text)
  },
  error: (text) => {
    process.stderr.write(text)
  },
  get terminal() {
    return process.stderr.isTTY ? { columns: process.stderr.columns } : undefined
  },
}
