import type { Mutation } from './mutation.ts';

/** Rules of the events of AWS. */
export const EVENT_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'An event alone decides nothing',
    file: 'inventory/readThrough.ts',
    from: 'const associations = await fleet.describeWorkspaceAssociations(workspaceID);',
    to: 'const associations = (globalThis as any).claims?.get(workspaceID) ?? (await fleet.describeWorkspaceAssociations(workspaceID));',
    also: [
      {
        file: 'operator/eventbridge/eventReceiver.ts',
        from: 'const { event } = parsed;',
        to: "const { event } = parsed; for (const workspaceID of event.name === 'AssociateWorkspaceApplication' ? event.workspaceIDs : []) ((globalThis as any).claims ??= new Map()).set(workspaceID, [{ workspaceID, applicationID: 'wsa-visio0000', state: 'COMPLETED' }]);",
      },
    ],
  },
  {
    rule: 'The message of an event is deleted only after the read that it causes',
    file: 'operator/eventbridge/eventReceiver.ts',
    from: 'this.#schedule(message, event, needed, completeSince, now);\n    return [];',
    to: 'this.#schedule(message, event, needed, completeSince, now);\n    return [message.receiptHandle];',
  },
  {
    rule: 'Listings find what no event announces',
    scenario: 'LostEvents',
    file: 'operator/eventbridge/fleetEvents.ts',
    from: 'return this.#isReliable ? this.#options.resyncInterval() : undefined;',
    to: 'return this.#isReliable ? Number.MAX_SAFE_INTEGER : undefined;',
  },
  {
    rule: 'The intervals of the policies apply while the queue is not read',
    scenario: 'QueueUnavailable',
    file: 'operator/eventbridge/fleetEvents.ts',
    from: 'return host.otherQueueReader() === undefined && this.#health.isReliable(this.#now);',
    to: 'return host.otherQueueReader() === undefined && this.#health.provenAt !== undefined;',
  },
  {
    rule: 'The status of the fleet shows that the queue is not read',
    scenario: 'QueueUnavailable',
    file: 'status/fleetEvents.ts',
    from: 'return { status, reason, message };',
    to: "return { status: reason === 'QueueUnavailable' ? 'True' : status, reason, message };",
  },
  {
    rule: 'The intervals of the policies apply if a change of the operator comes back as no event',
    scenario: 'StoppedEvents',
    file: 'operator/eventbridge/fleetEvents.ts',
    from: 'this.#health.recordChange(requestID, this.#now);',
    to: '',
  },
];
