import { tokenRefusal } from './refusal.ts'

/** Clocks of issuer and instance differ by seconds; a minute avoids refusals that nobody can explain, and adds little to a token's life. */
export const CLOCK_TOLERANCE_SECONDS = 60

/**
 * Checks the times of verified claims beyond what the token library does: JSON can say 1e400, which is read as infinity,
 * and a token that is good for years can hardly be taken back.
 * @throws TrickleError TOKEN_INVALID
 */
export function checkTimes(claims: Readonly<Record<string, unknown>>, lifetimeSecondsMax: number): void {
  for (const name of ['exp', 'iat', 'nbf']) {
    const value = claims[name]
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0))
      throw tokenRefusal('TOKEN_INVALID', `The claim "${name}" of the token must be a time in seconds.`)
  }
  const { exp, iat } = claims
  if (typeof exp !== 'number') throw tokenRefusal('TOKEN_INVALID', 'The token lacks a proper claim "exp".')
  const remaining = exp - Date.now() / 1000
  const isTooLong =
    remaining > lifetimeSecondsMax + CLOCK_TOLERANCE_SECONDS ||
    (typeof iat === 'number' && exp - iat > lifetimeSecondsMax)
  if (!isTooLong) return
  throw tokenRefusal(
    'TOKEN_INVALID',
    `The token is good for longer than ${lifetimeSecondsMax} seconds, the longest life that is accepted here (TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX). Get one with a shorter life.`,
  )
}
