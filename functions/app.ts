/**
 * The contexts of the app, one line each. A context is a folder of functions/; everything of it is in there, and what it
 * declares in its context.ts is put together in product.ts.
 */
export { commands } from './commands/context.ts'
export { events } from './events/context.ts'
export { forwarding } from './forwarding/context.ts'
export { health } from './health/context.ts'
export { operations } from './operations/context.ts'
export { queues } from './queues/context.ts'
export { tenants } from './tenants/context.ts'

// Contexts of your own: one line each, below this one. The product never changes lines that you add, so that its next
// version merges by itself.
