import { readFileSync } from 'node:fs';
import { sanitize } from '../../../sanitize.ts';
import type { Compliance } from '../../../status/compliance.ts';
import type { ReportedCosts } from './costs.ts';
import type { FleetReport } from './document.ts';
import { moneyOf, section, table } from './elements.ts';
import { type Html, html } from './markup.ts';
import { selfContainedPage, tileList, timeOf } from './selfContainedPage.ts';
import type { ReportedWorkspace } from './workspaces.ts';

/** Formats a report as a self-contained page. It loads no other file and runs no other script. */
export function reportPage(report: FleetReport): string {
  const source = readFileSync(new URL('./search.js', import.meta.url), 'utf8');
  return selfContainedPage({
    title: 'Application compliance of Amazon WorkSpaces',
    lead: `Generated at ${timeOf(report.generatedAt)}`,
    main: [
      tiles(report),
      policies(report),
      applications(report),
      holds(report),
      sources(report),
      history(report),
      workspaces(report),
    ],
    script: { source, cells: report.workspaces.map(cellsOf) },
  });
}

function tiles({ compliance, costs }: FleetReport): Html {
  const { selected, compliant, drifted, held, failed, inProgress, unknown = 0 } = compliance;
  const all: [string, string | number, string][] = [
    ['WorkSpaces', selected, ''],
    ['compliant', compliant, 'good'],
    ['drifted', drifted, 'drifted'],
    ['held', held, 'held'],
    ['in progress', inProgress, 'progress'],
    ['failed', failed, 'failed'],
    ...(unknown === 0 ? [] : [['unknown', unknown, ''] satisfies [string, number, string]]),
    ...(costs === undefined ? [] : costTiles(costs)),
  ];
  return html`${tileList(all)}
${costs === undefined ? '' : html`<p class="note">${costs.note}</p>`}
${costs !== undefined && costs.withoutPrice.length > 0 ? html`<p class="note">Costs exclude applications without a price: ${costs.withoutPrice.join(', ')}.</p>` : ''}`;
}

function costTiles({ currency, associated, toRemove, savesFrom }: ReportedCosts): [string, string, string][] {
  return [
    ['monthly cost', moneyOf(associated, currency), ''],
    [
      savesFrom === undefined ? 'monthly savings' : `monthly savings from ${savesFrom}`,
      moneyOf(toRemove, currency),
      '',
    ],
  ];
}

function policies({ policies: all }: FleetReport): Html {
  const rows = all.map(({ policy, enforcement, compliance, blocker }) => ({
    cells: [
      policy,
      enforcement,
      ...(compliance === undefined ? ['–', 'not evaluated'] : [bar(compliance), wordsFor(compliance)]),
    ],
    blocker: blocker && `${blocker.reason}: ${blocker.message ?? 'requires manual action; see Changes on hold'}`,
  }));
  return section('Policies', ['Policy', 'Enforcement', 'Compliance', 'WorkSpaces'], rows);
}

/** Returns a bar with the shares of WorkSpaces by compliance. The part of drift is neither held, nor in progress, nor failed. */
function bar({ selected, compliant, drifted, held, failed, inProgress }: Compliance): Html {
  const parts: [string, number][] = [
    ['good', compliant],
    ['drifted', drifted - held - inProgress - failed],
    ['held', held],
    ['progress', inProgress],
    ['failed', failed],
  ];
  const total = Math.max(selected, 1);
  let start = 0;
  const shares = parts.map(([kind, count]) => {
    const x = start;
    start += (100 * count) / total;
    return html`<rect class="${kind}" x="${x}%" width="${(100 * count) / total}%" height="100%"/>`;
  });
  return html`<span class="bar"><svg role="img" aria-label="${percentOf(compliant, selected)} compliant" height="12">${shares}</svg> ${percentOf(compliant, selected)}</span>`;
}

/** Returns a percentage, rounded down, so that 100% means all. */
function percentOf(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.floor((100 * part) / whole)}%`;
}

function wordsFor({ selected, compliant, drifted, held, failed, inProgress, unknown = 0 }: Compliance): string {
  const others = Object.entries({ drifted, held, 'in progress': inProgress, failed, unknown }).filter(
    ([, count]) => count > 0,
  );
  return [`${compliant} of ${selected} compliant`, ...others.map(([name, count]) => `${count} ${name}`)].join(', ');
}

function applications({ applications: all, costs }: FleetReport): Html {
  const money = costs === undefined ? [] : [`${costs.currency} per month`];
  const rows = all.map(({ applicationID, name = applicationID, compliance, monthlyCost, ...counts }) => ({
    cells: [
      html`${name}<small>${name === applicationID ? '' : applicationID}</small>`,
      bar(compliance),
      ...[counts.associated, counts.toRemove, counts.toInstall],
      ...(costs === undefined ? [] : [monthlyCost?.toFixed(2) ?? '–']),
    ],
  }));
  return section(
    'Applications',
    ['Application', 'Compliance', 'Associated', 'To remove', 'To install', ...money],
    rows,
  );
}

function holds({ holds: all }: FleetReport): Html {
  const rows = all.map(({ reason, associations, until, message }) => ({
    cells: [reason, associations, until === undefined ? 'unknown' : timeOf(until), message],
  }));
  return section('Changes on hold', ['Reason', 'Associations', 'Earliest end', 'Message'], rows);
}

function sources({ sources: all, unknownSources }: FleetReport): Html {
  const rows = all.map(
    ({ bundleID, imageID = '–', applicationID, applicationName = applicationID, workspaces, message }) => ({
      cells: [bundleID, imageID, applicationName, workspaces, message],
    }),
  );
  const title = 'Sources of drift';
  return html`${section(title, ['Bundle', 'Image', 'Application', 'WorkSpaces', 'Effect'], rows)}
${unknownSources === undefined ? '' : html`<p class="note">${title}: ${sanitize(unknownSources, 1024)}</p>`}`;
}

function history({ policies: all }: FleetReport): Html {
  const columns = ['Policy', 'Time', 'Disassociated', 'Associated', 'Deployed', 'Failed calls'];
  const rows = all.flatMap(({ policy, history: runs }) =>
    runs.map(({ time, disassociated, associated, deployed, failed }) => ({
      cells: [policy, timeOf(time), disassociated, associated, deployed, failed],
    })),
  );
  return section('Latest runs with changes', columns, rows);
}

const COLUMNS = ['WorkSpace', 'User', 'Application', 'AWS state', 'Status', 'Reason', 'Policy'];

function workspaces({ workspaces: all }: FleetReport): Html {
  const statuses = [...new Set(all.map(({ status }) => status))];
  return html`<section id="workspaces"><h2>WorkSpaces</h2>
<form role="search">
<label>Search <input type="search" id="search" placeholder="User, WorkSpace, application, reason" autocomplete="off"></label>
<label>Status <select id="status"><option value="">All</option>${statuses.map((status) => html`<option>${status}</option>`)}</select></label>
<output id="count">${all.length} entries</output>
</form>
${table(COLUMNS, html`<tbody id="rows"></tbody>`)}
<button type="button" id="more" hidden>Show more</button>
<noscript><p class="note">This table requires JavaScript. Without JavaScript, use <code>wsap report -o csv</code>.</p></noscript>
</section>`;
}

/** Returns the cells of a row, in the order of the columns. */
function cellsOf(one: ReportedWorkspace): string[] {
  const { workspaceID, userName = '', applicationID = '', applicationName = applicationID, state = '', status } = one;
  const { holdReason, until, message, policy } = one;
  const end = until === undefined ? '' : ` until ${timeOf(until)}`;
  const why = holdReason === undefined ? message : `${message} (${holdReason}${end})`;
  return [workspaceID, userName, applicationName, state, status, why, policy].map((cell) => sanitize(cell, 1024));
}
