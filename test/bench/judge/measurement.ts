/** Figures of a measurement by name. */
export type Figures = Readonly<Record<string, number>>;

/** Figure that the judge compares with a limit. */
export interface Row {
  /** Name of the row. It states the size of the fleet, because figures depend on it. */
  readonly name: string;
  readonly unit: string;
  /** Figure of the measurement. */
  readonly figure: string;
  /** Value of commit 77f25b6. Null if it was not measured there. */
  readonly before: number | null;
  /** Maximum value, inclusive. */
  readonly limit: number;
}

/** Measurement with its rows. */
export interface Measurement {
  readonly rows: readonly Row[];
  /** Forms of the benchmark that contain the measurement. The short form is part of the gate. */
  readonly forms: readonly Form[];
  /** Whether the measurement needs its own process, because its figures depend on the heap or on compiled code. */
  readonly isIsolated?: boolean;
  /**
   * Maximum number of attempts, of which the lowest figures count, because other processes can only increase CPU time
   * and memory. Defaults to 1. There is no further attempt after all figures are within their limits.
   */
  readonly attempts?: number;
  readonly measure: () => Promise<Figures>;
}

export type Form = 'full' | 'short';
