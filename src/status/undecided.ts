import type { FleetError } from '../fleet/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';

/** Parts of a plan that describe what the operator doesn't know. */
type Unknown = Pick<Plan, 'undecided' | 'gaps'>;

/** Maximum number of causes in a message, and of WorkSpaces for each cause. */
const MAX_LISTED = 3;

/** Returns messages about the parts of a fleet that a plan leaves unchanged because they are unknown. Empty if there are none. */
export function undecidedMessages({ undecided, gaps }: Unknown): string[] {
  const { items } = gaps;
  const more = items.length > 1 ? ` and ${items.length - 1} more` : '';
  return [
    ...workspaceMessages(undecided),
    ...items
      .slice(0, 1)
      .map((item) => `the operator ignored an item that it can't assign to a resource: ${item}${more}`),
  ].map((message) => sanitize(message, 400));
}

/** Returns one message for each cause, the most frequent first. */
function workspaceMessages(undecided: Plan['undecided']): string[] {
  const causes = [...Map.groupBy(undecided, ({ because }) => because)].sort(([, a], [, b]) => b.length - a.length);
  const messages = causes.slice(0, MAX_LISTED).map(([because, same]) => {
    const ids = same.slice(0, MAX_LISTED).map(({ workspace }) => workspace.workspaceID);
    const more = same.length > ids.length ? ` and ${same.length - ids.length} more` : '';
    const count = same.length === 1 ? '1 WorkSpace stays' : `${same.length} WorkSpaces stay`;
    return `${count} unchanged because ${because}: ${ids.join(', ')}${more}`;
  });
  const others = causes.slice(MAX_LISTED).reduce((sum, [, same]) => sum + same.length, 0);
  return others === 0
    ? messages
    : [...messages, `${others} other WorkSpaces stay unchanged because values are unknown`];
}

/** Returns the message for listings that AWS rejected, or undefined if there are none. */
export function rejectedListingsMessage(listings: readonly FleetError[]): string | undefined {
  const [first] = listings;
  if (first === undefined) {
    return undefined;
  }
  const more = listings.length > 1 ? `; ${listings.length} listings were rejected in total` : '';
  return `the operator evaluated only a part of the WorkSpaces because AWS rejected a listing: ${sanitize(first.message, 700)}${more}`;
}
