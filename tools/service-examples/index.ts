/**
 * Runs the programs of docs/call-from-your-service.md as they stand on the page, against a running product, and looks
 * whether what the page promises came true. It must not change a program: what a reader copies is what is tried.
 */
export { ExampleFailure, runExample, type Product } from './run-example.ts'
export { isInstalled, programsOf, type Program } from './programs.ts'
