import { styleText } from 'node:util';
import { sanitize } from '../../../sanitize.ts';
import { toJson, toYaml } from '../../output/safeOutput.ts';
import type { PlanDocument } from './document.ts';
import type { PlanFormat } from './formats.ts';

/** One outcome of one of two versions of policies. */
export interface Difference {
  readonly sign: '+' | '-';
  readonly policy: string;
  readonly workspaceID: string;
  readonly userName?: string;
  readonly application: string;
  /** What becomes of it in that version. */
  readonly outcome: 'loses' | 'gains';
}

/** What another version of policies comes to: `+` is new, `-` isn't any more. What is held counts as well, as it is only a matter of time. */
export function differencesBetween(before: PlanDocument, after: PlanDocument): Difference[] {
  const [old, current] = [outcomesIn(before), outcomesIn(after)];
  const only = (these: typeof old, others: typeof old, sign: Difference['sign']) =>
    [...these].filter(([key]) => !others.has(key)).map(([key, outcome]) => ({ key, difference: { sign, ...outcome } }));
  return [...only(old, current, '-'), ...only(current, old, '+')]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ difference }) => difference);
}

type Show = (differences: readonly Difference[], isColoured: boolean) => string;

/** How the differences can be shown. */
export const DIFFERENCE_FORMATS: Readonly<Record<PlanFormat, Show>> = {
  table: (differences, isColoured) => {
    const lines = differences.map((one) =>
      isColoured ? styleText(STYLES[one.sign], lineOf(one), { validateStream: false }) : lineOf(one),
    );
    return `${[...lines, summaryOf(differences)].join('\n')}\n`;
  },
  json: (differences) => toJson(differences),
  yaml: (differences) => toYaml(differences),
  // Each line begins with a sign, so none can end the block.
  markdown: (differences) =>
    differences.length === 0
      ? `**${summaryOf(differences)}**\n`
      : `\`\`\`diff\n${differences.map((one) => `${lineOf(one)}\n`).join('')}\`\`\`\n\n**${summaryOf(differences)}**\n`,
};

const STYLES = { '+': 'green', '-': 'red' } as const;

function lineOf({ sign, policy, workspaceID, userName, application, outcome }: Difference): string {
  const who = userName === undefined ? workspaceID : `${workspaceID} (${userName})`;
  return sanitize(`${sign} ${policy}: ${who} ${outcome} ${application}`, 400);
}

function summaryOf(differences: readonly Difference[]): string {
  const count = (sign: string) => differences.filter((one) => one.sign === sign).length;
  return `${count('+')} more, ${count('-')} less.`;
}

function outcomesIn({ policies }: PlanDocument): Map<string, Omit<Difference, 'sign'>> {
  const outcomes = policies.flatMap(({ namespace, name, changes }) =>
    changes.flatMap(
      ({ desired, holdReason, workspaceID, userName, applicationID, applicationName = applicationID }) => {
        if (desired === undefined || holdReason === 'Conflict') {
          return [];
        }
        const policy = `${namespace}/${name}`;
        const outcome = desired === 'Absent' ? ('loses' as const) : ('gains' as const);
        const difference = {
          policy,
          workspaceID,
          ...(userName !== undefined && { userName }),
          application: applicationName,
          outcome,
        };
        return [[`${policy} ${workspaceID} ${applicationID} ${outcome}`, difference] as const];
      },
    ),
  );
  return new Map(outcomes);
}
