/**
 * How people start the command line, in every shell. Without `--no` and `--`: npm takes the word after `--no` for its
 * value, and PowerShell takes a bare `--` away, so that npm answers instead of Trickle.
 */
export const PROGRAM_NAME = 'npx trickle'
