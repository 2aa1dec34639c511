import { readFileSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import { formatMinute } from '../../../../clock.ts';
import { sanitize } from '../../../../sanitize.ts';
import { toJson } from '../../../output/safeOutput.ts';
import { hashOf, moneyOf, section } from '../elements.ts';
import { type Html, html, trusted } from '../markup.ts';
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
  const style = readFileSync(new URL('../page.css', import.meta.url), 'utf8');
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'`;
  const { generatedAt, since } = report;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Application changes on Amazon WorkSpaces</title>
<style>${trusted(style)}</style>
</head>
<body>
<header>
<h1>Application changes on Amazon WorkSpaces</h1>
<p>From ${timeOf(since)} to ${timeOf(generatedAt)}, according to the audit log</p>
</header>
<main>
${tiles(report)}
${policies(report)}
${applications(report)}
${changes(report)}
</main>
</body>
</html>
`.markup;
}

function tiles({ total, savings }: ChangeReport): Html {
  const all: [string, string | number, string][] = [
    ['applications removed', total.removed, 'good'],
    ['applications installed', total.installed, 'progress'],
    ['calls rejected', total.rejected, 'failed'],
    ['results unknown', total.unknown, ''],
    ...(savings === undefined
      ? []
      : [['monthly savings', moneyOf(savings.monthly, savings.currency), ''] satisfies [string, string, string]]),
  ];
  const missing = savings?.withoutPrice ?? [];
  return html`<ul class="tiles">${all.map(([name, value, kind]) => html`<li class="${kind}"><strong>${value}</strong> ${name}</li>`)}</ul>
${missing.length === 0 ? '' : html`<p class="note">Savings exclude applications without a price: ${missing.join(', ')}.</p>`}`;
}

function policies({ policies: all, savings }: ChangeReport): Html {
  const rows = all.map(({ policy, removed, installed, rejected, unknown, monthlySavings }) => ({
    cells: [policy, removed, installed, rejected, unknown, ...money(monthlySavings, savings)],
  }));
  return section('Policies', ['Policy', 'Removed', 'Installed', 'Rejected', 'Unknown', ...moneyColumn(savings)], rows);
}

function applications({ applications: all, savings }: ChangeReport): Html {
  const rows = all.map(({ applicationID, name = applicationID, removed, installed, monthlySavings }) => ({
    cells: [name, removed, installed, ...money(monthlySavings, savings)],
  }));
  return section('Applications', ['Application', 'Removed', 'Installed', ...moneyColumn(savings)], rows);
}

function changes({ changes: all }: ChangeReport): Html {
  const columns = ['Time', 'WorkSpace', 'User', 'Application', 'Action', 'Result', 'Reason', 'Policy', 'Edited by'];
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
      [one.editedBy, one.approvedBy === undefined ? undefined : `approved by ${one.approvedBy}`]
        .filter((text) => text !== undefined)
        .join(', '),
    ],
  }));
  const more = all.length - rows.length;
  return html`${section('Changes', columns, rows)}
${more === 0 ? '' : html`<p class="note">${more} more changes; use -o csv.</p>`}`;
}

function money(amount: number | undefined, savings: ChangeReport['savings']): string[] {
  return savings === undefined ? [] : [moneyOf(amount ?? 0, savings.currency)];
}

function moneyColumn(savings: ChangeReport['savings']): string[] {
  return savings === undefined ? [] : ['Monthly savings'];
}

function timeOf(time: string): string {
  return formatMinute(new Date(time));
}
