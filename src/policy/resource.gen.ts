/* Generated from crds/workspaceapplicationpolicies.yaml by npm run generate. Don't edit. */
import type {ManifestMetadata} from './objectMeta.ts';

/**
 * WorkspaceApplicationPolicy defines which applications the selected Amazon WorkSpaces must, may, and must not have. The operator associates required applications, disassociates unwanted ones, deploys these changes, and reports the result in the status.
 */
export interface WorkspaceApplicationPolicy {
  /**
   * API version of the manifest, wsap.dev/v1alpha1.
   */
  apiVersion?: string;
  /**
   * Kind of the manifest, WorkspaceApplicationPolicy.
   */
  kind?: string;
  metadata?: ManifestMetadata;
  /**
   * Desired state of the selected WorkSpaces.
   */
  spec: {
    /**
     * WorkspaceFleet this policy applies to. Defaults to the fleet named "default". While no WorkspaceFleet exists, policies of namespaces that the installation names apply to the operator's own AWS account and region.
     */
    fleetRef?: {
      /**
       * Name of the WorkspaceFleet.
       */
      name: string;
    };
    /**
     * Enforcement mode. Audit reports the planned changes, makes none, and protects no application from other policies. Approve makes the planned changes after you set the annotation wsap.dev/approved-plan to the ID in status.plan.id. Enforce makes the planned changes automatically. Defaults to Audit.
     */
    enforcement?: 'Audit' | 'Approve' | 'Enforce';
    /**
     * Whether the policy is suspended. While true, the operator makes no changes for this policy and ignores it when it evaluates other policies. It continues to update the status. Defaults to false.
     */
    suspend?: boolean;
    /**
     * Priority among the policies that list the same application for the same WorkSpace. The policy with the highest priority decides. If policies of equal priority contradict each other, the operator leaves the application unchanged. Defaults to 0. Range: -1000 to 1000.
     */
    priority?: number;
    /**
     * Interval at which the operator checks for drift, in hours, minutes, and seconds. The operator adds a random delay of up to 10%, so that policies don't run at the same time. While events of AWS announce changes, it reads the fleet at events.resyncInterval of the WorkspaceFleet. Defaults to 10m. Range: 5s to 24h. Example: 1h30m.
     */
    interval?: string;
    /**
     * Selector of the WorkSpaces this policy applies to. Fields are ANDed, and the entries of a list are ORed. Set all to true, or set at least one other field besides exclude. WorkSpaces that are being terminated are never selected.
     */
    workspaceSelector: {
      /**
       * Whether to select every WorkSpace in the fleet. The only valid value is true, and you can combine it only with exclude.
       */
      all?: boolean;
      /**
       * IDs of the WorkSpaces to select.
       *
       * @minItems 1
       * @maxItems 500
       *
       * Items: ID of a WorkSpace, for example, ws-0123456789.
       */
      workspaceIDs?: string[];
      /**
       * IDs of the directories whose WorkSpaces to select.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: ID of a directory, for example, d-0123456789.
       */
      directoryIDs?: string[];
      /**
       * IDs of the bundles whose WorkSpaces to select.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: ID of a bundle, for example, wsb-0123456789.
       */
      bundleIDs?: string[];
      /**
       * Names of the users whose WorkSpaces to select. Matching is case-insensitive.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: User name without its domain. `*` matches any number of characters, and `?` matches exactly one, for example, `svc-*`.
       */
      userNames?: string[];
      /**
       * Selector of AWS tags. All conditions must match. Keys and values are case-sensitive. The operator reads the tags of 100 WorkSpaces per call if it has the IAM permission tag:GetResources, and one WorkSpace per call otherwise.
       */
      tags?: {
        /**
         * Tags with these exact values, for example, Department: Finance.
         */
        matchTags?: {
          /**
           * Value of the tag.
           */
          [k: string]: string;
        };
        /**
         * Conditions on tags, with the same meaning as in a Kubernetes label selector.
         *
         * @minItems 1
         * @maxItems 20
         *
         * Items: Condition on one tag.
         */
        matchExpressions?: {
          /**
           * Key of the tag.
           */
          key: string;
          /**
           * Operator of the condition. In and NotIn compare the value of the tag with values. NotIn also matches if the tag is missing. Exists and DoesNotExist check only the key.
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
      /**
       * Minimum time since a user last connected, in days or hours. WorkSpaces whose connection status AWS doesn't report aren't selected. Range: 1h to 9999d. Example: 60d.
       */
      lastConnectedBefore?: string;
      /**
       * Whether lastConnectedBefore also selects WorkSpaces to which no user ever connected, regardless of their age. Defaults to Exclude.
       */
      neverConnected?: 'Include' | 'Exclude';
      /**
       * WorkSpaces to remove from the selection. A WorkSpace that matches any of the fields isn't selected. Empty fields exclude nothing.
       */
      exclude?: {
        /**
         * IDs of the WorkSpaces to exclude.
         *
         * @maxItems 500
         *
         * Items: ID of a WorkSpace, for example, ws-0123456789.
         */
        workspaceIDs?: string[];
        /**
         * Names of the users whose WorkSpaces to exclude. Matching is case-insensitive.
         *
         * @maxItems 100
         *
         * Items: User name without its domain. `*` matches any number of characters, and `?` matches exactly one, for example, `svc-*`.
         */
        userNames?: string[];
        /**
         * Selector of AWS tags. WorkSpaces that match all conditions are excluded. Without conditions, it excludes nothing.
         */
        tags?: {
          /**
           * Tags with these exact values, for example, Department: Finance.
           */
          matchTags?: {
            /**
             * Value of the tag.
             */
            [k: string]: string;
          };
          /**
           * Conditions on tags, with the same meaning as in a Kubernetes label selector.
           *
           * @maxItems 20
           *
           * Items: Condition on one tag.
           */
          matchExpressions?: {
            /**
             * Key of the tag.
             */
            key: string;
            /**
             * Operator of the condition. In and NotIn compare the value of the tag with values. NotIn also matches if the tag is missing. Exists and DoesNotExist check only the key.
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
    };
    /**
     * Applications that the selected WorkSpaces must, may, and must not have. If the lists of this policy or of several policies contradict each other, the operator leaves the application unchanged and reports the verdict Conflict. Lists can be empty.
     */
    applications: {
      /**
       * Applications that a WorkSpace must have. The operator associates them and installs them with a deployment. A name must match exactly one application that AWS offers. No policy removes them because of unlisted.
       *
       * @maxItems 64
       *
       * Items: Application with this ID, or all applications whose name matches.
       */
      required?: {
        /**
         * ID of the application, for example, wsa-0123456789.
         */
        id?: string;
        /**
         * Name of the application in AWS, case-sensitive. `*` matches any number of characters, and `?` matches exactly one. For example, `Microsoft Visio*` matches every name that starts with Microsoft Visio.
         */
        name?: string;
        /**
         * Owner of the applications that name matches: AMAZON, or the 12 digits of an AWS account ID in quotes. Defaults to any owner.
         */
        owner?: string;
      }[];
      /**
       * Applications that a WorkSpace may have. No policy removes them because of unlisted.
       *
       * @maxItems 64
       *
       * Items: Application with this ID, or all applications whose name matches.
       */
      allowed?: {
        /**
         * ID of the application, for example, wsa-0123456789.
         */
        id?: string;
        /**
         * Name of the application in AWS, case-sensitive. `*` matches any number of characters, and `?` matches exactly one. For example, `Microsoft Visio*` matches every name that starts with Microsoft Visio.
         */
        name?: string;
        /**
         * Owner of the applications that name matches: AMAZON, or the 12 digits of an AWS account ID in quotes. Defaults to any owner.
         */
        owner?: string;
      }[];
      /**
       * Applications that a WorkSpace must not have. The operator disassociates them and removes them from the desktop with a deployment.
       *
       * @maxItems 64
       *
       * Items: Application with this ID, or all applications whose name matches.
       */
      denied?: {
        /**
         * ID of the application, for example, wsa-0123456789.
         */
        id?: string;
        /**
         * Name of the application in AWS, case-sensitive. `*` matches any number of characters, and `?` matches exactly one. For example, `Microsoft Visio*` matches every name that starts with Microsoft Visio.
         */
        name?: string;
        /**
         * Owner of the applications that name matches: AMAZON, or the 12 digits of an AWS account ID in quotes. Defaults to any owner.
         */
        owner?: string;
      }[];
      /**
       * Handling of applications that no list of any policy contains. Keep leaves them unchanged. Disassociate removes them: a WorkSpace keeps only the applications in the required and allowed lists of the policies that select it. Defaults to Keep.
       */
      unlisted?: 'Keep' | 'Disassociate';
    };
    /**
     * Settings that control when and how fast the operator makes changes.
     */
    rollout?: {
      /**
       * Deployment mode. A disassociated application stays on the desktop until the change is deployed. A deployment ends the user's session, and the user can't reconnect until it is complete. Automatic deploys the changes. Manual disassociates and associates only, and leaves the deployment to you. Defaults to Automatic.
       */
      deploy?: 'Automatic' | 'Manual';
      /**
       * Handling of users who are connected or may have open documents. Wait starts changes only after the user has been disconnected for disconnectedFor. Interrupt ends the user's session. With Wait, a user counts as connected if AWS reports no connection status, last checked it more than 30 minutes ago, or can't see it, because the running mode of the WorkSpace is MANUAL. Defaults to Wait.
       */
      userSessions?: 'Wait' | 'Interrupt';
      /**
       * Order of a replacement: the removal of one application and the installation of another on the same WorkSpace. Together associates the new application first and makes both changes in one deployment, so that the user is never without both applications. Sequential removes the old application in a deployment of its own, then installs the new one. Until then, the user has neither of them. Defaults to Together.
       */
      replacements?: 'Together' | 'Sequential';
      /**
       * Time for which the user must have been disconnected before a change, in hours, minutes, and seconds. A deployment can discard documents that the user left open, also on a stopped WorkSpace, which may hibernate. 0s waits only until the user disconnects. Ignored if userSessions is Interrupt, or if deploy is Manual. Defaults to 1h. Range: 0s to 168h. Example: 4h.
       */
      disconnectedFor?: string;
      /**
       * Time before which the operator removes applications. AWS bills licenses by calendar month, so an earlier removal saves nothing, and a later one costs another month. EndOfMonth holds removals until the final days of the month: the last three days in UTC, or longer, so that at least two maintenance windows open before the last 24 hours. Removals that are not made by then wait for the end of the next month. Installations and replacements do not wait. Defaults to none, so that the operator removes applications at once.
       */
      removeBefore?: 'EndOfMonth';
      /**
       * Number of WorkSpaces with failed deployments that halts a rollout until you resume it. A failed deployment interrupts the work of its user. At most this number of deployments is in progress at the same time, and the first WorkSpace of a rollout goes alone until its deployment has succeeded. Accepts a number (5) or a percentage of the WorkSpaces of the rollout ("10%"); percentages are rounded down, with a minimum of 1. 100% turns off this limit, including the first WorkSpace that goes alone. Ignored if deploy is Manual. Defaults to 10%.
       */
      maxFailures?: number | string;
      /**
       * Maximum number of selected WorkSpaces that change at the same time, including WorkSpaces that other policies or users are changing. Accepts a number (5) or a percentage of the selected WorkSpaces ("10%"); percentages are rounded down, with a minimum of 1. Defaults to no limit.
       */
      maxInProgress?: number | string;
      /**
       * Time windows in which the operator starts changes. While no window is open, the operator associates, disassociates, and deploys nothing, except the deployment of changes that the same run started in the window. Defaults to no windows, so that the operator makes changes at any time. An empty list is invalid.
       *
       * @minItems 1
       * @maxItems 14
       *
       * Items: Recurring time window.
       */
      maintenanceWindows?: {
        /**
         * Cron schedule of the times at which the window opens, with the fields minute, hour, day of month, month, and day of week, or a macro. If daylight saving time skips the opening time, the window doesn't open on that day; if it repeats the opening time, the window opens twice. Examples: "0 22 * * 1-5", @daily.
         */
        cron: string;
        /**
         * Time zone of cron, from the IANA database. Defaults to UTC. Example: Europe/Berlin.
         */
        timeZone?: string;
        /**
         * Time for which the window stays open, in hours, minutes, and seconds. Windows that follow each other without a gap count as one, for example, three windows for a weekend. Range: 1m to 24h. Examples: 4h, 90m.
         */
        duration: string;
      }[];
    };
    /**
     * Exceptions from this and all other policies. The operator leaves the application of an exception unchanged on the given WorkSpaces. The exceptions of a suspended policy, and of a policy that audits, don't apply to the changes of other policies. Can be empty.
     *
     * @maxItems 100
     *
     * Items: Exception for one application on some of the selected WorkSpaces.
     */
    exceptions?: {
      /**
       * IDs of the WorkSpaces the exception applies to. An empty list is invalid.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: ID of a WorkSpace, for example, ws-0123456789.
       */
      workspaceIDs: string[];
      /**
       * Application with this ID, or all applications whose name matches.
       */
      application: {
        /**
         * ID of the application, for example, wsa-0123456789.
         */
        id?: string;
        /**
         * Name of the application in AWS, case-sensitive. `*` matches any number of characters, and `?` matches exactly one. For example, `Microsoft Visio*` matches every name that starts with Microsoft Visio.
         */
        name?: string;
        /**
         * Owner of the applications that name matches: AMAZON, or the 12 digits of an AWS account ID in quotes. Defaults to any owner.
         */
        owner?: string;
      };
      /**
       * Human-readable reason, which the status shows.
       */
      reason: string;
      /**
       * Time at which the exception ends. Defaults to never. Example: 2027-03-31T00:00:00Z.
       */
      expiresAt?: string;
    }[];
    /**
     * Settings that control how the operator retries failed changes.
     */
    retry?: {
      /**
       * Maximum number of times the operator repeats a failed deployment, until you edit the policy. Each repetition ends the user's session. Neither this limit nor backoff applies to the one repetition after a replacement whose old version was still installed. Defaults to 2. Range: 0 to 20.
       */
      limit?: number;
      /**
       * Exponential backoff between the attempts.
       */
      backoff?: {
        /**
         * Delay from a failure to the first retry. Defaults to 30s. Range: 5s to 24h. Example: 1m.
         */
        duration?: string;
        /**
         * Factor by which the delay grows after each failure. Defaults to 2. Range: 1 to 10.
         */
        factor?: number;
        /**
         * Maximum delay between two attempts. Must not be shorter than duration. Defaults to 30m. Range: 5s to 24h. Example: 1h.
         */
        maxDuration?: string;
      };
    };
    /**
     * Limits on the changes that the operator makes without manual action.
     */
    safeguards?: {
      /**
       * Maximum number of WorkSpaces from which a plan may remove applications. A plan that exceeds it is rejected as a whole. Accepts a number (25) or a percentage of the selected WorkSpaces ("20%"); percentages are rounded down, with a minimum of 1. Defaults to 20%.
       */
      maxAffectedWorkspaces?: number | string;
      /**
       * Whether the operator may remove applications that AWS no longer offers, for example, Office 2016 and 2019. You can't install these applications again. Defaults to false.
       */
      allowUninstallOnly?: boolean;
      /**
       * Handling of pending changes that no policy requests, or whose policy doesn't deploy them now. A deployment carries out every pending change of its WorkSpace. Hold waits until no such change is pending. Deploy carries out these changes as well, except changes that the operator reverts. Defaults to Hold.
       */
      unmanagedPendingChanges?: 'Hold' | 'Deploy';
    };
  };
  /**
   * Observed state of the selected WorkSpaces and actions of the operator.
   */
  status?: {
    /**
     * Value of metadata.generation that this status describes. It is -1 until the first evaluation.
     */
    observedGeneration?: number;
    /**
     * Value of metadata.uid that lastHandledApproval, lastApprovedPlan, planRevision, plan.id, and rollout describe. If it differs, for example, after a restore from a backup, the operator ignores these fields.
     */
    objectUID?: string;
    /**
     * Fleet that this status describes.
     */
    fleet?: {
      /**
       * Name of the WorkspaceFleet. Absent if the policy uses the operator's own AWS account and region.
       */
      name?: string;
      /**
       * AWS account ID.
       */
      accountID?: string;
      /**
       * AWS region.
       */
      region?: string;
    };
    /**
     * Last value of the annotation wsap.dev/reconcile-requested-at that the operator handled.
     */
    lastHandledReconcileAt?: string;
    /**
     * Last value of the annotation wsap.dev/resume-requested-at that the operator handled, whether or not it resumed a halted rollout. A value resumes a rollout only if the status of this object showed it as halted when the value appeared.
     */
    lastHandledResumeAt?: string;
    /**
     * Last value of the annotation wsap.dev/approved-plan that the operator handled, whether or not it approved a plan. The operator handles a value once. It approved a plan if lastApprovedPlan has the same value.
     */
    lastHandledApproval?: string;
    /**
     * ID of the last approved plan.
     */
    lastApprovedPlan?: string;
    /**
     * Number of plans that the operator proposed for this object. It is part of plan.id, so that no ID comes back.
     */
    planRevision?: number;
    /**
     * Time of the last evaluation. If nothing else changes, the operator updates this field once an hour.
     */
    lastSyncTime?: string;
    /**
     * Scheduled time of the next evaluation. The operator updates it together with lastSyncTime.
     */
    nextSyncTime?: string;
    /**
     * Interval at which the operator reads the fleet, if it exceeds spec.interval. The reads of all policies take at most a quarter of the rate limit of the fleet while nothing changes, so reads that take many calls are less frequent. To shorten it, raise rateLimit.requestsPerMinute of the WorkspaceFleet, or select fewer WorkSpaces. While events of AWS announce changes, it is at least events.resyncInterval of the WorkspaceFleet. Example: 54m.
     */
    effectiveInterval?: string;
    /**
     * Time of the last complete listing of WorkSpaces, on which compliance.selected is based. If a listing takes more calls than reading only the WorkSpaces that have one of the applications, the operator lists once an hour, and reads these WorkSpaces at every evaluation.
     */
    lastListTime?: string;
    /**
     * Time at which the next maintenance window opens.
     */
    nextWindow?: string;
    /**
     * Applications in AWS that the lists of the policy match or that the policy would disassociate, in descending order of their number of associations.
     *
     * @maxItems 64
     *
     * Items: State of one application across all selected WorkSpaces.
     */
    applications?: {
      /**
       * ID of the application.
       */
      applicationID: string;
      /**
       * Name of the application in AWS.
       */
      name?: string;
      /**
       * Verdict of all policies on the application.
       */
      verdict: 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict';
      /**
       * Number of selected WorkSpaces with an association with the application.
       */
      associated: number;
      /**
       * Number of these WorkSpaces from which the application is being removed.
       */
      removing: number;
      /**
       * Number of these WorkSpaces on which the application is being installed.
       */
      installing: number;
    }[];
    /**
     * Associations that the policy evaluates, in the terms of the AWS API. Contains at most 25 entries, the most urgent first. The summary field shows the same entries as a human-readable table.
     *
     * @maxItems 25
     *
     * Items: Association of one application with one WorkSpace.
     */
    associations?: {
      /**
       * ID of the WorkSpace.
       */
      workspaceID: string;
      /**
       * Name of the user the WorkSpace is assigned to.
       */
      userName?: string;
      /**
       * ID of the application.
       */
      associatedResourceID: string;
      /**
       * Type of the associated resource, always APPLICATION.
       */
      associatedResourceType: 'APPLICATION';
      /**
       * Name of the application in AWS.
       */
      applicationName?: string;
      /**
       * Verdict of all policies on the application on this WorkSpace. Ignored if the policy doesn't apply to the association, and the operator only reverts a change that it began.
       */
      verdict: 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict' | 'Ignored';
      /**
       * Next action. None if no change is needed or while AWS carries out a change.
       */
      action: 'None' | 'Disassociate' | 'Associate' | 'Deploy';
      /**
       * State of the association in AWS, for example, PENDING_UNINSTALL_DEPLOYMENT. Absent if there is no association.
       */
      state?: string;
      /**
       * Reason for the state, as reported by AWS.
       */
      stateReason?: {
        /**
         * Error code, for example, DeploymentError.WorkspaceUnreachable.
         */
        errorCode?: string;
        /**
         * Error message.
         */
        errorMessage?: string;
      };
      /**
       * Time at which the association was created.
       */
      created?: string;
      /**
       * Time at which AWS last updated the association.
       */
      lastUpdatedTime?: string;
      /**
       * Reason why the action is on hold, for example, Audit or SafeguardExceeded. Absent if it isn't on hold.
       */
      holdReason?: string;
      /**
       * Whether the change is a part of the plan that requires an approval (plan.unapproved), whatever else it waits for. Absent otherwise.
       */
      unapproved?: boolean;
      /**
       * Names of the removed and the installed applications if the change is a part of a replacement, for example, Microsoft Visio LTSC Professional 2021 with Microsoft Visio LTSC Professional 2024. Absent otherwise.
       */
      replacement?: string;
      /**
       * Human-readable explanation of the hold, the failure, or the verdict.
       */
      message?: string;
      /**
       * Number of retries of the failed deployment, by any policy. The operator stops retrying at spec.retry.limit.
       */
      retries?: number;
    }[];
    /**
     * Number of associations that the associations field doesn't contain.
     */
    associationsOmitted?: number;
    /**
     * Removals of the last 24 hours, the most frequent first. After a restart, the operator uses this list to recognize applications that are reinstalled repeatedly.
     *
     * @maxItems 250
     *
     * Items: Removals of one application from one WorkSpace.
     */
    recentRemovals?: {
      /**
       * ID of the WorkSpace.
       */
      workspaceID: string;
      /**
       * ID of the application.
       */
      applicationID: string;
      /**
       * Times of the last removals, the oldest first.
       *
       * @maxItems 3
       *
       * Items: Time of a removal.
       */
      times: string[];
    }[];
    /**
     * WorkSpaces that AWS restored, the newest first. A restore changes the applications of a WorkSpace and not its associations, so they are unknown: these WorkSpaces don't count as compliant until each of their applications changes, a rebuild, or a confirmation with kubectl wsap confirm. Contains at most 250 entries. After a restart, the operator uses this list.
     *
     * @maxItems 250
     *
     * Items: Restored WorkSpace.
     */
    restoredWorkspaces?: {
      /**
       * ID of the WorkSpace.
       */
      workspaceID: string;
      /**
       * Time of the last listing that showed the restore.
       */
      time: string;
    }[];
    /**
     * Sources of drift: bundles of the selected WorkSpaces that contain applications which the policy removes. A rebuild and a new WorkSpace get the applications of the bundle. Contains at most 10 entries, those with the most WorkSpaces first. The operator reads bundles and images about once an hour and never changes them.
     *
     * @maxItems 10
     *
     * Items: Application in one bundle.
     */
    sources?: {
      /**
       * ID of the bundle.
       */
      bundleID: string;
      /**
       * ID of the image of the bundle. Absent if the bundle belongs to Amazon.
       */
      imageID?: string;
      /**
       * ID of the application.
       */
      applicationID: string;
      /**
       * Name of the application in AWS.
       */
      applicationName?: string;
      /**
       * Number of selected WorkSpaces of the bundle from which the policy removes the application.
       */
      workspaces: number;
      /**
       * Human-readable description of the source.
       */
      message: string;
    }[];
    /**
     * Changes that the operator began for this policy and that are not deployed, the newest first. If no policy requests a change, the operator reverts it. After a restart, the operator uses this list to recognize its own changes.
     *
     * @maxItems 250
     *
     * Items: Change of the association of one application with one WorkSpace.
     */
    started?: {
      /**
       * ID of the WorkSpace.
       */
      workspaceID: string;
      /**
       * ID of the application.
       */
      applicationID: string;
      /**
       * Action that began the change.
       */
      action: 'Associate' | 'Disassociate';
      /**
       * Time of the change.
       */
      time: string;
      /**
       * Whether the operator has repeated the failed deployment of the installation because an old version was installed. Absent if it hasn't.
       */
      repeated?: boolean;
    }[];
    /**
     * Number of selected WorkSpaces by compliance. The compliant, drifted, and unknown WorkSpaces add up to the selected WorkSpaces. The inProgress, held, and failed WorkSpaces are subsets of the drifted WorkSpaces.
     */
    compliance?: {
      /**
       * Number of WorkSpaces that the selector matches.
       */
      selected?: number;
      /**
       * Number of selected WorkSpaces that have every required application and no application that the policy would remove.
       */
      compliant?: number;
      /**
       * Number of selected WorkSpaces that differ from the policy, whether or not the operator may change them.
       */
      drifted?: number;
      /**
       * Number of drifted WorkSpaces on which a change has started and isn't complete.
       */
      inProgress?: number;
      /**
       * Number of drifted WorkSpaces whose next change is on hold.
       */
      held?: number;
      /**
       * Number of drifted WorkSpaces on which AWS rejected or failed a change. They require manual action.
       */
      failed?: number;
      /**
       * Number of selected WorkSpaces that AWS restored and that don't drift, so that it is unknown whether they comply. Absent if there are none.
       */
      unknown?: number;
    };
    /**
     * Conditions of the policy. Ready: the operator evaluated the policy and can act on it. Compliant: every selected WorkSpace matches the policy. ApplicationsResolved: every entry of the lists matches an application in AWS, and every required entry matches exactly one. Reconciling: changes or retries are in progress. Stalled: the policy requires manual action. Reconciling and Stalled exist only while they are True.
     *
     * @maxItems 8
     *
     * Items: Condition of the policy, with the fields of all Kubernetes conditions.
     */
    conditions?: {
      /**
       * Type of the condition: Ready, Reconciling, Stalled, Compliant, or ApplicationsResolved.
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
    /**
     * Last five runs that made changes, the newest first.
     *
     * @maxItems 5
     *
     * Items: Run, or consecutive runs of the same plan.
     */
    history?: {
      /**
       * End of the last of these runs.
       */
      time: string;
      /**
       * ID of the approved plan that the operator carried out, or of the plan if it required no approval. Empty if the operator only reverted changes.
       */
      plan: string;
      /**
       * Number of disassociated applications.
       */
      disassociated: number;
      /**
       * Number of associated applications.
       */
      associated: number;
      /**
       * Number of WorkSpaces on which the operator started a deployment.
       */
      deployed: number;
      /**
       * Number of calls that AWS rejected or failed.
       */
      failed: number;
    }[];
    /**
     * Changes that the policy requests, whether or not they are on hold.
     */
    plan?: {
      /**
       * ID of the plan, for the annotation wsap.dev/approved-plan. It identifies the outcome of the plan for this object: which WorkSpace loses or gains which application. It changes if something is added to the outcome, and an earlier ID never comes back. Protected WorkSpaces aren't part of the outcome. Absent if the plan is empty.
       */
      id?: string;
      /**
       * Hash of the outcome that the ID proposes. The operator uses it to recognize a proposed plan after a restart.
       */
      proposedOutcome?: string;
      /**
       * Hash of the approved changes that remain. The operator uses it to recognize an approved plan after a restart.
       */
      approvedRemainder?: string;
      /**
       * Part of the plan that requires an approval, and that an approval of plan.id covers, whatever else its changes wait for. Absent if no change requires an approval. kubectl wsap approve and notifications show it.
       */
      unapproved?: {
        /**
         * Number of applications to remove, added up over all WorkSpaces.
         */
        remove: number;
        /**
         * Number of applications to install, added up over all WorkSpaces.
         */
        install: number;
        /**
         * Number of replacements, whose parts are included in remove and install. Absent if there are none.
         */
        replace?: number;
        /**
         * Number of WorkSpaces that lose applications.
         */
        affectedWorkspaces: number;
        /**
         * Number of WorkSpaces that may lose applications too, because their associations could not be read. Absent if there are none.
         */
        unreadWorkspaces?: number;
        /**
         * Number of WorkSpaces that spec.safeguards.maxAffectedWorkspaces allows. The plan exceeds the safeguard if affectedWorkspaces and unreadWorkspaces together exceed it.
         */
        allowedWorkspaces: number;
      };
      /**
       * Number of applications to disassociate, added up over all selected WorkSpaces.
       */
      disassociate?: number;
      /**
       * Number of applications to associate, added up over all selected WorkSpaces.
       */
      associate?: number;
      /**
       * Number of WorkSpaces on which to deploy.
       */
      deploy?: number;
      /**
       * Number of replacements: removals of one application and installations of another on the same WorkSpace, which are one change. disassociate, associate, and held count each of their parts; deploy counts them once. Absent if there are none.
       */
      replace?: number;
      /**
       * Number of these WorkSpaces whose user was connected at the last read, so that the deployment ends a session. Absent unless rollout.userSessions is Interrupt.
       */
      sessions?: number;
      /**
       * Number of these WorkSpaces whose user may be connected, because the operator hasn't read the connection yet, or AWS doesn't report it, hasn't checked it recently, or can't see it. Absent unless rollout.userSessions is Interrupt.
       */
      sessionsUnknown?: number;
      /**
       * Number of associations whose next change is on hold. The holdReason of each association shows why.
       */
      held?: number;
    };
    /**
     * Progress of the requested changes, from the first WorkSpace that differs until none does. An edit of the spec starts a new rollout. While a failed deployment counts, the rollout continues with the next difference. Absent if there was nothing to change.
     */
    rollout?: {
      /**
       * Number of WorkSpaces of the rollout. The sum of completed, remaining, and failed.
       */
      workspaces: number;
      /**
       * Number of WorkSpaces whose changes are complete.
       */
      completed: number;
      /**
       * Number of WorkSpaces whose changes are in progress, due, or on hold.
       */
      remaining: number;
      /**
       * Number of WorkSpaces that require manual action.
       */
      failed: number;
      /**
       * Value of spec.rollout.maxFailures for the WorkSpaces of this rollout. Absent if failed deployments don't halt it.
       */
      maxFailures?: number;
      /**
       * Number of WorkSpaces whose last deployment failed since the rollout began or was resumed. It counts toward maxFailures.
       */
      failedDeployments?: number;
      /**
       * First five of the failed deployments.
       *
       * @maxItems 5
       *
       * Items: Failed deployment.
       */
      failures?: {
        /**
         * ID of the WorkSpace.
         */
        workspaceID: string;
        /**
         * Name of the user the WorkSpace is assigned to.
         */
        userName?: string;
        /**
         * Error code, for example, DeploymentError.WorkspaceUnreachable.
         */
        errorCode?: string;
        /**
         * Error message.
         */
        errorMessage?: string;
      }[];
      /**
       * Whether failed deployments halt the rollout: the first one failed, or maxFailures did. Absent if they don't.
       */
      halted?: boolean;
      /**
       * ID of the last WorkSpace that went alone, because no deployment of the rollout had succeeded.
       */
      canary?: string;
      /**
       * Whether the deployment of this WorkSpace succeeded, so that others follow. Absent before.
       */
      canarySucceeded?: boolean;
      /**
       * Time of the newest failed deployment that doesn't count, because it precedes the rollout, or because you resumed it. Absent if there is none.
       */
      failuresAfter?: string;
      /**
       * Time at which the rollout was last resumed. Absent if it was never halted.
       */
      resumeTime?: string;
      /**
       * Time of the first change. Absent before it.
       */
      startTime?: string;
      /**
       * Time at which no WorkSpace remained.
       */
      completionTime?: string;
      /**
       * Time that the remaining changes take at the allowed rate, which is the lower of rateLimit.requestsPerMinute and maxDisassociationsPerHour of the fleet. Fleets of one account and region share their lowest rateLimit.requestsPerMinute. Doesn't include changes of other policies, or waits for windows, users, approvals, and deployments. Changes only with progress.
       */
      estimatedDuration?: string;
      /**
       * Expected end at the allowed rate, or at the pace of the rollout until now if that is slower. Absent before the first change, and while all remaining changes are on hold. A change of this time alone isn't written.
       */
      estimatedCompletionTime?: string;
    };
    /**
     * Human-readable table of the associations, in the same order, and the progress of the rollout. Contains at most 20 lines, including the header.
     *
     * @maxItems 20
     *
     * Items: Line of the table.
     */
    summary?: string[];
  };
}
