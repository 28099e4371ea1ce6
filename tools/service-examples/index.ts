/**
 * Runs the programs of docs/call-from-your-service.md against a running product, and checks that they do what the page
 * promises. It must not change a program: exactly the text that a reader copies must be tested.
 */
export { createTenant, ExampleFailure, runExample, type Product } from './run-example.ts'
export { withProduct, type RunningProduct } from './product.ts'
export { isInstalled, programsOf, type Program } from './programs.ts'
