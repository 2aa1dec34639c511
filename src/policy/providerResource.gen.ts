/* Generated from crds/notificationproviders.yaml by npm run generate. Don't edit. */
import type {ManifestMetadata} from './objectMeta.ts';

/**
 * NotificationProvider defines a receiver of notifications, and the events and namespaces that it receives them for. Policies can't select a provider, so the author of a policy can't make the operator call an address.
 */
export interface NotificationProvider {
  /**
   * API version of the manifest, wsap.dev/v1alpha1.
   */
  apiVersion?: string;
  /**
   * Kind of the manifest, NotificationProvider.
   */
  kind?: string;
  metadata?: ManifestMetadata;
  /**
   * Receiver of the notifications, and the selection of notifications.
   */
  spec: {
    /**
     * Type of the receiver. slack: Slack incoming webhook, or chat.postMessage with a bot token. msteams: workflow webhook of Microsoft Teams. generic-hmac: HTTPS endpoint that receives JSON with the header X-Signature. alertmanager: API v2 of Prometheus Alertmanager. sns: topic of Amazon Simple Notification Service.
     */
    type: 'slack' | 'msteams' | 'generic-hmac' | 'alertmanager' | 'sns';
    /**
     * Secret in the namespace of the operator with the keys address (URL of the receiver), token (bot token of Slack, HMAC key of generic-hmac, or bearer token of Alertmanager), and ca.crt (CA certificates in PEM for the receiver). Only address is required, and token for generic-hmac. Required for all types except sns.
     */
    secretRef?: {
      /**
       * Name of the Secret, for example, slack-desktops.
       */
      name: string;
    };
    /**
     * ARN of the topic. The operator publishes with its own AWS identity, which needs the permission sns:Publish. Required for the type sns, and not allowed for other types. Example: arn:aws:sns:eu-central-1:123456789012:desktops.
     */
    topicARN?: string;
    /**
     * Channel of Slack. Allowed only for the type slack. Defaults to the channel of the webhook. Example: desktops.
     */
    channel?: string;
    /**
     * Name of the sender in Slack. Allowed only for the type slack. Defaults to the name of the webhook or bot. Example: wsap.
     */
    username?: string;
    /**
     * Events that the provider sends notifications for.
     *
     * @minItems 1
     * @maxItems 7
     *
     * Items: Event. PlanAwaitingApproval: a plan of an Approve policy waits for approval. SafeguardExceeded: a plan of an Enforce policy exceeds maxAffectedWorkspaces, and waits for approval. RolloutHalted: failed deployments halt a rollout. Conflict: policies contradict each other. Flapping: an application comes back after several removals. PolicyStalled: a policy requires another manual action. RolloutFinished: a rollout is complete.
     */
    events: (
      | 'PlanAwaitingApproval'
      | 'SafeguardExceeded'
      | 'RolloutHalted'
      | 'Conflict'
      | 'Flapping'
      | 'PolicyStalled'
      | 'RolloutFinished'
    )[];
    /**
     * Namespaces whose policies the provider sends notifications for. Required: no default selects a namespace.
     */
    namespaces: {
      /**
       * Source of the selected namespaces. All selects every namespace. Selector selects the namespaces that selector matches.
       */
      from: 'All' | 'Selector';
      /**
       * Selector of namespace labels. All conditions must match.
       */
      selector?: {
        /**
         * Labels with these exact values, for example, team: desktops.
         */
        matchLabels?: {
          /**
           * Value of the label.
           */
          [k: string]: string;
        };
        /**
         * Conditions on labels, with the same meaning as in a Kubernetes label selector.
         *
         * @minItems 1
         * @maxItems 20
         *
         * Items: Condition on one label.
         */
        matchExpressions?: {
          /**
           * Key of the label.
           */
          key: string;
          /**
           * Operator of the condition. In and NotIn compare the value of the label with values. NotIn also matches if the label is missing. Exists and DoesNotExist check only the key.
           */
          operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
          /**
           * Values for the operators In and NotIn.
           *
           * @minItems 1
           * @maxItems 50
           *
           * Items: Value to compare with.
           */
          values?: string[];
        }[];
      };
    };
    /**
     * Text at the start of each message, for example, the name of the cluster. Defaults to no text. Example: Cluster emea-prod.
     */
    summary?: string;
    /**
     * URL of a link in each notification. The operator replaces {namespace}, {name}, {event}, and {planID} with values of the notification, encoded for URLs. A link of more than 2048 characters is omitted. Defaults to no link. Example: https://grafana.example.com/d/wsap?var-policy={name}.
     */
    linkTemplate?: string;
    /**
     * Whether notifications contain the user names of WorkSpaces, as kubectl wsap approve shows them. Set it to false for a receiver that must not get personal data. Messages of AWS can contain user names regardless. Defaults to true.
     */
    userNames?: boolean;
    /**
     * Whether the provider is suspended. While true, the operator sends no messages. Afterward, it sends the notifications that still apply. Defaults to false.
     */
    suspend?: boolean;
    /**
     * Maximum duration of a request to the receiver. Defaults to 10s. Range: 1s to 1m. Example: 30s.
     */
    timeout?: string;
    /**
     * Maximum number of messages within an hour. The operator sends half of them without delay, and spreads the others evenly. Further notifications wait and are grouped. Repetitions of lasting alerts for Alertmanager don't count. Defaults to 60. Range: 1 to 3600.
     */
    maxMessagesPerHour?: number;
  };
  /**
   * Observed state of the provider.
   */
  status?: {
    /**
     * Value of metadata.generation that this status describes. It is -1 until the operator first reads the provider.
     */
    observedGeneration?: number;
    /**
     * Number of notifications that wait to be sent.
     */
    pending?: number;
    /**
     * Time at which the receiver last accepted a message.
     */
    lastSentTime?: string;
    /**
     * Last test message, which the annotation wsap.dev/test-requested-at requests.
     */
    lastTest?: {
      /**
       * Value of the annotation that the operator handled last. Each new value requests a message.
       */
      requestedAt: string;
      /**
       * State of the message. Sending: the request is about to be sent or was sent, and the result isn't recorded. Sent: the receiver accepted it. Rejected: the receiver didn't accept it. Unknown: the receiver may have accepted it.
       */
      state: 'Sending' | 'Sent' | 'Rejected' | 'Unknown';
      /**
       * Time of the last change of the state.
       */
      time: string;
      /**
       * Human-readable reason for the state. Absent if the receiver accepted the message.
       */
      message?: string;
    };
    /**
     * Notifications that the operator sent or tries to send. The operator writes an entry before it sends a message, so that no notification is sent twice, even after a restart. An entry remains while its reason applies, and for the 24 hours after that.
     *
     * @maxItems 500
     *
     * Items: State of one notification.
     */
    notifications?: {
      /**
       * ID of the notification, which messages contain.
       */
      id: string;
      /**
       * ID of the message that contains the notification.
       */
      messageID?: string;
      /**
       * Event of the notification.
       */
      event: string;
      /**
       * Namespace of the policy.
       */
      namespace: string;
      /**
       * Name of the policy.
       */
      policy: string;
      /**
       * State of the notification. Sending: the request is about to be sent or was sent, and the result isn't recorded. Sent: the receiver accepted it. Retrying: the receiver didn't accept it, and the operator tries again. Unknown: the receiver may have accepted it, and the operator doesn't send it again. Abandoned: the receiver didn't accept it before its reason ended.
       */
      state: 'Sending' | 'Sent' | 'Retrying' | 'Unknown' | 'Abandoned';
      /**
       * Number of requests that contained the notification.
       */
      attempts: number;
      /**
       * Time of the last change of the state.
       */
      time: string;
      /**
       * Time of the first request.
       */
      firstTime?: string;
      /**
       * Time at which the operator observed that the reason of the notification has ended. Absent while it applies.
       */
      endTime?: string;
      /**
       * Time of the next attempt. Absent unless the state is Retrying and the provider selects the notification.
       */
      nextTime?: string;
      /**
       * Human-readable reason for the state. Absent if the receiver accepted the notification.
       */
      message?: string;
    }[];
    /**
     * Conditions of the provider. Ready: the operator can send notifications. Reconciling: the operator retries a message. Stalled: the provider requires manual action. Reconciling and Stalled exist only while they are True.
     *
     * @maxItems 8
     *
     * Items: Condition of the provider, with the fields of all Kubernetes conditions.
     */
    conditions?: {
      /**
       * Type of the condition: Ready, Reconciling, or Stalled.
       */
      type: string;
      /**
       * Status of the condition.
       */
      status: 'True' | 'False' | 'Unknown';
      /**
       * Value of metadata.generation that the condition describes.
       */
      observedGeneration?: number;
      /**
       * Time at which the status of the condition last changed.
       */
      lastTransitionTime: string;
      /**
       * Machine-readable reason for the status.
       */
      reason: string;
      /**
       * Human-readable reason for the status, and what to do about it.
       */
      message: string;
    }[];
  };
}
