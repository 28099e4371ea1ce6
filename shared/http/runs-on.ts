/** The two apps that one bundle can be: `public` answers callers, `background` does what nobody waits for. */
export const SIDES = ['public', 'background'] as const
export type Side = (typeof SIDES)[number]

/** In which of the apps a trigger runs. */
export type RunsOn = Side | 'both'

/** Whether a trigger runs in an app that is one of the two sides, or both in one. */
export const isRunBy = (runsOn: RunsOn, app: RunsOn): boolean =>
  runsOn === 'both' || app === 'both' || runsOn === app
