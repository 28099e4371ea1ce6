import { join } from 'node:path'
import { readKilledLedger } from '../ledger/index.ts'
import type { Command, Random } from '../plan/index.ts'
import type { FromWriter, ToWriter, WriterOrders } from '../writers/index.ts'
import { startChild } from './child.ts'
import type { Child } from './child.ts'

export interface FleetOptions extends Pick<
  WriterOrders,
  'seed' | 'space' | 'callers' | 'slowCallers' | 'appUrl' | 'proxiedAppUrl'
> {
  readonly processes: number
  readonly appends: number
  readonly folder: string
  readonly random: Random
}

interface Writer {
  readonly child: Child<ToWriter>
  readonly incarnation: number
  readonly quota: number
  /** Commands that other processes handed over to it. If it is killed, another process gets them. */
  readonly handedOver: Command[]
  made: number
  isDone: boolean
  isKilled: boolean
}

/** The writer processes. A killed process is replaced by a new one, which makes the rest of its commands. */
export class WriterFleet {
  readonly ledgerFiles: string[] = []
  killed = 0
  /** True when `done` is settled. */
  hasEnded = false
  readonly #options: FleetOptions
  #writers: Writer[] = []
  #madeByKilled = 0
  #isStopped = false
  readonly #end = Promise.withResolvers<void>()

  constructor(options: FleetOptions) {
    this.#options = options
    const note = (): void => {
      this.hasEnded = true
    }
    this.#end.promise.then(note, note)
    const { processes, appends } = options
    for (let nth = 0; nth < processes; nth += 1) {
      this.#start(Math.floor(appends / processes) + (nth < appends % processes ? 1 : 0))
    }
  }

  /** Commands made so far, as the processes have last reported. */
  get made(): number {
    return this.#writers.reduce((sum, { made }) => sum + made, this.#madeByKilled)
  }

  /** Resolves when all commands are made and, where possible, settled. Rejects when a process fails by itself. */
  get done(): Promise<void> {
    return this.#end.promise
  }

  /** Lets the writers make no more commands. They still settle what they have sent. */
  stopMaking(): void {
    this.#isStopped = true
    for (const { child } of this.#writers) child.send({ type: 'stop' })
  }

  /** Kills one process that still makes commands, with SIGKILL, and starts another in its place. */
  async killOne(): Promise<void> {
    const candidates = this.#writers.filter(({ isDone, isKilled }) => !isDone && !isKilled)
    const writer = candidates[this.#options.random.below(candidates.length)]
    if (writer === undefined || this.#isStopped) return
    writer.isKilled = true
    this.killed += 1
    writer.child.kill()
    await writer.child.ended
    const { made, unsettled } = await readKilledLedger(this.#ledgerOf(writer.incarnation), writer.handedOver)
    this.#madeByKilled += made
    this.#writers = this.#writers.filter((other) => other !== writer)
    this.#start(this.#isStopped ? 0 : writer.quota - made)
    for (const command of unsettled) this.#handOver(command, writer)
  }

  kill(): void {
    for (const writer of this.#writers) {
      writer.isKilled = true
      writer.child.kill()
    }
  }

  #ledgerOf(incarnation: number): string {
    return join(this.#options.folder, `writer-${incarnation}.ledger`)
  }

  #start(quota: number): void {
    const { seed, space, callers, slowCallers, appUrl, proxiedAppUrl } = this.#options
    const incarnation = this.ledgerFiles.length
    const ledgerFile = this.#ledgerOf(incarnation)
    this.ledgerFiles.push(ledgerFile)
    const child = startChild<ToWriter>('soak/writers/main.ts', (message) =>
      this.#hear(writer, message as FromWriter),
    )
    const writer: Writer = {
      child,
      incarnation,
      quota,
      handedOver: [],
      made: 0,
      isDone: false,
      isKilled: false,
    }
    this.#writers.push(writer)
    child.send({
      type: 'start',
      orders: { incarnation, seed, space, quota, callers, slowCallers, ledgerFile, appUrl, proxiedAppUrl },
    })
    void child.ended.then((code) => {
      if (code !== 0 && !writer.isKilled)
        this.#end.reject(new Error(`writer ${incarnation} ended with ${String(code)}`))
    })
  }

  #hear(writer: Writer, message: FromWriter): void {
    switch (message.type) {
      case 'made':
        // For a killed writer the number is read from its ledger.
        if (!writer.isKilled) writer.made = message.count
        break
      case 'hand-over':
        this.#handOver(message.command, writer)
        break
      case 'quota-done':
        writer.isDone = true
        this.#perhapsFinish()
        break
    }
  }

  /** Sends the command to another process than `from`, if one is alive. Otherwise it goes back to `from`. */
  #handOver(command: Command, from: Writer): void {
    const others = this.#writers.filter((other) => other !== from && !other.isKilled)
    const other = others[this.#options.random.below(others.length)] ?? from
    other.handedOver.push(command)
    other.child.send({ type: 'send-again', command })
  }

  #perhapsFinish(): void {
    if (this.#writers.some(({ isDone, isKilled }) => !isDone || isKilled)) return
    for (const { child } of this.#writers) child.send({ type: 'finish' })
    void Promise.all(this.#writers.map(({ child }) => child.ended)).then((codes) => {
      if (codes.every((code) => code === 0)) this.#end.resolve()
    })
  }
}
