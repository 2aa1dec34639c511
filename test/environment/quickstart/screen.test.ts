import { Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Screen } from './screen.ts';

beforeEach(() => {
  for (const name of ['FORCE_COLOR', 'NO_COLOR', 'NODE_DISABLE_COLORS', 'CI', 'COLORTERM', 'TMUX']) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('TERM', 'xterm-256color');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Returns a screen and its output, with 0.0 s for each duration. */
function screenOn(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  const getColorDepth = WriteStream.prototype.getColorDepth;
  const screen = new Screen(Object.assign(stream, { isTTY, getColorDepth }) as unknown as WriteStream);
  return { screen, written: () => text.replaceAll(/\d+\.\d s/g, '0.0 s') };
}

const CLEAR = '\r\x1b[2K';
const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;
const dim = (text: string) => `\x1b[2m${text}\x1b[22m`;

async function printPhases(screen: Screen): Promise<void> {
  await screen.phase(
    'starting',
    async () => screen.line('something happened'),
    () => 'started',
  );
  screen.beginPhase('next');
  screen.block('one\n\ntwo\n', 'dim');
}

describe('in a pipe', () => {
  it('prints plain lines when they are complete', async () => {
    const { screen, written } = screenOn(false);
    await printPhases(screen);

    expect(written()).toBe('something happened\n1  started … 0.0 s\n2  next\n   one\n\n   two\n');
  });

  it('prints the failed task', async () => {
    const { screen, written } = screenOn(false);
    const failing = screen.task(
      'starting',
      async () => {
        throw new Error('no');
      },
      () => 'started',
    );

    await expect(failing).rejects.toThrow('no');
    expect(written()).toBe('starting failed … 0.0 s\n');
  });
});

describe('on a terminal', () => {
  it('updates a progress line below the other lines', async () => {
    const { screen, written } = screenOn(true);
    await printPhases(screen);

    expect(written()).toBe(
      `${CLEAR}1  starting …${CLEAR}something happened\n1  starting …` +
        `${CLEAR}${bold('1  started')} ${dim('… 0.0 s')}\n${bold('2  next')}\n   ${dim('one')}\n\n   ${dim('two')}\n`,
    );
  });

  it('honors NO_COLOR', async () => {
    vi.stubEnv('NO_COLOR', '1');
    const { screen, written } = screenOn(true);
    await printPhases(screen);

    expect(written().replaceAll(CLEAR, '')).not.toContain('\x1b');
  });

  it('prints no escape sequences if TERM is dumb', async () => {
    vi.stubEnv('TERM', 'dumb');
    const { screen, written } = screenOn(true);
    await printPhases(screen);

    expect(written()).not.toContain('\x1b');
  });
});
