import { describe, expect, it } from 'vitest'
import {
  ANY,
  CommandSource,
  eventsOf,
  isMet,
  Random,
  requestOf,
  SOME,
  streamName,
  streamNumberOfName,
  streamSpaceFor,
} from '../../soak/plan/index.ts'
import type { Command } from '../../soak/plan/index.ts'
import { HandedOver } from '../../soak/writers/queue.ts'

const space = streamSpaceFor(1_000)

const commandsOf = (seed: number, count: number): Command[] => {
  const source = new CommandSource(space, new Random(seed), 3)
  return Array.from({ length: count }, () => source.next('store'))
}

describe('the commands of a soak', () => {
  it('are the same for the same seed, and others for another one', () => {
    expect(commandsOf(1, 50)).toEqual(commandsOf(1, 50))
    expect(commandsOf(1, 50)).not.toEqual(commandsOf(2, 50))
  })

  it('are of every kind', () => {
    const commands = commandsOf(1, 2_000)
    const share = (is: (command: Command) => boolean): number => commands.filter(is).length / commands.length
    for (const identity of ['none', 'ids', 'key', 'both']) {
      expect(share((command) => command.identity === identity)).toBeGreaterThan(0.1)
    }
    expect(share(({ writes }) => writes.length > 1)).toBeGreaterThan(0.03)
    expect(share(({ conditions }) => conditions.length > 0)).toBeGreaterThan(0.03)
    expect(share(({ writes }) => (writes[0]?.stream ?? 0) < space.hotPerTenant)).toBeGreaterThan(0.2)
    expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length)
  })

  it('expect what is true, or can never be true again', () => {
    const source = new CommandSource(space, new Random(5), 0)
    for (let tenant = 0; tenant < space.tenants; tenant += 1)
      for (let stream = 0; stream < space.streamsPerTenant; stream += 1) source.learn(tenant, stream, 4)
    const expected = Array.from({ length: 500 }, () => source.next('store')).flatMap(
      ({ writes, conditions }) => [...writes, ...conditions].map((part) => part.expected),
    )
    expect(new Set(expected)).toEqual(new Set([ANY, SOME, 3, 4]))
  })

  it('give the same request wherever they are sent from', () => {
    for (const command of commandsOf(9, 50)) {
      const copy = JSON.parse(JSON.stringify(command)) as Command
      expect(requestOf(space, copy)).toEqual(requestOf(space, command))
    }
  })

  it('number their events over all their streams', () => {
    const command = commandsOf(1, 500).find(({ writes }) => writes.length === 3)
    const indexes = command?.writes.flatMap((_, write) =>
      eventsOf(command, write).map(({ data }) => (data as { index: number }).index),
    )
    expect(indexes).toEqual(indexes?.map((_, index) => index))
    expect(indexes?.length).toBeGreaterThan(2)
  })
})

describe('the streams of a soak', () => {
  it('have a number each', () => {
    const numbers = new Set<number>()
    for (let tenant = 0; tenant < space.tenants; tenant += 1)
      for (let stream = 0; stream < space.streamsPerTenant; stream += 1)
        numbers.add(streamNumberOfName(space, tenant, streamName(space, stream)))
    expect([Math.min(...numbers), Math.max(...numbers), numbers.size]).toEqual([0, 823, 4 * (6 + 200)])
  })

  it('are known by name, and others are not', () => {
    expect(() => streamNumberOfName(space, 0, 'order-1')).toThrow('no tenant has the stream')
    expect(() => streamNumberOfName(space, -1, 'hot-1')).toThrow('no tenant has the stream')
  })
})

describe('an expectation', () => {
  it('is met by what it names', () => {
    const met = [0, 1, 5].map((version) => [ANY, SOME, 0, 5].filter((expected) => isMet(expected, version)))
    expect(met).toEqual([
      [ANY, 0],
      [ANY, SOME],
      [ANY, SOME, 5],
    ])
  })
})

describe('what is handed over', () => {
  it('goes to the one that is free, and ends', async () => {
    const queue = new HandedOver<number>()
    const waiting = queue.take()
    queue.push(1)
    queue.push(2)
    expect(await waiting).toBe(1)
    expect(queue.takeNow()).toBe(2)
    const last = queue.take()
    queue.close()
    expect([await last, await queue.take(), queue.takeNow()]).toEqual([undefined, undefined, undefined])
  })
})
