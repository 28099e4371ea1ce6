/**
 * The two apps that one bundle can be. `public` answers tenants and services and has their login alone; `background`
 * does what nobody waits for, and what operators ask for, with the other logins. For people who run one app, it is both.
 *
 * Invariant: what an app is follows from one setting, TRICKLE_SIDE. It must not know what runs on a side: routes,
 * timers, queues and settings say that of themselves.
 */
export const SIDES = ['public', 'background'] as const
export type Side = (typeof SIDES)[number]

/** In which of the apps something runs; or which of them an app is. */
export type RunsOn = Side | 'both'

/** Whether something runs in an app that is one of the two sides, or both in one. */
export const isRunBy = (runsOn: RunsOn, app: RunsOn): boolean =>
  runsOn === 'both' || app === 'both' || runsOn === app

export const otherSide = (side: Side): Side => (side === 'public' ? 'background' : 'public')
