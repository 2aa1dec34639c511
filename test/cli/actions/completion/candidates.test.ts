import { Argument, Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { candidatesFor } from '../../../../src/cli/actions/completion/candidates.ts';

const program = new Command('wsap')
  .addCommand(
    new Command('get')
      .summary('list')
      .argument('[names...]')
      .option('-n, --namespace <name>')
      .option('-A, --all-namespaces')
      .addOption(new Option('-o, --output <format>').choices(['table', 'json'])),
  )
  .addCommand(new Command('plan').option('-f, --filename <paths...>'))
  .addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh'])))
  .addCommand(new Command('test').argument('<folders...>'));
program.addCommand(new Command('__complete'), { hidden: true });

const namesIn = async ({ namespace = 'default' }: Readonly<Record<string, string>>) => [
  `${namespace}-a`,
  `${namespace}-b`,
];

describe('completion of the word at the cursor', () => {
  test.each<[string[], string[], boolean]>([
    [[''], ['get', 'plan', 'completion', 'test'], false],
    [['p'], ['plan'], false],
    [['get', ''], ['default-a', 'default-b'], false],
    [['get', '-n', 'desktops', ''], ['desktops-a', 'desktops-b'], false],
    [['get', 'default-a', ''], ['default-b'], false],
    [['get', '--o'], ['--output'], false],
    [['get', '--'], ['--namespace', '--all-namespaces', '--output', '--help'], false],
    [['get', '-o', ''], ['table', 'json'], false],
    [['get', '-o', 'j'], ['json'], false],
    [['plan', '-f', ''], [], true],
    [['test', ''], [], true],
    [['completion', ''], ['bash', 'zsh'], false],
    [['nothing', ''], [], false],
  ])('completes %j with %j', async (words, expected, files) => {
    const found = await candidatesFor(program, words, namesIn);
    expect(found.words.map(({ value }) => value)).toEqual(expected);
    expect(found.files).toBe(files);
  });
});
