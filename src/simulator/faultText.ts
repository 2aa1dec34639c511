import type { Fault } from './faults.ts';
import { problemsOf, showPath } from './schema.ts';

/**
 * A fault as one writes it on a command line: its kind, then fields, as `Throttle,operation=DescribeWorkspaces,times=3`. A message
 * can't hold a comma. Throws an Error that says what would be right.
 */
export function parseFault(text: string): Fault {
  const [kind = '', ...fields] = text.split(',');
  const entries = fields.map((field) => {
    const [, name = field, value = ''] = /^([^=]*)=(.*)$/s.exec(field) ?? [];
    return [name, /^-?\d+(\.\d+)?$/.test(value) && name !== 'message' ? Number(value) : value];
  });
  const fault: unknown = { fault: kind, ...Object.fromEntries(entries) };
  const [problem] = problemsOf(fault, 'fault');
  if (problem === undefined) {
    return fault as Fault;
  }
  const path = showPath(problem.path);
  throw new Error(path === '' ? problem.text : `${path}: ${problem.text}`);
}
