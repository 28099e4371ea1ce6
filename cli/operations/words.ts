/** A duration for people: 0.4 s, 12 s, 5 min, 3 h, 2 d. */
export function secondsText(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** A count. If counting stopped there, the true number may be larger. */
export const countText = (count: number, isLowerBound: boolean): string =>
  `${count}${isLowerBound ? ' or more' : ''}`

export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`
