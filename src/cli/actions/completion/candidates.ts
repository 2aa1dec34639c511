import type { Command, Option } from 'commander';

/** What may stand where the cursor is. */
export interface Candidates {
  readonly words: readonly { readonly value: string; readonly description: string }[];
  /** Whether the shell offers files, too. */
  readonly files: boolean;
}

/** Names of what the cluster holds, for the flags that were given; none where they can't be had. */
export type PolicyNames = (flags: Readonly<Record<string, string>>) => Promise<readonly string[]>;

/** Values that are files or folders. */
const FILES = /<(file|files|path|paths|folders)(\.\.\.)?>/;
const NOTHING: Candidates = { words: [], files: false };

/** The candidates for the last of the words behind `wsap`, which may be empty or begun. */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  names: PolicyNames,
): Promise<Candidates> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const [verb] = before;
  const command = program.commands.find((one) => one.name() === verb);
  if (command === undefined) {
    return before.length > 0
      ? NOTHING
      : only(
          current,
          program.commands.filter(isShown).map((one) => word(one.name(), one.description())),
        );
  }
  const given = before.slice(1);
  const expecting = optionExpecting(command, given);
  if (expecting !== undefined) {
    return only(
      current,
      (expecting.argChoices ?? []).map((choice) => word(choice, '')),
      FILES.test(expecting.flags),
    );
  }
  if (current.startsWith('-')) {
    const options = command.createHelp().visibleOptions(command);
    return only(
      current,
      options.map((option) => word(option.long ?? option.short ?? '', option.description)),
    );
  }
  const [argument] = command.registeredArguments;
  if (argument === undefined) {
    return NOTHING;
  }
  if (argument.name() === 'folders') {
    return { words: [], files: true };
  }
  if (argument.argChoices !== undefined) {
    return only(
      current,
      argument.argChoices.map((choice) => word(choice, '')),
    );
  }
  const flags = flagsIn(command, given);
  return only(
    current,
    (await names(flags)).filter((name) => !given.includes(name)).map((name) => word(name, '')),
  );
}

function optionExpecting(command: Command, given: readonly string[]): Option | undefined {
  const last = given.at(-1);
  const option = command.options.find(({ short, long }) => last !== undefined && (last === short || last === long));
  return option?.required || option?.optional ? option : undefined;
}

/** The kubectl flags among the words, by their long names. */
function flagsIn(command: Command, given: readonly string[]): Record<string, string> {
  const flags: Record<string, string> = {};
  for (const [index, text] of given.entries()) {
    const option = command.options.find(({ short, long }) => text === short || text === long);
    const value = given[index + 1];
    if (option?.required && value !== undefined) {
      flags[option.attributeName()] = value;
    }
  }
  return flags;
}

function only(begun: string, words: Candidates['words'], files = false): Candidates {
  return { words: words.filter(({ value }) => value.startsWith(begun)), files };
}

function word(value: string, description: string) {
  return { value, description };
}

function isShown(command: Command): boolean {
  return !command.name().startsWith('__');
}
