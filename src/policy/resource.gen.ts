/* Generated from crds/workspaceapplicationpolicies.yaml by npm run generate. Don't edit. */
import type {ObjectMeta} from './objectMeta.ts';

/**
 * WorkspaceApplicationPolicy says which applications the Amazon WorkSpaces it selects may and must not have. The operator disassociates what drifted, deploys the change, and reports the associations in the status.
 */
export interface WorkspaceApplicationPolicy {
  /**
   * The version of this representation; wsap.dev/v1alpha1.
   */
  apiVersion?: string;
  /**
   * The kind of this resource; WorkspaceApplicationPolicy.
   */
  kind?: string;
  metadata?: ObjectMeta;
  /**
   * What is asked for.
   */
  spec: {
    /**
     * Audit reports what the policy would do and changes nothing. Enforce does it.
     */
    enforcement?: 'Audit' | 'Enforce';
    /**
     * While true the policy changes nothing and has no say in what other policies do; its status goes on being kept.
     */
    suspend?: boolean;
    /**
     * How often drift is looked for, as 10m or 1h30m; from 5s to 24h. Up to a tenth is added at random, so that policies spread.
     */
    interval?: string;
    /**
     * Which WorkSpaces the policy is about. Fields are ANDed, the entries of a list ORed. WorkSpaces that are being terminated are never selected.
     */
    workspaceSelector: {
      /**
       * Selects every WorkSpace of the account and region. Can't stand beside another field.
       */
      all?: boolean;
      /**
       * Selects the WorkSpaces with these ids.
       *
       * @minItems 1
       * @maxItems 500
       */
      workspaceIds?: string[];
      /**
       * Selects the WorkSpaces of these directories.
       *
       * @minItems 1
       * @maxItems 100
       */
      directoryIds?: string[];
    };
    /**
     * Which applications the selected WorkSpaces may and must not have. An application that the lists contradict each other about, in one policy or between policies, is left alone and reported as Conflict.
     */
    applications: {
      /**
       * Applications that a WorkSpace may have. They are kept, also where another policy disassociates what no list names.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One application by its id, or all applications whose name matches.
       */
      allowed?: {
        /**
         * The application's id.
         */
        id?: string;
        /**
         * The application's name, case-sensitive. `*` stands for any characters, also none, `?` for exactly one.
         */
        name?: string;
        /**
         * Narrows name to applications of this owner: AMAZON, or an account id of 12 digits.
         */
        owner?: string;
      }[];
      /**
       * Applications that a WorkSpace must not have. They are disassociated, and the change is deployed.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One application by its id, or all applications whose name matches.
       */
      denied?: {
        /**
         * The application's id.
         */
        id?: string;
        /**
         * The application's name, case-sensitive. `*` stands for any characters, also none, `?` for exactly one.
         */
        name?: string;
        /**
         * Narrows name to applications of this owner: AMAZON, or an account id of 12 digits.
         */
        owner?: string;
      }[];
      /**
       * What happens to an application that no list of any policy names. Disassociate makes the lists an allow-list; the allow-lists of several policies add up.
       */
      unlisted?: 'Keep' | 'Disassociate';
    };
    /**
     * How changes are carried out.
     */
    rollout?: {
      /**
       * A disassociated application stays on the desktop until the change is deployed, which ends its user's session and locks them out until it is done. Automatic deploys it. Manual stops after disassociating and leaves the deployment to a person.
       */
      deploy?: 'Automatic' | 'Manual';
    };
    /**
     * Limits beyond which the policy does nothing until a person has looked.
     */
    safeguards?: {
      /**
       * A plan that takes something from more WorkSpaces than this is refused whole. A count, or a share of the selected WorkSpaces as a percentage, which is rounded down, but is at least 1.
       */
      maxAffectedWorkspaces?: number | string;
    };
  };
  /**
   * What the operator saw and did.
   */
  status?: {
    /**
     * The metadata.generation that this status describes; -1 before the first evaluation.
     */
    observedGeneration?: number;
    /**
     * The last value of the annotation wsap.dev/reconcile-requested-at that was handled.
     */
    lastHandledReconcileAt?: string;
    /**
     * When the policy was last evaluated. Written at most once an hour if nothing else changed.
     */
    lastSyncTime?: string;
    /**
     * When it was then due to be evaluated again.
     */
    nextSyncTime?: string;
    /**
     * The applications that the policy's lists name or that it would disassociate, most affected first.
     *
     * @maxItems 64
     */
    applications?: {
      /**
       * The application's id.
       */
      applicationId: string;
      /**
       * The application's name, as AWS reports it.
       */
      name?: string;
      /**
       * What the policies say about it.
       */
      verdict: 'Allowed' | 'Denied' | 'Unlisted' | 'Conflict';
      /**
       * On how many of the selected WorkSpaces it is or is about to be.
       */
      associated: number;
      /**
       * From how many of these it is being removed.
       */
      removing: number;
    }[];
    /**
     * The associations that the policy is about, at most 25, the most urgent first, in AWS's own terms. For machines; the table in workspaces is for people.
     *
     * @maxItems 25
     */
    associations?: {
      /**
       * The WorkSpace's id.
       */
      workspaceId: string;
      /**
       * The user the WorkSpace is assigned to.
       */
      userName?: string;
      /**
       * The application's id.
       */
      associatedResourceId: string;
      /**
       * The type of the associated resource.
       */
      associatedResourceType: 'APPLICATION';
      /**
       * The application's name.
       */
      applicationName?: string;
      /**
       * What the policies say about it.
       */
      verdict: 'Allowed' | 'Denied' | 'Unlisted' | 'Conflict';
      /**
       * What is to be done next. None while AWS carries out what was begun.
       */
      action: 'None' | 'Disassociate' | 'Deploy';
      /**
       * The association's state in AWS.
       */
      state?: string;
      /**
       * Why it is in that state, in AWS's words.
       */
      stateReason?: {
        errorCode?: string;
        errorMessage?: string;
      };
      /**
       * When the association was made.
       */
      created?: string;
      /**
       * When AWS last changed it.
       */
      lastUpdatedTime?: string;
      /**
       * Why the action isn't taken now.
       */
      heldBecause?: string;
      /**
       * The same in a sentence, or the error of the last attempt.
       */
      message?: string;
    }[];
    /**
     * How many more there are than associations lists.
     */
    associationsOmitted?: number;
    /**
     * The selected WorkSpaces, each counted once, by what is most urgent about it. The other numbers add up to selected.
     */
    compliance?: {
      /**
       * WorkSpaces that the selector matches.
       */
      selected?: number;
      /**
       * They have nothing that the policy would take away.
       */
      compliant?: number;
      /**
       * They have something to take away, and nothing but Audit stands in the way.
       */
      drifted?: number;
      /**
       * AWS is carrying out the change.
       */
      inProgress?: number;
      /**
       * There is something to do, and a reason why it isn't done now.
       */
      held?: number;
      /**
       * AWS refused or failed the change; a person has to look.
       */
      failed?: number;
    };
    /**
     * Ready: the policy was evaluated and can act. Reconciling: work is going on. Stalled: a person has to do something. Compliant: every selected WorkSpace has what the policy asks for.
     *
     * @maxItems 8
     */
    conditions?: {
      type: string;
      status: 'True' | 'False' | 'Unknown';
      observedGeneration?: number;
      lastTransitionTime: string;
      reason: string;
      message: string;
    }[];
    /**
     * The last five runs that changed something, the newest first.
     *
     * @maxItems 5
     */
    history?: {
      /**
       * When the run ended.
       */
      time: string;
      /**
       * The id of the plan that it followed.
       */
      plan: string;
      /**
       * Associations disassociated.
       */
      disassociated: number;
      /**
       * WorkSpaces on which a deployment was started.
       */
      deployed: number;
      /**
       * Calls that AWS refused or failed.
       */
      failed: number;
    }[];
    /**
     * What is to be done now.
     */
    plan?: {
      /**
       * Names this outcome: which WorkSpace loses which application. Absent when nothing is to be taken away.
       */
      id?: string;
      /**
       * Associations to disassociate.
       */
      disassociate?: number;
      /**
       * WorkSpaces on which to deploy.
       */
      deploy?: number;
      /**
       * Associations that stay as they are for the reason in heldBecause.
       */
      held?: number;
    };
    /**
     * The associations as a table for people, at most 20 lines, in the same order.
     *
     * @maxItems 20
     */
    workspaces?: string[];
  };
}
