import process from 'node:process';

/** Whether what is printed may be coloured: on a terminal that shows colours, unless NO_COLOR says no (https://no-color.org). */
export function isColoured(): boolean {
  const { isTTY = false } = process.stdout;
  return isTTY && process.stdout.hasColors() && !process.env.NO_COLOR;
}
