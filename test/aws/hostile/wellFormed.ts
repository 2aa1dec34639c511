/** Used members of an entry, which must match the API model. */
interface Used {
  readonly list: string;
  readonly id: string;
  readonly texts: readonly string[];
  readonly times?: readonly string[];
}

const ASSOCIATIONS: Used = {
  list: 'Associations',
  id: 'AssociatedResourceId',
  texts: ['AssociatedResourceType', 'State'],
  times: ['Created', 'LastUpdatedTime'],
};
const USED: Readonly<Record<string, Used>> = {
  DescribeWorkspaces: {
    list: 'Workspaces',
    id: 'WorkspaceId',
    texts: ['DirectoryId', 'UserName', 'BundleId', 'State'],
  },
  DescribeWorkspacesConnectionStatus: {
    list: 'WorkspacesConnectionStatus',
    id: 'WorkspaceId',
    texts: ['ConnectionState'],
    times: ['LastKnownUserConnectionTimestamp'],
  },
  DescribeApplications: { list: 'Applications', id: 'ApplicationId', texts: ['Name', 'Owner', 'State'] },
  DescribeApplicationAssociations: ASSOCIATIONS,
  DescribeWorkspaceAssociations: ASSOCIATIONS,
};

type Item = Readonly<Record<string, unknown>>;
const isAbsent = (value: unknown) => value === undefined || value === null;
const isObject = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether responses of an operation are checked here. */
export function isJudged(operation: string): boolean {
  return operation in USED;
}

/** Returns the entries in the response of a read, or undefined if the response must be rejected. */
export function entriesOf(operation: string, body: string): readonly Item[] | undefined {
  const used = USED[operation];
  const answer = parsed(body);
  if (used === undefined || answer === undefined) {
    return undefined;
  }
  if (!isObject(answer)) {
    // The SDK doesn't distinguish it from a response without members.
    return [];
  }
  const { [used.list]: list, NextToken } = answer;
  const isTokenWhole = isAbsent(NextToken) || typeof NextToken === 'string';
  const isListWhole = isAbsent(list) || (Array.isArray(list) && list.every((entry) => isWhole(used, entry)));
  return isTokenWhole && isListWhole ? ((list ?? []) as readonly Item[]) : undefined;
}

function isWhole({ id, texts, times = [] }: Used, entry: unknown): boolean {
  if (!isObject(entry)) {
    return false;
  }
  const areTexts = texts.every((name) => {
    const value = entry[name];
    return isAbsent(value) || (typeof value === 'string' && value.length <= 1024);
  });
  const areTimes = times.every((name) => {
    const value = entry[name];
    // The SDK handles numbers in place of strings.
    return isAbsent(value) || typeof value === 'string' || (typeof value === 'number' && Math.abs(value) < 8.64e12);
  });
  // The adapter ignores associations with other resources.
  const { AssociatedResourceType: type = 'APPLICATION' } = entry;
  const isOther = areTexts && type !== 'APPLICATION' && type !== 'WORKSPACE' && type !== null;
  const { [id]: value } = entry;
  return isOther || (areTexts && areTimes && typeof value === 'string' && /^[\w-]{1,66}$/.test(value));
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    return undefined;
  }
}
