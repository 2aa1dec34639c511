/** Application IDs of the software on the volumes of a WorkSpace. AWS doesn't report it. */
export interface Software {
  installed: ReadonlySet<string>;
  /** Latest full snapshot. Its time is in epoch milliseconds. */
  snapshot: { readonly takenAt: number; readonly installed: ReadonlySet<string> };
}

/** Returns the software of a new WorkSpace, whose first snapshot is taken at once. */
export function createSoftware(installed: Iterable<string>, now: number): Software {
  const applications = new Set(installed);
  return { installed: applications, snapshot: { takenAt: now, installed: applications } };
}

/** Takes the snapshot that is due at a time, before the software changes. */
export function takeDueSnapshot(software: Software, now: number, interval: number): void {
  const { takenAt } = software.snapshot;
  const due = interval === 0 ? now : takenAt + Math.floor((now - takenAt) / interval) * interval;
  if (due > takenAt) {
    software.snapshot = { takenAt: due, installed: software.installed };
  }
}

/** Installs or uninstalls the application of an association that entered a state. All other states change nothing. */
export function followState(
  software: Software,
  {
    applicationID,
    state,
    at,
  }: { readonly applicationID: string; readonly state: string | undefined; readonly at: number },
  snapshotInterval: number,
): void {
  if (state !== 'COMPLETED' && state !== 'REMOVED') {
    return;
  }
  takeDueSnapshot(software, at, snapshotInterval);
  const installed = new Set(software.installed);
  if (state === 'COMPLETED') {
    installed.add(applicationID);
  } else {
    installed.delete(applicationID);
  }
  software.installed = installed;
}
