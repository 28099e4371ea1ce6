/**
 * Rules of the house that the linter has no words for: how long files and functions are, how constants are called, where
 * helpers stand. `node tools/house-rules/main.ts` says what breaks one, and with `--fix` mends what can be mended.
 *
 * Invariants: a rule is decided by the syntax of a file and by what the compiler knows of its names, never by a regular
 * expression over the text; a mend changes names and places, never what the program does.
 */
export { checkHouse, mendHouse } from './check.ts'
