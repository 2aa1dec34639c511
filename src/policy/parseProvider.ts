import { parseDuration } from './duration.ts';
import { InvalidResourceError, invalidField } from './invalidField.ts';
import { parseNamespaces } from './namespaces.ts';
import type { ProviderConfig } from './notificationProvider.ts';
import type { NotificationProvider } from './providerResource.gen.ts';
import { ruleProblems } from './rules.ts';
import { validateResource } from './schema.ts';

/**
 * Parses a NotificationProvider from a cluster or a file, and ignores its status. Fails closed: rejects unknown fields, which could narrow
 * what the provider selects.
 *
 * @throws InvalidResourceError with all problems
 */
export function parseProvider(resource: unknown): ProviderConfig {
  const { status: _, ...copy } = structuredClone(Object(resource)) as Record<string, unknown>;
  const bySchema = validateResource('NotificationProvider', copy);
  const problems = bySchema.length > 0 ? bySchema : ruleProblems('NotificationProvider', copy);
  if (problems.length > 0) {
    throw new InvalidResourceError(problems);
  }
  const { metadata = {}, spec } = copy as unknown as NotificationProvider;
  const { creationTimestamp: created } = metadata;
  return {
    name: metadata.name || invalidField('metadata.name', 'required'),
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    createdAt: created === undefined ? undefined : new Date(created),
    type: spec.type,
    secretName: spec.secretRef?.name,
    topicARN: spec.topicARN,
    channel: spec.channel,
    username: spec.username,
    events: new Set(spec.events),
    namespaces: parseNamespaces(spec.namespaces, 'spec.namespaces'),
    summary: spec.summary,
    linkTemplate: spec.linkTemplate,
    userNames: spec.userNames ?? true,
    suspend: spec.suspend ?? false,
    timeoutMs: parseDuration(spec.timeout ?? '10s') ?? invalidField('spec.timeout', 'must be a duration from 1s to 1m'),
    maxMessagesPerHour: spec.maxMessagesPerHour ?? 60,
  };
}
