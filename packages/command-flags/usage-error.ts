/** A command was called wrongly: exit code 2, with what is wrong and how it is called. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
