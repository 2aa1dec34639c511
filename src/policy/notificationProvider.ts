import type { LabelSelector } from './labelSelector.ts';
import type { NotificationProvider } from './providerResource.gen.ts';

type Spec = NotificationProvider['spec'];

/** Type of a receiver of notifications. */
export type ProviderType = Spec['type'];

/** Event that a provider can select. */
export type NotificationEvent = Spec['events'][number];

/** A valid NotificationProvider with defaults. */
export interface ProviderConfig {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: Date | undefined;
  readonly type: ProviderType;
  /** Secret in the namespace of the operator. Undefined if the type needs none. */
  readonly secretName: string | undefined;
  /** Topic of the type `sns`. Undefined for other types. */
  readonly topicARN: string | undefined;
  readonly channel: string | undefined;
  readonly username: string | undefined;
  readonly events: ReadonlySet<NotificationEvent>;
  /** Selector of the namespaces of the policies. Undefined for all namespaces. */
  readonly namespaces: LabelSelector | undefined;
  readonly summary: string | undefined;
  readonly linkTemplate: string | undefined;
  /** Whether notifications contain user names. */
  readonly userNames: boolean;
  readonly suspend: boolean;
  readonly timeoutMs: number;
  readonly maxMessagesPerHour: number;
}
