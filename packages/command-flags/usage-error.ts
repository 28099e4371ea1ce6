/** A command was called wrongly. The program ends with exit code 2, and prints what is wrong and how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
