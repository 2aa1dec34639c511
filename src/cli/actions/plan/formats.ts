import { formatMinute } from '../../../clock.ts';
import { sanitize } from '../../../sanitize.ts';
import { endedSessions } from '../../../status/endedSessions.ts';
import { alignedLines } from '../../../table.ts';
import { toJson, toYaml } from '../../output/safeOutput.ts';
import { colored, type Style } from '../../output/terminal.ts';
import type { PlanDocument, PlannedChange, PlannedPolicy, PlanSummary } from './document.ts';

/** Output formats of a plan. `isColored`: whether to use the colors of a terminal. */
export const PLAN_FORMATS: Readonly<Record<PlanFormat, (document: PlanDocument, isColored: boolean) => string>> = {
  table: asTable,
  json: (document) => toJson(document),
  yaml: (document) => toYaml(document),
  markdown: asMarkdown,
};
export type PlanFormat = 'table' | 'json' | 'yaml' | 'markdown';

/** Maximum number of sources of drift in a table. */
const MAX_SOURCES = 10;
const SOURCE = 'DriftSource';

const HEADER = ['', 'WORKSPACE', 'USER', 'APPLICATION', 'STATE', 'ACTION', 'REASON'];

function asTable(document: PlanDocument, isColored: boolean): string {
  const paint = (style: Style, text: string) => colored(style, text, isColored);
  const blocks = document.policies.map((policy) => {
    const title = `${paint('bold', nameOf(policy))}  ${subtitleOf(policy)}`;
    const shared = sharedMessages(policy);
    const shown = onePerReplacement(policy.changes);
    const rows = shown.map((change) => cellsOf(change, shared));
    const lines = alignedLines([HEADER, ...rows]).map((line, index) => {
      const change = shown[index - 1];
      return `  ${change === undefined ? paint('dim', line) : paint(styleOf(change), line)}`;
    });
    const notes = notesOf(policy, shared).map(({ style, text }) => paint(style, `  ${text}`));
    return [title, ...(policy.changes.length > 0 ? lines : []), ...notes].join('\n');
  });
  return `${[...blocks, paint('bold', summaryOf(document.summary))].join('\n\n')}\n`;
}

/** Formats a plan for a comment on a pull request. Long tables are folded. */
function asMarkdown(document: PlanDocument): string {
  const blocks = document.policies.map((policy) => {
    const title = `### ${escaped(nameOf(policy))}\n\n${escaped(subtitleOf(policy))}`;
    const shared = sharedMessages(policy);
    const rows = onePerReplacement(policy.changes).map(
      (change) => `| ${cellsOf(change, shared).map(escaped).join(' | ')} |`,
    );
    const table = [`| ${HEADER.join(' | ')} |`, `|${' --- |'.repeat(HEADER.length)}`, ...rows].join('\n');
    const count = `${rows.length} ${rows.length === 1 ? 'association' : 'associations'}`;
    const folded = rows.length > 20 ? `<details><summary>${count}</summary>\n\n${table}\n\n</details>` : table;
    const notes = notesOf(policy, shared)
      .map(({ style, text }) => `\n\n${style === 'red' ? `**${escaped(text)}**` : escaped(text)}`)
      .join('');
    return `${title}${rows.length === 0 ? '' : `\n\n${folded}`}${notes}`;
  });
  return `${[...blocks, `**${summaryOf(document.summary)}**`].join('\n\n')}\n`;
}

/** Returns the summary: `Plan: 3 to disassociate, 0 to associate, 2 to deploy, 1 held.` */
function summaryOf({
  disassociate,
  associate,
  deploy,
  held,
  replace,
  sources,
  failed,
  ...sessions
}: PlanSummary): string {
  const ended = endedSessions(sessions);
  return [
    `Plan: ${disassociate} to disassociate, ${associate} to associate, ${deploy} to deploy, ${held} held.`,
    ...(replace === 0 ? [] : [`${replace} ${replace === 1 ? 'replacement' : 'replacements'}.`]),
    ...(ended === undefined ? [] : [`${ended}.`]),
    ...(sources === 0 ? [] : [`${sources} ${sources === 1 ? 'source' : 'sources'} of drift.`]),
    ...(failed === 0 ? [] : [`${failed} ${failed === 1 ? 'policy' : 'policies'} cannot be planned.`]),
  ].join(' ');
}

/** Returns changes with one entry for each replacement: its first installation, at the position of its first part. */
function onePerReplacement(changes: readonly PlannedChange[]): PlannedChange[] {
  const keyOf = ({ workspaceID, replacement }: PlannedChange) =>
    replacement === undefined ? undefined : `${workspaceID} ${replacement}`;
  const parts = Map.groupBy(changes, keyOf);
  return changes.flatMap((change) => {
    const key = keyOf(change);
    const [first, ...others] = key === undefined ? [change] : (parts.get(key) ?? []);
    const shown = [first, ...others].find((one) => one?.desired === 'Present') ?? change;
    return change === first ? [shown] : [];
  });
}

function nameOf({ namespace, name }: PlannedPolicy): string {
  return sanitize(`${namespace}/${name}`);
}

function subtitleOf({ enforcement, selected, compliant, unknown, planID, changes }: PlannedPolicy): string {
  const counts =
    selected === undefined
      ? []
      : [`${compliant} of ${selected} WorkSpaces comply${unknown === undefined ? '' : `, ${unknown} unknown`}`];
  const id = planID === undefined || changes.length === 0 ? [] : [`plan ${planID}`];
  return [enforcement, ...counts, ...id].join(', ');
}

/** Returns the messages, by reason, that every change on hold for the reason has in common. They appear once, below the table. */
function sharedMessages({ changes }: PlannedPolicy): ReadonlyMap<string, string> {
  const byReason = Map.groupBy(changes, ({ holdReason }) => holdReason);
  return new Map(
    [...byReason].flatMap(([reason, [first, ...others]]) => {
      const message = first && messageOf(first);
      const isShared = message !== undefined && others.every((one) => messageOf(one) === message);
      return reason !== undefined && isShared ? [[reason, message] as const] : [];
    }),
  );
}

/**
 * Returns what the table can't show: the blocker, the messages of holds, list entries without a match, and the duration. Each appears
 * once.
 */
function notesOf(
  {
    blocker,
    holds,
    unmatched,
    undecided = [],
    sources = [],
    unknownSources,
    lateRemovals,
    estimatedDuration,
  }: PlannedPolicy,
  shared: ReadonlyMap<string, string>,
): { readonly style: 'red' | 'yellow' | 'dim'; readonly text: string }[] {
  const planWide = holds.flatMap((hold) => {
    const message = messageOf(hold);
    return message === undefined ? [] : [[hold.reason, message] as const];
  });
  const notes = [
    ...planWide,
    ...shared,
    ...undecided.map((message) => ['Undecided', message] as const),
    ...(lateRemovals === undefined ? [] : [['LicensePaid', lateRemovals] as const]),
    ...(unmatched === undefined ? [] : [['ApplicationNotFound', unmatched] as const]),
    ...sources.slice(0, MAX_SOURCES).map(({ message }) => [SOURCE, message] as const),
    ...(sources.length > MAX_SOURCES
      ? [[SOURCE, `${sources.length - MAX_SOURCES} more; use -o json to list all`] as const]
      : []),
    ...(unknownSources === undefined ? [] : [[SOURCE, unknownSources] as const]),
  ];
  const text = (reason: string, message: string) => sanitize(`${reason}: ${message}`, 1024);
  return [
    ...(blocker === undefined ? [] : [{ style: 'red' as const, text: text(blocker.reason, blocker.message) }]),
    ...notes
      .filter(([reason]) => reason !== blocker?.reason)
      .map(([reason, message]) => ({ style: 'yellow' as const, text: text(reason, message) })),
    // Shorter durations don't help to decide.
    ...(estimatedDuration === undefined || /^\d+s$/.test(estimatedDuration)
      ? []
      : [{ style: 'dim' as const, text: `Duration: about ${estimatedDuration} at the allowed rate, without waits.` }]),
  ];
}

function cellsOf(change: PlannedChange, shared: ReadonlyMap<string, string>): string[] {
  const { workspaceID, userName, applicationID, applicationName, state, action, holdReason, replacement } = change;
  const shown = actionOf(change);
  return [
    signOf(change),
    sanitize(workspaceID, 66),
    sanitize(userName ?? '-', 32),
    sanitize(replacement === undefined ? (applicationName ?? applicationID) : `replaces ${replacement}`, 120),
    sanitize(state ?? '-', 32),
    holdReason === undefined ? shown : `${action === 'None' ? '' : `${shown}: `}${holdReason}`,
    whyOf(change, shared),
  ];
}

function actionOf({ action, unrequested, replacement }: PlannedChange): string {
  if (replacement !== undefined && action !== 'None') {
    return 'replace';
  }
  if (unrequested === 'Started') {
    return `${action.toLowerCase()} (revert)`;
  }
  return action === 'None'
    ? unrequested === undefined
      ? 'wait for AWS'
      : 'deploy or revert it'
    : action.toLowerCase();
}

function whyOf(change: PlannedChange, shared: ReadonlyMap<string, string>): string {
  const own = change.holdReason !== undefined && shared.has(change.holdReason) ? undefined : messageOf(change);
  return sanitize(own === undefined ? change.because : `${change.because}; ${own}`, 400);
}

function messageOf({ message, until }: Pick<PlannedChange, 'message' | 'until'>): string | undefined {
  const end = until === undefined ? '' : formatMinute(new Date(until));
  return message === undefined || end === '' || message.includes(end) ? message : `${message}, until ${end}`;
}

/** Returns the symbol of a change, which `wsap plan --help` explains. */
function signOf({ desired, action, holdReason, replacement }: PlannedChange): string {
  if (holdReason !== undefined) {
    return '!';
  }
  if (replacement !== undefined && action !== 'None') {
    return '-/+';
  }
  return action === 'None' ? '~' : desired === 'Present' ? '+' : '-';
}

function styleOf(change: PlannedChange): Style {
  return ({ '!': 'yellow', '~': 'dim', '+': 'green', '-': 'red', '-/+': 'yellow' } as const)[signOf(change)] ?? 'reset';
}

/** Escapes text so that it contains no Markdown, HTML, link, or mention. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('://', '&#58;//')
    .replace(/[\\`*_[\]#|>@]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
