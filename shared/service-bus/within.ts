import { unavailable } from './errors.ts'

/**
 * Does work within a time. The signal asks the work to end; whatever it does then, the caller goes on.
 * @throws TrickleError SERVICE_BUS_UNAVAILABLE after the time
 */
export async function within<Result>(
  timeMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(unavailable(`${what} did not end within ${timeMs} ms.`))
      controller.abort()
    }, timeMs)
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
