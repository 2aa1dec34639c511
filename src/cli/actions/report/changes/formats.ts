import { stringify } from 'csv-stringify/sync';
import { sanitize } from '../../../../sanitize.ts';
import { toJson } from '../../../output/safeOutput.ts';
import { moneyOf, section } from '../elements.ts';
import { type Html, html } from '../markup.ts';
import { selfContainedPage, tileList, timeOf } from '../selfContainedPage.ts';
import type { ChangeReport, ReportedChange } from './document.ts';

const COLUMNS = [
  'time',
  'policy',
  'workspaceID',
  'userName',
  'applicationID',
  'applicationName',
  'action',
  'verdict',
  'reason',
  'result',
  'error',
  'before',
  'plan',
  'editedBy',
  'approvedBy',
  'requestID',
] as const satisfies (keyof ReportedChange)[];

/** Maximum number of changes in a page. CSV and JSON contain all. */
const MAX_ROWS = 2_000;

/** Formats a report of changes. */
export const CHANGE_FORMATS: Readonly<Record<'html' | 'csv' | 'json', (report: ChangeReport) => string>> = {
  html: changePage,
  csv: changeCsv,
  json: toJson,
};

function changeCsv({ changes }: ChangeReport): string {
  const rows = changes.map((row) => COLUMNS.map((column) => sanitize(row[column] ?? '', 1024)));
  return stringify([[...COLUMNS], ...rows], { bom: true, escape_formulas: true, record_delimiter: 'windows' });
}

/** Formats a report as a self-contained page without a script. */
function changePage(report: ChangeReport): string {
  const { generatedAt, since, logStartsAt } = report;
  const isIncomplete = logStartsAt !== undefined && logStartsAt > since;
  const missing = isIncomplete ? `. The log begins at ${timeOf(logStartsAt)}, so earlier changes are missing` : '';
  return selfContainedPage({
    title: 'Application changes on Amazon WorkSpaces',
    lead: `From ${timeOf(since)} to ${timeOf(generatedAt)}, according to the audit log${missing}`,
    main: [tiles(report), policies(report), applications(report), changes(report)],
  });
}

function tiles({ total, savings }: ChangeReport): Html {
  const all: [string, string | number, string][] = [
    ['applications removed', total.removed, 'good'],
    ['applications installed', total.installed, 'progress'],
    ['calls rejected', total.rejected, 'failed'],
    ['results unknown', total.unknown, ''],
    ...(savings === undefined
      ? []
      : [[savingsTitle(savings), moneyOf(savings.monthly, savings.currency), ''] satisfies [string, string, string]]),
  ];
  const missing = savings?.withoutPrice ?? [];
  return html`${tileList(all)}
${savings === undefined ? '' : html`<p class="note">${savings.note}</p>`}
${missing.length === 0 ? '' : html`<p class="note">Savings exclude applications without a price: ${missing.join(', ')}.</p>`}`;
}

function savingsTitle({ savesFrom }: NonNullable<ChangeReport['savings']>): string {
  return savesFrom === undefined ? 'estimated monthly savings' : `estimated monthly savings from ${savesFrom}`;
}

function policies({ policies: all, savings }: ChangeReport): Html {
  const rows = all.map(({ policy, removed, installed, rejected, unknown, monthlySavings }) => ({
    cells: [policy, removed, installed, rejected, unknown, ...money(monthlySavings, savings)],
  }));
  return section('Policies', ['Policy', 'Removed', 'Installed', 'Rejected', 'Unknown', ...moneyColumn(savings)], rows);
}

function applications({ applications: all, savings }: ChangeReport): Html {
  const isUnpriced = (name: string) => savings?.withoutPrice.includes(name) === true;
  const rows = all.map(({ applicationID, name = applicationID, removed, installed, monthlySavings }) => ({
    cells: [name, removed, installed, ...(isUnpriced(name) ? ['no price'] : money(monthlySavings, savings))],
  }));
  return section('Applications', ['Application', 'Removed', 'Installed', ...moneyColumn(savings)], rows);
}

function changes({ changes: all }: ChangeReport): Html {
  const columns = ['Time', 'WorkSpace', 'User', 'Application', 'Action', 'Result', 'Reason', 'Policy', 'Authors'];
  const rows = all.slice(0, MAX_ROWS).map((one) => ({
    cells: [
      timeOf(one.time),
      one.workspaceID,
      one.userName ?? '',
      one.applicationName ?? one.applicationID,
      one.action,
      one.error === undefined ? one.result : `${one.result}: ${one.error}`,
      one.reason,
      one.policy,
      [authorOf(one.editedBy), one.approvedBy === undefined ? undefined : `approved by ${authorOf(one.approvedBy)}`]
        .filter((text) => text !== undefined)
        .join(', '),
    ],
  }));
  const more = all.length - rows.length;
  return html`${section('Changes', columns, rows)}
${more === 0 ? '' : html`<p class="note">${more} more changes; use -o csv.</p>`}`;
}

/** Returns a manager with a time as in the other columns. */
function authorOf(manager: string | undefined): string | undefined {
  return manager?.replace(/\d{4}-\d\d-\d\dT\S+Z$/, (time) => timeOf(time));
}

function money(amount: number | undefined, savings: ChangeReport['savings']): string[] {
  return savings === undefined ? [] : [moneyOf(amount ?? 0, savings.currency)];
}

function moneyColumn(savings: ChangeReport['savings']): string[] {
  return savings === undefined ? [] : ['Monthly savings (estimate)'];
}
