import type { Command, Option } from 'commander';

/** Completions for the word at the cursor. */
export interface Candidates {
  readonly words: readonly { readonly value: string; readonly description: string }[];
  /** Whether the shell completes files, too. */
  readonly files: boolean;
}

/** Reads the names of policies in the cluster that the flags select. Resolves with no names if they can't be read. */
export type PolicyNames = (flags: Readonly<Record<string, string>>) => Promise<readonly string[]>;

/** Options and arguments whose values are files or folders. */
const FILES = /<(file|files|path|paths|folders)(\.\.\.)?>/;
const NO_CANDIDATES: Candidates = { words: [], files: false };

/** Returns the candidates for the last of the words after `wsap`. That word may be empty or incomplete. */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  policyNames: PolicyNames,
): Promise<Candidates> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const [verb] = before;
  const command = program.commands.find((candidate) => candidate.name() === verb);
  if (command === undefined) {
    return before.length > 0
      ? NO_CANDIDATES
      : startingWith(
          current,
          program.commands.filter(isVisible).map((visible) => word(visible.name(), visible.summary())),
        );
  }
  const given = before.slice(1);
  const openOption = optionBeforeCursor(command, given);
  if (openOption !== undefined) {
    return startingWith(
      current,
      (openOption.argChoices ?? []).map((choice) => word(choice, '')),
      FILES.test(openOption.flags),
    );
  }
  if (current.startsWith('-')) {
    const options = command.createHelp().visibleOptions(command);
    return startingWith(
      current,
      options.map(({ long, short, description }) => word(long ?? short ?? '', description)),
    );
  }
  const [argument] = command.registeredArguments;
  if (argument === undefined) {
    return NO_CANDIDATES;
  }
  if (argument.name() === 'folders') {
    return { words: [], files: true };
  }
  if (argument.argChoices !== undefined) {
    return startingWith(
      current,
      argument.argChoices.map((choice) => word(choice, '')),
    );
  }
  const flags = flagsIn(command, given);
  return startingWith(
    current,
    (await policyNames(flags)).filter((name) => !given.includes(name)).map((name) => word(name, '')),
  );
}

/** Returns the option whose value is at the cursor. */
function optionBeforeCursor(command: Command, words: readonly string[]): Option | undefined {
  const last = words.at(-1);
  const option = command.options.find(({ short, long }) => last !== undefined && (last === short || last === long));
  return option?.required || option?.optional ? option : undefined;
}

/** Returns the flags with values among the words, by attribute name. */
function flagsIn(command: Command, words: readonly string[]): Record<string, string> {
  const flags: Record<string, string> = {};
  for (const [index, text] of words.entries()) {
    const option = command.options.find(({ short, long }) => text === short || text === long);
    const value = words[index + 1];
    if (option?.required && value !== undefined) {
      flags[option.attributeName()] = value;
    }
  }
  return flags;
}

function startingWith(prefix: string, words: Candidates['words'], files = false): Candidates {
  return { words: words.filter(({ value }) => value.startsWith(prefix)), files };
}

function word(value: string, description: string) {
  return { value, description };
}

function isVisible(command: Command): boolean {
  return !command.name().startsWith('__');
}
