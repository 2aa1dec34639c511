/* Generated from crds/workspacefleets.yaml by npm run generate. Don't edit. */
import type {ManifestMetadata} from './objectMeta.ts';

/**
 * WorkspaceFleet is the WorkSpaces of one AWS account and region: how to reach them, which policies may be about them, and how far these may go. Who writes policies in a namespace reaches no more than the fleets that admit the namespace.
 */
export interface WorkspaceFleet {
  /**
   * The API version of the manifest: wsap.dev/v1alpha1.
   */
  apiVersion?: string;
  /**
   * The kind of the manifest: WorkspaceFleet.
   */
  kind?: string;
  metadata?: ManifestMetadata;
  /**
   * Where the fleet is, and what its policies may do.
   */
  spec: {
    /**
     * The AWS region of the WorkSpaces, as eu-central-1.
     */
    region: string;
    /**
     * The role that the operator assumes from its own identity, as arn:aws:iam::123456789012:role/wsap. Left out, it uses its own.
     */
    roleARN?: string;
    /**
     * The external id that the role's trust policy asks for, if it does. AWS doesn't treat it as a secret, and neither does Kubernetes.
     */
    externalID?: string;
    /**
     * The 12 digits of the AWS account, in quotes. AWS is asked for the account before anything else, and if it is another one, nothing is read or changed there.
     */
    expectedAccountID?: string;
    /**
     * The directories whose WorkSpaces belong to the fleet. No policy of the fleet is about any other. Left out, all of the account and region do.
     *
     * @minItems 1
     * @maxItems 100
     *
     * Items: A directory's id, as d-0123456789.
     */
    directoryIDs?: string[];
    /**
     * The namespaces whose policies may use the fleet. Others don't learn whether it exists. Left out, all namespaces may.
     */
    allowedNamespaces?: {
      /**
       * All, or those that selector matches.
       */
      from: 'All' | 'Selector';
      /**
       * The labels of these namespaces. All of it has to match.
       */
      selector?: {
        /**
         * Labels with these values, as team: desktops.
         */
        matchLabels?: {
          /**
           * The label's value.
           */
          [k: string]: string;
        };
        /**
         * What else is demanded of labels.
         *
         * @minItems 1
         * @maxItems 20
         *
         * Items: One demand.
         */
        matchExpressions?: {
          /**
           * The label's key.
           */
          key: string;
          /**
           * In and NotIn compare the label's value with values; NotIn also matches where the label is missing. Exists and DoesNotExist look at nothing but the key.
           */
          operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
          /**
           * The values for In and NotIn.
           *
           * @minItems 1
           * @maxItems 50
           *
           * Items: A value.
           */
          values?: string[];
        }[];
      };
    };
    /**
     * How many calls AWS is asked at most. Fleets of the same account and region share one limit: the lowest that any of them sets.
     */
    rateLimit?: {
      /**
       * Calls a second, on average. 2, the default, is what AWS documents for an account and region.
       */
      requestsPerMinute?: number;
      /**
       * Calls that may come at once. 5, the default, is what AWS documents.
       */
      burst?: number;
    };
    /**
     * Forbid stalls every policy with exceptions and doesn't heed them, where the authors of policies mustn't exempt themselves from those of others.
     */
    exceptions?: 'Allow' | 'Forbid';
    /**
     * The stop switch. While true, no policy changes anything in the fleet; reading and reporting go on. Deployments that AWS has begun go on, too.
     */
    suspend?: boolean;
    /**
     * How many applications all policies together may disassociate from WorkSpaces of the fleet within any hour. Left out, there is no limit.
     */
    maxDisassociationsPerHour?: number;
  };
  /**
   * What the operator knows of the fleet.
   */
  status?: {
    /**
     * The generation of the spec that the status tells of; -1 before the operator has seen the fleet.
     */
    observedGeneration?: number;
    /**
     * The AWS account, as AWS itself names it.
     */
    accountID?: string;
    /**
     * Whom AWS takes the operator for, as arn:aws:sts::123456789012:assumed-role/wsap/wsap.
     */
    identity?: string;
    /**
     * How many policies use the fleet.
     */
    policies?: number;
    /**
     * How many WorkSpaces of the fleet its policies have read.
     */
    workspaces?: number;
    /**
     * How many applications AWS offers or has offered there.
     */
    applications?: number;
    /**
     * When anything of the fleet was last listed.
     */
    lastInventoryTime?: string;
    /**
     * How many applications were disassociated within the last hour.
     */
    disassociationsLastHour?: number;
    /**
     * How many applications were disassociated in which minute of the last hour. Where maxDisassociationsPerHour is set, it is written before they are, so that a restart doesn't forget them.
     *
     * @maxItems 64
     *
     * Items: One minute.
     */
    recentDisassociations?: {
      /**
       * When the minute began.
       */
      time: string;
      /**
       * How many.
       */
      count: number;
    }[];
    /**
     * How fast the operator asks AWS at present.
     */
    rateLimit?: {
      /**
       * Calls a second. Less than asked for where fleets share an account and region, and for a while after AWS throttled calls.
       */
      requestsPerMinute?: number;
      /**
       * How long a listing that begins now waits for its first call, as 12s.
       */
      waitTime?: string;
    };
    /**
     * The last time that WorkSpaces, applications and associations were read, for all policies that were due. At most one a minute is told of.
     */
    lastInventory?: {
      /**
       * When it began.
       */
      startTime?: string;
      /**
       * How long it took, as 13m21s.
       */
      duration?: string;
      /**
       * How many calls to AWS it took, those that were throttled or failed included.
       */
      totalCalls?: number;
      /**
       * How many of these AWS throttled.
       */
      throttledCalls?: number;
      /**
       * How many of these failed otherwise.
       */
      failedCalls?: number;
      /**
       * How many the way of reading was expected to take, tags and connections aside, when it was chosen.
       */
      estimatedCalls?: number;
      /**
       * List read all WorkSpaces that policies may be about, ReadMatching only those with one of the applications.
       */
      workspaceQuery?: 'List' | 'ReadMatching';
      /**
       * Whether associations were read by application, or by WorkSpace.
       */
      associationQuery?: 'ByApplication' | 'ByWorkspace';
      /**
       * The calls by operation.
       *
       * @maxItems 16
       *
       * Items: The operation of AWS and how many calls, as DescribeWorkspaces 400.
       */
      calls?: string[];
    };
    /**
     * Ready: AWS knows the operator, and the account is the one that was expected. Reconciling and Stalled are as kstatus defines them: on the way, and waiting for a person.
     *
     * @maxItems 8
     *
     * Items: One condition.
     */
    conditions?: {
      /**
       * Which condition.
       */
      type: string;
      /**
       * Whether it holds.
       */
      status: 'True' | 'False' | 'Unknown';
      /**
       * The generation of the spec that it tells of.
       */
      observedGeneration?: number;
      /**
       * When the status last changed.
       */
      lastTransitionTime: string;
      /**
       * Why, in one word.
       */
      reason: string;
      /**
       * Why, in a sentence.
       */
      message: string;
    }[];
  };
}
