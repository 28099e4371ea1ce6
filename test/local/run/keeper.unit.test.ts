import { describe, expect, test } from 'vitest'
import { keepRunning } from '../../../local/run/keeper.ts'
import type { KeeperEvents, KeptPart } from '../../../local/run/keeper.ts'
import type { RunningPart } from '../../../local/run/part.ts'

/** A part whose life the test decides. */
class FakePart implements KeptPart<string> {
  readonly name = 'fake'
  readonly #failures: Set<number>
  readonly stopped: number[] = []
  starts = 0
  #end: (how: string) => void = () => undefined

  constructor(...failingStarts: number[]) {
    this.#failures = new Set(failingStarts)
  }

  readonly start = async (signal: AbortSignal): Promise<RunningPart<string>> => {
    signal.throwIfAborted()
    this.starts += 1
    const pid = this.starts
    if (this.#failures.has(pid)) throw new Error(`start ${pid} failed`)
    const ended = new Promise<string>((resolve) => {
      this.#end = resolve
    })
    const stop = async (): Promise<void> => {
      this.stopped.push(pid)
      await Promise.resolve()
      this.#end('stopped')
    }
    return await Promise.resolve({ pid, facts: `facts ${pid}`, ended, stop, kill: () => undefined })
  }

  die(how: string): void {
    this.#end(how)
  }
}

function recorder(): { events: KeeperEvents; seen: string[]; next: (count: number) => Promise<void> } {
  const seen: string[] = []
  let wake: () => void = () => undefined
  const add = (text: string): void => {
    seen.push(text)
    wake()
  }
  return {
    seen,
    events: {
      down: (name, how, pauseMs) => {
        add(`down ${name} ${how} ${pauseMs}`)
      },
      up: (name, pid) => {
        add(`up ${name} ${pid}`)
      },
      failed: (name, reason, pauseMs) => {
        add(`failed ${name} ${reason} ${pauseMs}`)
      },
    },
    next: async (count) => {
      while (seen.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

const forever = new AbortController().signal

describe('keeping a part running', () => {
  test('what ends is started again at once, and keeps being watched', async () => {
    const part = new FakePart()
    const { events, seen, next } = recorder()
    const keeper = await keepRunning(part, events, forever)
    expect(keeper.facts).toBe('facts 1')
    part.die('was ended by SIGKILL')
    await next(2)
    expect(seen).toEqual(['down fake was ended by SIGKILL 0', 'up fake 2'])
    part.die('ended with exit code 1')
    await next(3)
    expect(seen[2]).toBe('down fake ended with exit code 1 500')
    await keeper.stop()
  })

  test('a start that fails is told with its reason and tried again', async () => {
    const part = new FakePart(2)
    const { events, seen, next } = recorder()
    const keeper = await keepRunning(part, events, forever)
    part.die('ended')
    await next(3)
    expect(seen).toEqual(['down fake ended 0', 'failed fake start 2 failed 500', 'up fake 3'])
    await keeper.stop()
    expect(part.stopped).toEqual([3])
  })

  test('after a stop nothing is started any more, also when it comes during a pause', async () => {
    const part = new FakePart(2)
    const { events, seen, next } = recorder()
    const keeper = await keepRunning(part, events, forever)
    part.die('ended')
    await next(2)
    await keeper.stop()
    expect(part.starts).toBe(2)
    expect(seen).toHaveLength(2)
  })

  test('a restart is no death: nothing is told but that it serves, and the next death has no pause', async () => {
    const part = new FakePart()
    const { events, seen, next } = recorder()
    const keeper = await keepRunning(part, events, forever)
    for (const pid of [2, 3, 4]) {
      expect(await keeper.restart()).toBe(true)
      expect(seen.at(-1)).toBe(`up fake ${pid}`)
    }
    expect(part.stopped).toEqual([1, 2, 3])
    part.die('ended')
    await next(5)
    expect(seen.slice(3)).toEqual(['down fake ended 0', 'up fake 5'])
    await keeper.stop()
  })

  test('a restart whose try fails says so, and one during the pause after that cuts it short', async () => {
    const part = new FakePart(2, 3)
    const { events, seen } = recorder()
    const keeper = await keepRunning(part, events, forever)
    expect(await keeper.restart()).toBe(false)
    expect(await keeper.restart()).toBe(false)
    expect(await keeper.restart()).toBe(true)
    expect(seen).toEqual(['failed fake start 2 failed 500', 'failed fake start 3 failed 500', 'up fake 4'])
    await keeper.stop()
    expect(await keeper.restart()).toBe(false)
    expect(part.starts).toBe(4)
  })

  test('a first start that fails is thrown, and not tried again', async () => {
    const part = new FakePart(1)
    await expect(keepRunning(part, recorder().events, forever)).rejects.toThrow('start 1 failed')
    expect(part.starts).toBe(1)
  })
})
