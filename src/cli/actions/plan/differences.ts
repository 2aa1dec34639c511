import { compareBy } from '../../../compare.ts';
import { sanitize } from '../../../sanitize.ts';
import { toJson, toYaml } from '../../output/safeOutput.ts';
import { colored } from '../../output/terminal.ts';
import type { PlanDocument } from './document.ts';
import type { PlanFormat } from './formats.ts';

/** An outcome that only one of two versions of policies has. */
export interface Difference {
  /** `+`: only the later version has the outcome. `-`: only the earlier version. */
  readonly sign: '+' | '-';
  readonly policy: string;
  readonly workspaceID: string;
  readonly userName?: string;
  readonly application: string;
  /** What the WorkSpace loses or gains in that version. */
  readonly outcome: 'loses' | 'gains';
}

/** Compares the outcomes of two plans. Changes on hold count, too, because they only happen later. */
export function differencesBetween(before: PlanDocument, after: PlanDocument): Difference[] {
  const [old, current] = [outcomesIn(before), outcomesIn(after)];
  const only = (these: typeof old, others: typeof old, sign: Difference['sign']) =>
    [...these].filter(([key]) => !others.has(key)).map(([key, outcome]) => ({ key, difference: { sign, ...outcome } }));
  return [...only(old, current, '-'), ...only(current, old, '+')]
    .sort(compareBy(({ key }) => key))
    .map(({ difference }) => difference);
}

type Show = (differences: readonly Difference[], isColored: boolean) => string;

/** Output formats of the differences. */
export const DIFFERENCE_FORMATS: Readonly<Record<PlanFormat, Show>> = {
  table: (differences, isColored) => {
    const lines = differences.map((difference) => colored(STYLES[difference.sign], lineOf(difference), isColored));
    return `${[...lines, summaryOf(differences)].join('\n')}\n`;
  },
  json: (differences) => toJson(differences),
  yaml: (differences) => toYaml(differences),
  // Each line starts with a sign, so no text can end the block.
  markdown: (differences) =>
    differences.length === 0
      ? `**${summaryOf(differences)}**\n`
      : `\`\`\`diff\n${differences.map((difference) => `${lineOf(difference)}\n`).join('')}\`\`\`\n\n**${summaryOf(differences)}**\n`,
};

const STYLES = { '+': 'green', '-': 'red' } as const;

function lineOf({ sign, policy, workspaceID, userName, application, outcome }: Difference): string {
  const who = userName === undefined ? workspaceID : `${workspaceID} (${userName})`;
  return sanitize(`${sign} ${policy}: ${who} ${outcome} ${application}`, 400);
}

function summaryOf(differences: readonly Difference[]): string {
  const count = (sign: string) => differences.filter((difference) => difference.sign === sign).length;
  return `Differences: ${count('+')} added, ${count('-')} removed.`;
}

function outcomesIn({ policies }: PlanDocument): Map<string, Omit<Difference, 'sign'>> {
  const outcomes = policies.flatMap(({ namespace, name, changes }) =>
    changes.flatMap(
      ({ desired, holdReason, unrequested, workspaceID, userName, applicationID, applicationName = applicationID }) => {
        // A revert changes no outcome.
        if (desired === undefined || unrequested !== undefined || holdReason === 'Conflict') {
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
