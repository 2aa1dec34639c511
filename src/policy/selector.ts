import { compileGlobs } from './globList.ts';
import { invalidField } from './invalidField.ts';
import { type LabelSelector, toLabelSelector } from './labelSelector.ts';
import type { WorkspaceSelector } from './policy.ts';
import type { WorkspaceApplicationPolicy } from './resource.gen.ts';

type Selector = WorkspaceApplicationPolicy['spec']['workspaceSelector'];
type Tags = NonNullable<Selector['tags']>;

/** Fields that narrow the selection. A selector needs at least one of them, or `all`. */
const FIELDS = ['workspaceIDs', 'directoryIDs', 'bundleIDs', 'userNames', 'tags', 'lastConnectedBefore'] as const;
const FIELD = 'spec.workspaceSelector';

/** @throws InvalidResourceError */
export function toSelector(selector: Selector): WorkspaceSelector {
  const isSet = FIELDS.some((field) => selector[field] !== undefined);
  if (!selector.all && !isSet) {
    invalidField(FIELD, `must set all: true, or at least one of ${FIELDS.join(', ')}`);
  }
  if (selector.all && isSet) {
    invalidField(`${FIELD}.all`, 'selects every WorkSpace; remove all, or remove every other field except exclude');
  }
  if (selector.neverConnected !== undefined && selector.lastConnectedBefore === undefined) {
    invalidField(`${FIELD}.neverConnected`, 'requires lastConnectedBefore; set it, or remove neverConnected');
  }
  const { exclude } = selector;
  return {
    all: selector.all ?? false,
    workspaceIDs: selector.workspaceIDs && new Set(selector.workspaceIDs),
    directoryIDs: selector.directoryIDs && new Set(selector.directoryIDs),
    bundleIDs: selector.bundleIDs && new Set(selector.bundleIDs),
    userNames: selector.userNames && compileGlobs(selector.userNames.map(comparableUserName)),
    tags: selector.tags && toTags(selector.tags, `${FIELD}.tags`),
    lastConnectedBefore: selector.lastConnectedBefore === undefined ? undefined : toAge(selector.lastConnectedBefore),
    neverConnected: selector.neverConnected === 'Include',
    exclude: {
      workspaceIDs: new Set(exclude?.workspaceIDs),
      userNames: compileGlobs((exclude?.userNames ?? []).map(comparableUserName)),
      tags: exclude?.tags && toExcludedTags(exclude.tags, `${FIELD}.exclude.tags`),
    },
  };
}

/** Returns a user name, or a pattern, in lower case and in Unicode's composed form, because an editor can save `ü` as two characters. */
export function comparableUserName(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };

function toAge(text: string): number {
  const [, count, unit = ''] = /^([1-9][0-9]{0,3})([dh])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  return Number.isNaN(ms)
    ? invalidField(`${FIELD}.lastConnectedBefore`, 'must be a number of days or hours, for example, 60d or 12h')
    : ms;
}

/** Rejects an empty selector, because it would match every WorkSpace. */
function toTags({ matchTags, matchExpressions }: Tags, field: string): LabelSelector {
  if (matchTags === undefined && matchExpressions === undefined) {
    invalidField(field, 'must contain at least one tag in matchTags or matchExpressions');
  }
  return toLabelSelector(matchTags, matchExpressions, field);
}

type ExcludedTags = NonNullable<NonNullable<Selector['exclude']>['tags']>;

/** Reads a selector of tags to exclude; undefined without conditions, because a selector without conditions matches every WorkSpace. */
function toExcludedTags({ matchTags, matchExpressions }: ExcludedTags, field: string): LabelSelector | undefined {
  const selector = toLabelSelector(matchTags, matchExpressions, field);
  return selector.matchLabels.size + selector.matchExpressions.length === 0 ? undefined : selector;
}
