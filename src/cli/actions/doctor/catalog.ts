import { compareStrings } from '../../../compare.ts';
import type { Application } from '../../../fleet/model.ts';
import type { CheckResult } from './check.ts';

/** Describes the applications that AWS offers to an account, by owner and state. Warns if there are none to manage. */
export function catalogOf(applications: readonly Application[]): string | Omit<CheckResult, 'name'> {
  if (applications.length === 0) {
    return {
      result: 'warn',
      message:
        'AWS lists no applications for this account and region, so policies have nothing to manage; check the region, and whether AWS offers applications there',
    };
  }
  const owners = countBy(applications, ({ owner = 'an unknown owner' }) => owner);
  const states = countBy(applications, ({ state = 'an unknown state' }) => state);
  return `${applications.length} ${applications.length === 1 ? 'application' : 'applications'}; by owner: ${owners}; by state: ${states}`;
}

function countBy(applications: readonly Application[], keyOf: (application: Application) => string): string {
  return [...Map.groupBy(applications, keyOf)]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([key, same]) => `${same.length} ${key}`)
    .join(', ');
}
