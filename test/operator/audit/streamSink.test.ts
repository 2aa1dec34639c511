import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = pathToFileURL(`${process.cwd()}/src/`).href;
/** Number of characters of a record that doesn't fit in a pipe. */
const LARGE = 300_000;

/** Runs a script in a process with the log and the audit sink of the operator. Its standard output is a pipe. */
function run(script: string) {
  const source = `
    import { createLog } from '${ROOT}cli/output/log.ts';
    import { exitWhenWritten } from '${ROOT}cli/output/exitWhenWritten.ts';
    import { auditSinkOf } from '${ROOT}operator/audit/auditSink.ts';
    const log = createLog({ level: 'info', format: 'json' });
    const sink = auditSinkOf('-');
    const record = (character) => character.repeat(${LARGE});
    const report = (event) => process.stderr.write(event + '\\n');
    ${script}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe.concurrent('standard output', () => {
  test('keeps records and log lines whole if its reader is slow', async () => {
    const child = run(`
      const written = [sink.append([record('a')])];
      log.info('between');
      written.push(sink.append([record('b'), record('c')]));
      log.info('last');
      report('queued');
      await Promise.all(written);`);
    await once(child.stderr, 'data');
    const lines = (await text(child.stdout)).trimEnd().split('\n');
    const kinds = lines.map((line) => (line.startsWith('{') ? JSON.parse(line).msg : `${line[0]} ${line.length}`));
    expect(kinds).toEqual([`a ${LARGE}`, 'between', `b ${LARGE}`, `c ${LARGE}`, 'last']);
  });

  test('resolves only after the whole record was written', async () => {
    const child = run(`
      let isWritten = false;
      const written = sink.append([record('a')]).then(() => { isWritten = true; });
      setTimeout(() => report('waited ' + isWritten), 50);
      await written;
      report('written ' + isWritten);`);
    const [waited] = await once(child.stderr, 'data');
    expect(String(waited)).toBe('waited false\n');
    const [output, events] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(output).toHaveLength(LARGE + 1);
    expect(events).toBe('written true\n');
  });

  test('rejects a record without its reader, while the log continues', async () => {
    const child = run(`
      const closed = setInterval(async () => {
        log.info('line');
        const error = await sink.append(['record']).catch((error) => error);
        if (error !== undefined) {
          clearInterval(closed);
          log.info('line');
          await sink.append(['record']).catch(() => report('rejected'));
        }
      }, 1);`);
    child.stdout.destroy();
    const [events, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect({ events, code }).toEqual({ events: 'rejected\n', code: 0 });
  });

  test('gets all lines before the process exits', async () => {
    const child = run(`
      void sink.append([record('a')]);
      log.fatal('crashed');
      report('exiting');
      exitWhenWritten(1);`);
    await once(child.stderr, 'data');
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(output.slice(LARGE)).toContain('"msg":"crashed"');
    expect(code).toBe(1);
  });

  test('does not keep a process alive whose reader is stuck', async () => {
    const child = run(`
      void sink.append([record('a')]);
      exitWhenWritten(1);`);
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
  });
});
