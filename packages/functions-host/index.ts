/**
 * A small local host for Azure Functions (Node.js, programming model v4).
 *
 * It runs the deployed bundle with the real library '@azure/functions', and behaves like the real host: routes, keys,
 * admin endpoints, timers, Service Bus triggers, body limits, timeouts, order of hooks, and its traps.
 *
 * Invariants: it listens on 127.0.0.1 only; it writes only below its state folder; a process has one host at most.
 * It must not make the app's life easier than the platform does, look into the app, or be imported by it.
 */
export { startFunctionsHost, type FunctionsHost, type FunctionsHostOptions } from './host.ts'
export { HostStartFailure, type HostStartFailureCode } from './start-failure.ts'
