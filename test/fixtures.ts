/** Durations in milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Time of the tests that plan at one point in time: a Monday at noon. */
export const NOW = new Date('2026-11-02T12:00:00Z');

/** IDs of the applications in `APPLICATIONS` of builders.ts. */
export const VISIO = 'wsa-visio0000';
export const OFFICE = 'wsa-office000';
export const PROJECT = 'wsa-project00';
