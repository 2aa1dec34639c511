import type { Watcher } from './watcher.ts';
import type { SimulatedTime } from './time.ts';

/** Receives the lines of a timeline. */
export type PrintLine = (line: string) => void;

/** Returns a watcher that also prints all calls, responses, and statuses, each with its time. */
export function withTimeline(watcher: Watcher, time: SimulatedTime, print: PrintLine): Watcher {
  const line = (text: string) => print(`  ${(time.elapsed / 1_000).toFixed(2).padStart(9)} s  ${text}`);
  const printing: Partial<Watcher> = {
    callSent: (sent) => {
      watcher.callSent(sent);
      line(`process ${sent.process.identity} sends ${sent.operation} ${JSON.stringify(sent.input)}`);
    },
    changeApplied: (sent, call, before) => {
      watcher.changeApplied(sent, call, before);
      line(`AWS applies ${sent.operation} ${JSON.stringify(sent.input)}`);
    },
    changeRejected: (sent, call) => {
      watcher.changeRejected(sent, call);
      line(`AWS rejects ${sent.operation} ${JSON.stringify(sent.input)}`);
    },
    changeFailed: (sent) => {
      watcher.changeFailed(sent);
      line(`process ${sent.process.identity} gets an error of ${sent.operation} ${JSON.stringify(sent.input)}`);
    },
    responseReceived: (sent, output) => {
      watcher.responseReceived(sent, output);
      line(`process ${sent.process.identity} gets the response to ${sent.operation}: ${JSON.stringify(output).slice(0, Number(process.env.TRACE_WIDTH ?? 300))}`);
    },
    statusWritten: (process, object, sentAt) => {
      watcher.statusWritten(process, object, sentAt);
      line(`process ${process.identity} writes ${object.kind} ${object.metadata.name}: ${summaryOf(object.status)}`);
    },
  };
  return new Proxy(watcher, {
    get: (target, property) => {
      const value = Reflect.get(property in printing ? printing : target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, property, value) => Reflect.set(target, property, value, target),
  });
}

function summaryOf(status: any): string {
  const conditions = (status?.conditions ?? []).map((c: any) => `${c.type}=${c.status}/${c.reason}`).join(' ');
  const associations = (status?.associations ?? []).map((a: any) => Object.entries(a).filter(([k]) => !/name|userName|computerName/.test(k)).map(([k, v]) => typeof v === 'string' ? v.slice(0, 40) : `${k}:${JSON.stringify(v)}`).join('/')).join('\n                 ');
  const rest = JSON.stringify({ gen: status?.observedGeneration, plan: status?.plan, started: status?.started, removals: status?.recentRemovals, msg: (status?.conditions ?? []).find((c: any) => c.type === 'Ready')?.message });
  return `${conditions} ${rest}\n                 ${associations}`;
}
