import rhea from 'rhea'
import type { Connection, Delivery, Receiver, Sender, Session, Typed } from 'rhea'

/**
 * All that the broker needs of rhea beyond its public interface, each with its reason. rhea is made for clients and simple
 * servers; these are what a broker needs too. Seen in rhea 3.0.5; the conformance suite notices if a version changes it.
 */

interface Described {
  described(): unknown
}

const outcomes = rhea.message as unknown as {
  accepted(): Described
  released(): Described
  rejected(fields: { error?: { condition: string; description: string } }): Described
  modified(fields: Record<string, unknown>): Described
}

export const accepted = (): unknown => outcomes.accepted().described()
export const released = (): unknown => outcomes.released().described()
export const modified = (): unknown => outcomes.modified({ undeliverable_here: false }).described()
/** @param error absent: the rejection was done as asked (a dead letter) */
export const rejected = (error?: { condition: string; description: string }): unknown =>
  outcomes.rejected(error === undefined ? {} : { error }).described()

interface LinkInternals {
  readonly local: { readonly attach: LocalAttach }
  readonly state: { open_requests: number; local_open: boolean }
  readonly remote: {
    readonly attach: { readonly rcv_settle_mode?: number; readonly snd_settle_mode?: number }
  }
  credit: number
  delivery_count: number
  _draining: boolean
  _drained: boolean
  _incomplete?: unknown
  _get_drain: () => boolean
}

/** What the broker answers to an attach. rhea sends it in the next tick, so it can be changed in the open event. */
interface LocalAttach {
  max_message_size: number
  snd_settle_mode: number
  rcv_settle_mode: number
  properties: Record<string, unknown>
}

interface DeliveryInternals {
  readonly tag: Buffer
  remote_settled: boolean
  readonly remote_state?: Readonly<Record<string, unknown>>
}

interface Frame {
  readonly performative: { message_format: number | null | undefined }
  payload: Buffer | undefined
}

interface SessionInternals {
  readonly outgoing: {
    readonly next_delivery_id: number
    readonly next_pending_delivery: number
    available(): number
  }
  on_transfer: (frame: Frame) => void
  _get_link(frame: Frame): LinkInternals
}

export function localAttach(link: Sender | Receiver): LocalAttach {
  return inside(link).local.attach
}

/** The modes that the client asked for are those that it gets. */
export function echoSettleModes(link: Sender): { readonly isReceiveAndDelete: boolean } {
  const { snd_settle_mode: sender = 2, rcv_settle_mode: receiver = 0 } = inside(link).remote.attach
  const local = localAttach(link)
  local.snd_settle_mode = sender
  local.rcv_settle_mode = receiver
  return { isReceiveAndDelete: sender === 1 }
}

/** Keeps rhea from answering an attach; `link.open()` answers it later. */
export function holdAttach(link: Sender): void {
  const { state } = inside(link)
  state.open_requests -= 1
  state.local_open = false
}

/**
 * How many more messages a link may send. rhea lowers its credit only when it writes, so what it has not written yet is
 * subtracted: a message without credit would block the whole session.
 */
export function creditOf(link: Sender): number {
  const { outgoing } = insideSession(link.session)
  const unwritten = outgoing.next_delivery_id - outgoing.next_pending_delivery
  return Math.min(inside(link).credit - unwritten, outgoing.available())
}

/** rhea answers a drain only while there is credit left. A client waits for the answer also when there is none. */
export function alwaysAnswerDrain(link: Sender): void {
  const internals = inside(link)
  internals._get_drain = () => {
    if (!internals._draining || !internals._drained) return false
    internals.delivery_count += internals.credit
    internals.credit = 0
    return true
  }
}

/** Answers a client's settlement. rhea then waits for an answer to the answer, which never comes. */
export function settle(delivery: Delivery, outcome: unknown): void {
  delivery.update(true, outcome)
  insideDelivery(delivery).remote_settled = true
}

export function tagOf(delivery: Delivery): Buffer {
  return insideDelivery(delivery).tag
}

/** What the client said with its settlement. */
export function outcomeOf(delivery: Delivery): Readonly<Record<string, unknown>> {
  return insideDelivery(delivery).remote_state ?? {}
}

const receivedBytes = new WeakMap<object, number>()
const watched = new WeakSet<Session>()

/** The message format by which the broker gets a message as bytes: rhea decodes those of format 0. */
const RAW_FORMAT = 1

/**
 * Makes rhea hand messages over as bytes, and keeps no more of a message than is allowed: the rest of a longer one is
 * dropped as it arrives.
 */
export function receiveRaw(session: Session, bytesMax: number): void {
  if (watched.has(session)) return
  watched.add(session)
  const internals = insideSession(session)
  const original = internals.on_transfer.bind(session)
  internals.on_transfer = (frame) => {
    const link = internals._get_link(frame)
    const isContinued = link._incomplete !== undefined
    frame.performative.message_format ||= RAW_FORMAT
    const before = isContinued ? (receivedBytes.get(link) ?? 0) : 0
    const total = before + (frame.payload?.length ?? 0)
    receivedBytes.set(link, total)
    if (total > bytesMax || frame.payload === undefined) frame.payload = Buffer.alloc(0)
    original(frame)
  }
}

/** How long the message was that a link has just received. */
export function lengthReceived(link: Receiver): number {
  return receivedBytes.get(link) ?? 0
}

/** rhea notices the end of a socket, but not that it was closed without one; its timers would go on. */
export function forgetSocket(connection: Connection): void {
  ;(connection as unknown as { _disconnected(): void })._disconnected()
}

/** What rhea sends as a heartbeat. */
export function writeEmptyFrame(connection: Connection): void {
  ;(connection as unknown as { _write_frame(): void })._write_frame()
}

/** The length of the frame that a connection waits for; rhea would collect up to four gigabytes. */
export function awaitedFrameBytes(connection: Connection): number {
  return (connection as unknown as { frame_size?: number }).frame_size ?? 0
}

/** A whole number with the type int: without it rhea picks an unsigned type, which .NET does not take for an int. */
export const int = (value: number): Typed => rhea.types.wrap_int(value)

export const symbol = (text: string): Typed => rhea.types.wrap_symbol(text)

const TIMESTAMP_CODE = 0x83

export const timestamps = (values: readonly number[]): Typed =>
  rhea.types.wrap_array(values, TIMESTAMP_CODE, undefined)

function inside(link: Sender | Receiver): LinkInternals {
  return link as unknown as LinkInternals
}

function insideSession(session: Session): SessionInternals {
  return session as unknown as SessionInternals
}

function insideDelivery(delivery: Delivery): DeliveryInternals {
  return delivery as unknown as DeliveryInternals
}
