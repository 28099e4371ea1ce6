/**
 * The events of a page. Each is a JSON text, as it is sent to clients; the database prints them and joins them into one
 * text. As rows of columns they would cost the driver two thirds of a page's time.
 */
export class EventTexts {
  /** The events, separated by `,\n`: the inside of a JSON array. */
  readonly text: string
  readonly count: number

  constructor(text: string, count: number) {
    this.text = text
    this.count = count
  }

  static of(events: readonly string[]): EventTexts {
    return new EventTexts(events.join(SEPARATOR), events.length)
  }

  /** The events one by one. JSON has no line feed in a text, and PostgreSQL prints none between values. */
  each(): string[] {
    return this.count === 0 ? [] : this.text.split(SEPARATOR)
  }

  /** The events as lines, without a line feed after the last one. */
  lines(): string {
    return this.text.replaceAll(SEPARATOR, '\n')
  }
}

const SEPARATOR = ',\n'

export const noEvents = new EventTexts('', 0)
