/**
 * The environment of PostgreSQL's programs. It takes over nothing else of the caller's environment: PGDATA or PGPORT
 * would change what the programs do, and another locale would change their messages, which are matched in English.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(SystemRoot === undefined ? {} : { SystemRoot }) }
}
