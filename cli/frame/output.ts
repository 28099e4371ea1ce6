/** Where the text of a command line goes. It is written as it is, so all of it passes `safeStreams` first. */
export interface Streams {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  /** Set where the output is a terminal that a person watches. */
  readonly terminal?: { readonly columns: number } | undefined
}

/** Where a command draws its progress; it knows of no control character. */
export interface Screen {
  readonly isTerminal: boolean
  readonly columns: number
  readonly write: (text: string) => void
  /** Clears the current line of a terminal. */
  readonly clearLine: () => void
}

/** Width of a log, or of a terminal that does not tell its own. */
const USUAL_COLUMNS = 80

const RETURN_AND_ERASE = '\r\u001B[K'

/**
 * What a terminal obeys or hides in the place of showing it: control characters but tab and line break (C0, DEL, C1),
 * characters that turn the direction of text, line separators of Unicode, and those without any width. Joiners stay:
 * Persian words and emoji are written with them.
 */
const UNSEEN =
  /[[\p{Cc}--[\t\n]]\p{Zl}\p{Zp}\p{Bidi_Control}\u{AD}\u{200B}\u{2060}-\u{206F}\u{FEFF}\u{FFF9}-\u{FFFB}\u{E0000}-\u{E00FF}]/gv

/**
 * The same text, with what a terminal would obey written out as `\u001b`. Events, names of tenants and answers of
 * servers are written by others: printed as they are, they could clear the screen, forge lines or turn words around.
 * JSON stays the same JSON, since such a character can stand only in its strings.
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

/** Everything that a command says passes through here, once. */
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

/** The screen over what people watch. */
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
