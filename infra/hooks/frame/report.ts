/** What a hook prints: one line a step. azd shows it as it comes, and cuts lines at about 120 characters. */
export interface Report {
  /** Says what the run is about. */
  title(text: string): void
  /** A step that changed something. */
  changed(step: string, what: string): void
  /** A step that found everything as it should be. */
  unchanged(step: string, what: string): void
  /** A step that only looked, or waits. */
  note(step: string, what: string): void
  /** Something that a person should look at, though the run goes on. */
  warn(step: string, what: string): void
  /** How many steps have changed something so far. */
  readonly changes: number
}

/** Room for the longest name of a step, `trickle_forwarder`. */
const STEP_WIDTH = 18

export function createReport(write: (line: string) => void): Report {
  let changes = 0
  const line = (step: string, mark: string, what: string): void =>
    write(`  ${step.padEnd(STEP_WIDTH)} ${mark.padEnd(10)} ${what}`.trimEnd())
  return {
    title: write,
    changed(step, what) {
      changes += 1
      line(step, 'changed', what)
    },
    unchanged: (step, what) => line(step, 'unchanged', what),
    note: (step, what) => line(step, '', what),
    warn: (step, what) => line(step, 'WARNING', what),
    get changes() {
      return changes
    },
  }
}
