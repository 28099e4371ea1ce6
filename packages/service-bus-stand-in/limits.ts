/**
 * The limits of the stand-in, in one place. Where Service Bus documents a limit, the stand-in has the same (its page
 * "Service Bus quotas"), so that developers see the refusal on their own machine first.
 */

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE

/** One message, or all messages of one batch together (tier Standard). */
export const MESSAGE_BYTES_MAX = 256 * KIBIBYTE

/** Message, session and partition ids. */
export const ID_LENGTH_MAX = 128

/** All messages of the broker. They are in memory, so this is one limit and not one for each queue (Azure: 1 GB each). */
export const STORED_BYTES_MAX = 1024 * MEBIBYTE

/** One frame of AMQP, as in Azure. A longer message travels in several frames. */
export const FRAME_BYTES_MAX = 64 * KIBIBYTE

/** Connections at one time (Azure: 5,000). One program has one to three. */
export const CONNECTIONS_MAX = 1000

/** Links of one connection (Azure: 5,000 for each entity). A client of many sessions opens one for each. */
export const CONNECTION_LINKS_MAX = 2000

/** A connection that sends nothing for this long is ended. Clients send an empty frame in half of it. */
export const IDLE_MAX_MS = 60_000

/** Sends that a sender may have unanswered. Each may hold a whole batch in memory. */
export const UNANSWERED_SENDS_MAX = 250

/**
 * Deliveries of one AMQP session that may be unsettled. rhea keeps them in a ring that the oldest one holds, so one
 * message that is locked for long must not stop the others.
 */
export const UNSETTLED_DELIVERIES_MAX = 65_536

/** The longest wait for a free session, and the wait when the client names none. Azure has 65 s and 60 s. */
export const SESSION_WAIT_MAX_MS = 65_000
export const SESSION_WAIT_DEFAULT_MS = 60_000

/** Messages, and bytes of messages, in the answer to one peek. */
export const PEEK_MESSAGES_MAX = 250
export const PEEK_BYTES_MAX = MEBIBYTE

/** A request on a management link; its largest content is a list of lock tokens. */
export const LOCK_TOKENS_MAX = 5000

/** Reason and description of a dead letter. Azure cuts both at this length. */
export const DEAD_LETTER_TEXT_LENGTH_MAX = 4096

/** Rules of faults at one time. */
export const FAULT_RULES_MAX = 100

/** The longest delay of a fault rule: twice the longest lock. */
export const FAULT_DELAY_MAX_MS = 10 * 60 * 1000

/** A file of the journal. A longer file takes longer to clean in one step. */
export const SEGMENT_BYTES_MAX = 16 * MEBIBYTE

/** The journal is cleaned when more than this is in it, and more than half of it is of messages that are gone. */
export const JOURNAL_CLEAN_FROM_BYTES = 64 * MEBIBYTE

/** The journal is also cleaned when it has more files than this: each start makes one. */
export const SEGMENTS_MAX = 32
