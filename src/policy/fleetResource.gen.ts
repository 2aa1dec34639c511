/* Generated from crds/workspacefleets.yaml by npm run generate. Don't edit. */
import type {ManifestMetadata} from './objectMeta.ts';

/**
 * WorkspaceFleet defines the WorkSpaces of one AWS account and region: how the operator accesses them, which policies can use them, and what these policies may change. A policy can use only fleets that allow its namespace.
 */
export interface WorkspaceFleet {
  /**
   * API version of the manifest, wsap.dev/v1alpha1.
   */
  apiVersion?: string;
  /**
   * Kind of the manifest, WorkspaceFleet.
   */
  kind?: string;
  metadata?: ManifestMetadata;
  /**
   * Location of the fleet and limits for its policies.
   */
  spec: {
    /**
     * AWS region of the WorkSpaces, for example, eu-central-1.
     */
    region: string;
    /**
     * ARN of the IAM role that the operator assumes, in the partition of the region. Defaults to the operator's own identity, without another role. Example: arn:aws:iam::123456789012:role/wsap.
     */
    roleARN?: string;
    /**
     * External ID that the trust policy of the role requires. Requires roleARN. Neither AWS nor Kubernetes treats it as a secret. Defaults to no external ID. Example: wsap-4711.
     */
    externalID?: string;
    /**
     * Expected AWS account ID, 12 digits in quotes. Before all other calls, the operator asks AWS for the account. If the account is a different one, the operator reads and changes nothing there. Defaults to the account in roleARN; without a role, to the account that the fleet used before, if there is one.
     */
    expectedAccountID?: string;
    /**
     * IDs of the directories whose WorkSpaces belong to the fleet. Policies of the fleet never apply to WorkSpaces in other directories. Defaults to all directories of the account and region. An empty list is invalid.
     *
     * @minItems 1
     * @maxItems 100
     *
     * Items: ID of a directory, for example, d-0123456789.
     */
    directoryIDs?: string[];
    /**
     * Namespaces whose policies can use the fleet. For policies in other namespaces, the fleet seems not to exist. Required: no default allows a namespace.
     */
    allowedNamespaces: {
      /**
       * Source of the allowed namespaces. All allows every namespace. Selector allows the namespaces that selector matches.
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
     * Limit on the calls to the AWS API. Fleets in the same account and region share one limit, the lowest that any of them sets.
     */
    rateLimit?: {
      /**
       * Average number of calls per minute. Defaults to 120, the limit that AWS documents for an account and region. Range: 6 to 60000.
       */
      requestsPerMinute?: number;
      /**
       * Maximum number of calls at once. Defaults to 5, the limit that AWS documents for an account and region. Range: 1 to 1000.
       */
      burst?: number;
    };
    /**
     * Whether policies can define exceptions. With Forbid, policies that define exceptions are Stalled and their exceptions are ignored. Defaults to Allow.
     */
    exceptions?: 'Allow' | 'Forbid';
    /**
     * Whether the fleet is suspended. While true, no policy makes changes in the fleet. The operator continues to read WorkSpaces and to update statuses, and AWS completes deployments that have started. Defaults to false.
     */
    suspend?: boolean;
    /**
     * Events of AWS that announce changes of WorkSpaces, for example, an application that somebody installs. The operator then reads only the affected WorkSpaces, within seconds, and renews its listings less often. An event alone changes nothing. Defaults to no events: the operator reads at the intervals of the policies.
     */
    events?: {
      /**
       * URL of the SQS queue that receives the events, in the region of the fleet. The operator reads the queue with the identity of the fleet. Each fleet needs its own queue. Example: `https://sqs.eu-central-1.amazonaws.com/123456789012/wsap-events`.
       */
      queueURL: string;
      /**
       * Interval at which the operator reads the WorkSpaces again although no event announced a change. Applies while events arrive, unless the interval of a policy is longer; otherwise, the intervals of the policies apply. The interval is longer if reading takes more than 1% of the rate limit, and at most 24h then. Defaults to 6h. Range: 1h to 24h. Example: 12h.
       */
      resyncInterval?: string;
    };
    /**
     * Maximum number of applications that all policies together may disassociate from WorkSpaces of the fleet within an hour. Defaults to no limit. Range: 1 to 1000000.
     */
    maxDisassociationsPerHour?: number;
  };
  /**
   * Observed state of the fleet.
   */
  status?: {
    /**
     * Value of metadata.generation that this status describes. It is -1 until the operator first reads the fleet.
     */
    observedGeneration?: number;
    /**
     * AWS account ID, as reported by AWS.
     */
    accountID?: string;
    /**
     * ARN of the operator's AWS identity, for example, arn:aws:sts::123456789012:assumed-role/wsap/wsap.
     */
    identity?: string;
    /**
     * Number of policies that use the fleet. If the operator watches one namespace, it counts only the policies of this namespace.
     */
    policies?: number;
    /**
     * Number of WorkSpaces in the fleet that the operator has read for the policies.
     */
    workspaces?: number;
    /**
     * Number of applications that AWS offers or has offered in the account and region.
     */
    applications?: number;
    /**
     * Time of the last listing of WorkSpaces, applications, or associations.
     */
    lastInventoryTime?: string;
    /**
     * Number of applications disassociated within the last hour.
     */
    disassociationsLastHour?: number;
    /**
     * Number of disassociated applications in each minute of the last hour. If maxDisassociationsPerHour is set, the operator updates this list before it disassociates, so that the numbers survive a restart.
     *
     * @maxItems 64
     *
     * Items: Number of disassociated applications in one minute.
     */
    recentDisassociations?: {
      /**
       * Start of the minute.
       */
      time: string;
      /**
       * Number of disassociated applications.
       */
      count: number;
    }[];
    /**
     * Last records of the audit log when the operator wrote this status, one for each of the last processes with a change, the newest first. `wsap audit verify --fleet` checks that the log contains them. Updated at most once a minute.
     *
     * @maxItems 10
     *
     * Items: Last audit record of a process.
     */
    audit?: {
      /**
       * Identity of the process.
       */
      chain: string;
      /**
       * Number of the record in the chain of the process, starting from 1.
       */
      sequence: number;
      /**
       * SHA-256 of the record in hexadecimal digits.
       */
      hash: string;
      /**
       * Time at which this entry was written.
       */
      time: string;
    }[];
    /**
     * Current rate of calls to the AWS API.
     */
    rateLimit?: {
      /**
       * Average number of calls per minute. It is lower than in the spec if fleets share an account and region, and temporarily after AWS throttles calls.
       */
      requestsPerMinute?: number;
      /**
       * Time that a listing waits for its first call, for example, 12s.
       */
      waitTime?: string;
    };
    /**
     * Statistics of the last inventory, in which the operator read WorkSpaces, applications, and associations for all due policies. Updated at most once a minute.
     */
    lastInventory?: {
      /**
       * Start of the inventory.
       */
      startTime?: string;
      /**
       * Duration of the inventory, for example, 13m21s.
       */
      duration?: string;
      /**
       * Number of calls to the AWS API, including throttled and failed calls.
       */
      totalCalls?: number;
      /**
       * Number of calls that AWS throttled.
       */
      throttledCalls?: number;
      /**
       * Number of calls that failed for other reasons.
       */
      failedCalls?: number;
      /**
       * Number of calls estimated when the operator chose the queries, excluding calls for tags and connection status.
       */
      estimatedCalls?: number;
      /**
       * Query for WorkSpaces. ListAll reads all WorkSpaces that the policies might select. ReadMatching reads only WorkSpaces that have one of the applications.
       */
      workspaceQuery?: 'ListAll' | 'ReadMatching';
      /**
       * Query for associations, by application or by WorkSpace.
       */
      associationQuery?: 'ByApplication' | 'ByWorkspace';
      /**
       * Number of calls by operation.
       *
       * @maxItems 16
       *
       * Items: Name of the operation and number of calls, for example, DescribeWorkspaces 400.
       */
      calls?: string[];
    };
    /**
     * State of the events of AWS. Each time is updated at most once an hour.
     */
    events?: {
      /**
       * Time of the last successful read of the queue.
       */
      lastReceivedTime?: string;
      /**
       * Time of the latest event.
       */
      lastEventTime?: string;
      /**
       * Time of the latest event of a call that changes associations. The operator relies on events for 7 days after it.
       */
      lastAssociationEventTime?: string;
    };
    /**
     * Conditions of the fleet. Ready: the operator can access the expected AWS account. Reconciling: the operator connects or retries. Stalled: the fleet requires manual action. EventsReceived: events of AWS arrive, if spec.events is set. Reconciling and Stalled exist only while they are True.
     *
     * @maxItems 8
     *
     * Items: Condition of the fleet, with the fields of all Kubernetes conditions.
     */
    conditions?: {
      /**
       * Type of the condition: Ready, Reconciling, Stalled, or EventsReceived.
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
