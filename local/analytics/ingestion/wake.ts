/** Lets a loop sleep until there is work for it. */
export interface Wake {
  wake(): void
  /** Returns when `wake` is called, or after `atMostMs`; at once if `wake` was called since the last wait. */
  wait(atMostMs: number): Promise<void>
}

export function createWake(): Wake {
  let called = false
  let resume: (() => void) | undefined
  return {
    wake: () => {
      called = true
      resume?.()
    },
    wait: async (atMostMs) => {
      if (!called) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, atMostMs)
          resume = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      resume = undefined
      called = false
    },
  }
}
