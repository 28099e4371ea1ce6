/** Lets a loop sleep until somebody has work for it. */
export interface Wake {
  wake(): void
  /** Returns when `wake` is called, at once if it was called since the last wait, or after so many ms. */
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
