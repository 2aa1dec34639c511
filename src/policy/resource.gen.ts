/* Generated from crds/workspaceapplicationpolicies.yaml by npm run generate. Don't edit. */
import type {ManifestMetadata} from './objectMeta.ts';

/**
 * WorkspaceApplicationPolicy says which applications the Amazon WorkSpaces that it selects must, may and must not have. The operator associates what is required, disassociates what must go, deploys these changes, and reports in the status what it sees and does.
 */
export interface WorkspaceApplicationPolicy {
  /**
   * The API version of the manifest: wsap.dev/v1alpha1.
   */
  apiVersion?: string;
  /**
   * The kind of the manifest: WorkspaceApplicationPolicy.
   */
  kind?: string;
  metadata?: ManifestMetadata;
  /**
   * What the policy asks for.
   */
  spec: {
    /**
     * The WorkspaceFleet whose WorkSpaces the policy is about. Left out: the one called default, or, if there is none, the AWS account and region of the operator's own settings.
     */
    fleetRef?: {
      /**
       * The fleet's name.
       */
      name: string;
    };
    /**
     * Audit, the default, reports what the policy would do and changes nothing. Approve does it once a person has set the annotation wsap.dev/approved-plan to the id in status.plan.id. Enforce does it by itself.
     */
    enforcement?: 'Audit' | 'Approve' | 'Enforce';
    /**
     * While true, the policy changes nothing and has no say in what other policies do. Its status is still kept up to date.
     */
    suspend?: boolean;
    /**
     * Of policies that list the same application for the same WorkSpace, the one with the highest priority decides; 0 if it is left out. Policies of equal priority that contradict each other leave the application alone.
     */
    priority?: number;
    /**
     * How often the policy looks for drift, in hours, minutes and seconds: as 10m, the default, or 1h30m; from 5s to 24h. Up to a tenth is added at random, so that policies don't all run at once.
     */
    interval?: string;
    /**
     * Which WorkSpaces the policy is about: all, or those that match every field that is set. One matching entry of a list is enough. WorkSpaces that are being terminated are never selected.
     */
    workspaceSelector: {
      /**
       * true selects every WorkSpace of the AWS account and region. It can't be false, nor stand beside another field of the selector.
       */
      all?: boolean;
      /**
       * Selects the WorkSpaces with these ids.
       *
       * @minItems 1
       * @maxItems 500
       *
       * Items: A WorkSpace's id, as ws-0123456789.
       */
      workspaceIDs?: string[];
      /**
       * Selects the WorkSpaces of these directories.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: A directory's id, as d-0123456789.
       */
      directoryIDs?: string[];
      /**
       * Selects the WorkSpaces that were made from these bundles.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: A bundle's id, as wsb-0123456789.
       */
      bundleIDs?: string[];
      /**
       * Selects the WorkSpaces of these users, without regard to case, as Active Directory does.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: A user name without its domain. `*` stands for any characters, also none, `?` for exactly one.
       */
      userNames?: string[];
      /**
       * The AWS tags of the WorkSpaces, all of which have to be as it says, in upper and lower case too. They are listed for a hundred WorkSpaces at a time if the operator may do so (IAM action tag:GetResources), or else read one by one.
       */
      tags?: {
        /**
         * Tags with these values, as Department: Finance.
         */
        matchTags?: {
          /**
           * The tag's value.
           */
          [k: string]: string;
        };
        /**
         * What else is demanded of tags, as in a label selector of Kubernetes.
         *
         * @minItems 1
         * @maxItems 20
         *
         * Items: One demand.
         */
        matchExpressions?: {
          /**
           * The tag's key.
           */
          key: string;
          /**
           * In and NotIn compare the tag's value with values; NotIn also matches where the tag is missing. Exists and DoesNotExist look at nothing but the key.
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
      /**
       * Selects the WorkSpaces to which nobody has connected for so long, in days or hours, as 60d. One of which AWS says nothing isn't selected.
       */
      lastConnectedBefore?: string;
      /**
       * Whether lastConnectedBefore also selects WorkSpaces to which nobody ever connected, however new they are. Exclude if it is left out.
       */
      neverConnected?: 'Include' | 'Exclude';
      /**
       * WorkSpaces that are not selected, whatever the other fields say.
       */
      exclude?: {
        /**
         * The WorkSpaces with these ids.
         *
         * @minItems 1
         * @maxItems 500
         *
         * Items: The id of a WorkSpace, as ws-0123456789.
         */
        workspaceIDs?: string[];
        /**
         * The WorkSpaces of these users, without regard to case.
         *
         * @minItems 1
         * @maxItems 100
         *
         * Items: A user name without its domain. `*` stands for any characters, also none, `?` for exactly one.
         */
        userNames?: string[];
        /**
         * The AWS tags of the WorkSpaces, all of which have to be as it says, in upper and lower case too. They are listed for a hundred WorkSpaces at a time if the operator may do so (IAM action tag:GetResources), or else read one by one.
         */
        tags?: {
          /**
           * Tags with these values, as Department: Finance.
           */
          matchTags?: {
            /**
             * The tag's value.
             */
            [k: string]: string;
          };
          /**
           * What else is demanded of tags, as in a label selector of Kubernetes.
           *
           * @minItems 1
           * @maxItems 20
           *
           * Items: One demand.
           */
          matchExpressions?: {
            /**
             * The tag's key.
             */
            key: string;
            /**
             * In and NotIn compare the tag's value with values; NotIn also matches where the tag is missing. Exists and DoesNotExist look at nothing but the key.
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
    };
    /**
     * Which applications the selected WorkSpaces must, may and must not have. Where lists contradict each other about an application, in this policy or between policies, it is left alone and reported as Conflict.
     */
    applications: {
      /**
       * Applications that a WorkSpace must have. They are associated, and deploying that change installs them. A name must match exactly one application that AWS offers. Nothing removes them as unlisted.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One application by its id, or every application whose name matches.
       */
      required?: {
        /**
         * The application's id, as wsa-0123456789.
         */
        id?: string;
        /**
         * The application's name in AWS, in the same upper and lower case. `*` stands for any characters or none, `?` for exactly one: Microsoft Visio* matches every application whose name begins with Microsoft Visio.
         */
        name?: string;
        /**
         * Narrows name down to the applications of one owner: AMAZON, or the 12 digits of an AWS account, in quotes.
         */
        owner?: string;
      }[];
      /**
       * Applications that a WorkSpace may have. Neither this policy nor another one removes them as unlisted.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One application by its id, or every application whose name matches.
       */
      allowed?: {
        /**
         * The application's id, as wsa-0123456789.
         */
        id?: string;
        /**
         * The application's name in AWS, in the same upper and lower case. `*` stands for any characters or none, `?` for exactly one: Microsoft Visio* matches every application whose name begins with Microsoft Visio.
         */
        name?: string;
        /**
         * Narrows name down to the applications of one owner: AMAZON, or the 12 digits of an AWS account, in quotes.
         */
        owner?: string;
      }[];
      /**
       * Applications that a WorkSpace must not have. They are disassociated, and deploying that change takes them off the desktop.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One application by its id, or every application whose name matches.
       */
      denied?: {
        /**
         * The application's id, as wsa-0123456789.
         */
        id?: string;
        /**
         * The application's name in AWS, in the same upper and lower case. `*` stands for any characters or none, `?` for exactly one: Microsoft Visio* matches every application whose name begins with Microsoft Visio.
         */
        name?: string;
        /**
         * Narrows name down to the applications of one owner: AMAZON, or the 12 digits of an AWS account, in quotes.
         */
        owner?: string;
      }[];
      /**
       * What happens to an application that no list of any policy names. Keep, the default, leaves it alone. Disassociate removes it: a WorkSpace keeps what the allowed lists of its policies, taken together, name.
       */
      unlisted?: 'Keep' | 'Disassociate';
    };
    /**
     * How the changes are carried out.
     */
    rollout?: {
      /**
       * A disassociated application stays on the desktop until that change is deployed, which ends the user's session and locks them out until it is done. Automatic, the default, deploys it. Manual stops after disassociating and leaves the deployment to a person.
       */
      deploy?: 'Automatic' | 'Manual';
      /**
       * What happens where somebody is connected. Wait, the default, deploys only once they have disconnected. Interrupt ends their session.
       */
      userSessions?: 'Wait' | 'Interrupt';
      /**
       * How many of the selected WorkSpaces may change at once: a count, as 5, or a share, as 10%, which is rounded down, but is at least 1. WorkSpaces that others are changing count, too. Any number if it is left out.
       */
      maxInProgress?: number | string;
      /**
       * When changes may be made; while none of them is open, nothing is disassociated or deployed. Without any, changes are made at any time.
       *
       * @minItems 1
       * @maxItems 14
       *
       * Items: A time that comes again and again.
       */
      maintenanceWindows?: {
        /**
         * When the window opens: minute, hour, day of month, month and day of week, as "0 22 * * 1-5", or a name, as @daily. A time that daylight saving skips opens no window on that day; one that it repeats opens it twice.
         */
        cron: string;
        /**
         * The time zone of cron, as Europe/Berlin. UTC if it is left out.
         */
        timeZone?: string;
        /**
         * How long the window stays open, as 4h or 90m; from 1m to 24h.
         */
        duration: string;
      }[];
    };
    /**
     * Applications that are left alone on some of the selected WorkSpaces, whatever this or any other policy says about them.
     *
     * @minItems 1
     * @maxItems 100
     *
     * Items: One exception.
     */
    exceptions?: {
      /**
       * The WorkSpaces that it is for, by id.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: The id of a WorkSpace, as ws-0123456789.
       */
      workspaceIDs: string[];
      /**
       * One application by its id, or every application whose name matches.
       */
      application: {
        /**
         * The application's id, as wsa-0123456789.
         */
        id?: string;
        /**
         * The application's name in AWS, in the same upper and lower case. `*` stands for any characters or none, `?` for exactly one: Microsoft Visio* matches every application whose name begins with Microsoft Visio.
         */
        name?: string;
        /**
         * Narrows name down to the applications of one owner: AMAZON, or the 12 digits of an AWS account, in quotes.
         */
        owner?: string;
      };
      /**
       * Why, for the people who read the status.
       */
      reason: string;
      /**
       * When it ends, as 2027-03-31T00:00:00Z. It doesn't end if that is left out.
       */
      expiresAt?: string;
    }[];
    /**
     * When a change that failed is tried again.
     */
    retry?: {
      /**
       * How often a deployment that failed is repeated, until the policy is edited; 5 if it is left out. Each repetition ends the user's session.
       */
      limit?: number;
      /**
       * How long to wait before the next try.
       */
      backoff?: {
        /**
         * The first wait, as 30s, the default.
         */
        duration?: string;
        /**
         * By what each wait is longer than the one before; 2 if it is left out.
         */
        factor?: number;
        /**
         * The longest wait, as 30m, the default.
         */
        maxDuration?: string;
      };
    };
    /**
     * Limits beyond which the policy changes nothing until a person has looked.
     */
    safeguards?: {
      /**
       * From how many WorkSpaces at most the policy may take something; a plan that affects more is refused whole. A count, as 25, or a share of the selected WorkSpaces, as 20%, the default. A share is rounded down, but is at least 1.
       */
      maxAffectedWorkspaces?: number | string;
      /**
       * Whether applications may be removed that AWS no longer offers, as Office 2016 and 2019: they can't be installed again. False, the default, leaves them alone.
       */
      allowUninstallOnly?: boolean;
      /**
       * A deployment carries out every pending change of its WorkSpace. Hold, the default, waits while one is pending that no policy asked for. Deploy carries it out as well.
       */
      unmanagedPendingChanges?: 'Hold' | 'Deploy';
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
     * The fleet that this status tells of.
     */
    fleet?: {
      /**
       * Of the WorkspaceFleet. Absent where the operator's own AWS settings are used.
       */
      name?: string;
      /**
       * The AWS account.
       */
      accountID?: string;
      /**
       * The AWS region.
       */
      region?: string;
    };
    /**
     * The last value of the annotation wsap.dev/reconcile-requested-at that was handled.
     */
    lastHandledReconcileAt?: string;
    /**
     * The id of the plan that a person approved last.
     */
    lastApprovedPlan?: string;
    /**
     * When the policy was last evaluated. Written at most once an hour if nothing else changed.
     */
    lastSyncTime?: string;
    /**
     * When it was then due to be evaluated again.
     */
    nextSyncTime?: string;
    /**
     * When all WorkSpaces were last listed, which compliance.selected rests on: lately, or up to an hour before lastSyncTime if those with one of the applications could be read in fewer calls. These are read each time.
     */
    lastListTime?: string;
    /**
     * When the next maintenance window opens.
     */
    nextWindow?: string;
    /**
     * The applications that the policy's lists name in AWS, or that it would disassociate, the most associated first.
     *
     * @maxItems 64
     *
     * Items: One application, over all selected WorkSpaces.
     */
    applications?: {
      /**
       * The application's id.
       */
      applicationID: string;
      /**
       * The application's name, as AWS reports it.
       */
      name?: string;
      /**
       * What the policies say about it.
       */
      verdict: 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict';
      /**
       * On how many of the selected WorkSpaces it is or is about to be.
       */
      associated: number;
      /**
       * From how many of these it is being removed.
       */
      removing: number;
      /**
       * On how many of these it is being installed.
       */
      installing: number;
    }[];
    /**
     * The associations that the policy is about, at most 25, the most urgent first, in AWS's own terms. For machines; the table in workspaces is for people.
     *
     * @maxItems 25
     *
     * Items: One application on one WorkSpace.
     */
    associations?: {
      /**
       * The WorkSpace's id.
       */
      workspaceID: string;
      /**
       * The user the WorkSpace is assigned to.
       */
      userName?: string;
      /**
       * The application's id.
       */
      associatedResourceID: string;
      /**
       * What is associated with the WorkSpace: always APPLICATION.
       */
      associatedResourceType: 'APPLICATION';
      /**
       * The application's name, as AWS reports it.
       */
      applicationName?: string;
      /**
       * What the policies say about it.
       */
      verdict: 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict';
      /**
       * What is to be done next. None where nothing is, or while AWS carries out what was begun.
       */
      action: 'None' | 'Disassociate' | 'Associate' | 'Deploy';
      /**
       * The association's state in AWS, as PENDING_UNINSTALL_DEPLOYMENT. Absent where there is no association.
       */
      state?: string;
      /**
       * Why it is in that state, in AWS's words.
       */
      stateReason?: {
        /**
         * AWS's code, as DeploymentError.WorkspaceUnreachable.
         */
        errorCode?: string;
        /**
         * AWS's explanation.
         */
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
       * Why the action isn't taken now, in one word, as Audit or SafeguardExceeded.
       */
      holdReason?: string;
      /**
       * In a sentence, what holds the action back, what went wrong, or what the verdict rests on.
       */
      message?: string;
      /**
       * How often its failed deployment was repeated, by any policy; after spec.retry.limit it isn't any more.
       */
      retries?: number;
    }[];
    /**
     * How many associations there are beyond those listed.
     */
    associationsOmitted?: number;
    /**
     * When which application was taken from which WorkSpace in the last 24 hours, those first that were taken most often. By this the operator knows, also after a restart, what comes back again and again.
     *
     * @maxItems 250
     *
     * Items: The WorkSpace, the application, and the times.
     */
    recentRemovals?: string[];
    /**
     * The selected WorkSpaces, each counted once, by what is most urgent about it. The other numbers add up to selected.
     */
    compliance?: {
      /**
       * How many WorkSpaces the selector matches.
       */
      selected?: number;
      /**
       * How many have all that the policy requires, and nothing that it would take away.
       */
      compliant?: number;
      /**
       * How many have something to take away or to install, where nothing but Audit stands in the way.
       */
      drifted?: number;
      /**
       * On how many the change was begun and isn't through yet.
       */
      inProgress?: number;
      /**
       * On how many there is something to do, and a reason why it isn't done now.
       */
      held?: number;
      /**
       * On how many AWS refused or failed the change, so that a person has to look.
       */
      failed?: number;
    };
    /**
     * Ready: the policy was evaluated and can act. Reconciling: work is going on. Stalled: a person has to do something. Compliant: every selected WorkSpace has what the policy asks for. ApplicationsResolved: every entry of the lists names an application that AWS knows, and each required one exactly one.
     *
     * @maxItems 8
     *
     * Items: One aspect of the policy's state, as in other Kubernetes resources.
     */
    conditions?: {
      /**
       * Ready, Reconciling, Stalled, Compliant or ApplicationsResolved.
       */
      type: string;
      /**
       * Whether it holds.
       */
      status: 'True' | 'False' | 'Unknown';
      /**
       * The metadata.generation that the condition describes.
       */
      observedGeneration?: number;
      /**
       * When status last changed.
       */
      lastTransitionTime: string;
      /**
       * Why, in one word for machines.
       */
      reason: string;
      /**
       * Why, and what to do about it, in a sentence for people.
       */
      message: string;
    }[];
    /**
     * The last five runs that changed something, the newest first.
     *
     * @maxItems 5
     *
     * Items: One run, or several in a row that followed the same plan.
     */
    history?: {
      /**
       * When the last of them ended.
       */
      time: string;
      /**
       * The id of the plan that was followed.
       */
      plan: string;
      /**
       * How many applications were disassociated.
       */
      disassociated: number;
      /**
       * How many applications were associated.
       */
      associated: number;
      /**
       * On how many WorkSpaces a deployment was started.
       */
      deployed: number;
      /**
       * How many calls AWS refused or failed.
       */
      failed: number;
    }[];
    /**
     * What is to be done now.
     */
    plan?: {
      /**
       * Names this outcome, which WorkSpace loses or gains which application, for wsap.dev/approved-plan. It stays while nothing is added to the outcome, and is absent when there is none.
       */
      id?: string;
      /**
       * What is left of an approved plan, hashed, by which the operator knows it again after a restart.
       */
      approvedRemainder?: string;
      /**
       * How many applications are to be disassociated.
       */
      disassociate?: number;
      /**
       * How many applications are to be associated.
       */
      associate?: number;
      /**
       * On how many WorkSpaces to deploy.
       */
      deploy?: number;
      /**
       * How many associations stay as they are for now, each for the reason in its holdReason.
       */
      held?: number;
    };
    /**
     * The associations as a table for people, at most 20 lines with the header, in the same order.
     *
     * @maxItems 20
     *
     * Items: One line of the table.
     */
    workspaces?: string[];
  };
}
