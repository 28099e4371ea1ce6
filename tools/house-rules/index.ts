/**
 * Rules of this project that the linter can't check: length of files and functions, names of constants, order of
 * helpers. `node tools/house-rules/main.ts` reports what breaks a rule. With `--fix` it corrects what it can.
 *
 * Invariants: a rule is decided by the syntax of a file and by what the compiler knows about its names, never by a
 * regular expression over the text. A correction changes names and places, never what the program does.
 */
export { checkHouse, mendHouse } from './check.ts'
