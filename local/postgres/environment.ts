/**
 * The environment of PostgreSQL's programs. Nothing of the caller's: PGDATA, PGPORT or a locale of the shell would
 * change what they do, and messages are told apart by their English text.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(SystemRoot === undefined ? {} : { SystemRoot }) }
}
