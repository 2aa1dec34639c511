/**
 * Maximum number of deliveries of a message in the queues of deploy/events, before it moves to the dead-letter queue. Failed reads and
 * restarts of the operator cause deliveries.
 */
export const MAX_RECEIVE_COUNT = 20;

/** Number of deliveries from which a listing replaces the reads of a message, before it moves to the dead-letter queue. */
export const LISTING_RECEIVE_COUNT = 10;
