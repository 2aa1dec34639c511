import { AWS_APPLICATIONS } from './catalog.ts';
import { generate } from './generate.ts';
import type { SeedProblem } from './schema.ts';
import type { SeedDocument } from './seedDocument.ts';

/** Returns problems that the schema doesn't cover: duplicate IDs and undeclared applications. */
export function consistencyProblems({
  applications = AWS_APPLICATIONS,
  bundles = [],
  images = [],
  queues = [],
  workspaces = [],
  generate: generated = [],
}: SeedDocument): SeedProblem[] {
  const problems: SeedProblem[] = [];
  const declared = new Set<string>();
  for (const [index, { applicationID }] of applications.entries()) {
    const path = ['applications', index, 'applicationID'];
    if (declared.has(applicationID)) {
      problems.push({ path, text: `${applicationID} is declared twice` });
    }
    declared.add(applicationID);
  }
  const known = new Set<string>();
  const add = (workspaceID: string, path: SeedProblem['path']) => {
    if (known.has(workspaceID)) {
      problems.push({ path, text: `the WorkSpace ${workspaceID} is defined twice` });
    }
    known.add(workspaceID);
  };
  for (const [index, { workspaceID }] of workspaces.entries()) {
    add(workspaceID, ['workspaces', index, 'workspaceID']);
  }
  for (const [index, entry] of generated.entries()) {
    for (const { workspaceID } of generate(entry)) {
      add(workspaceID, ['generate', index, 'idPrefix']);
    }
  }
  for (const [list, entries] of Object.entries({ workspaces, generate: generated })) {
    for (const [index, { applications: listed = [] }] of entries.entries()) {
      const seen = new Set<string>();
      for (const [position, application] of listed.entries()) {
        const id = typeof application === 'string' ? application : application.applicationID;
        const path = [list, index, 'applications', position];
        if (!declared.has(id)) {
          problems.push({ path, text: `${id} must be declared in applications` });
        }
        if (seen.has(id)) {
          problems.push({ path, text: `${id} is listed twice` });
        }
        seen.add(id);
      }
    }
  }
  return [...problems, ...bundleProblems({ bundles, images }, declared), ...queueProblems(queues)];
}

function queueProblems(queues: NonNullable<SeedDocument['queues']>): SeedProblem[] {
  const problems: SeedProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { name, deadLetterQueue }] of queues.entries()) {
    if (seen.has(name)) {
      problems.push({ path: ['queues', index, 'name'], text: `${name} is defined twice` });
    }
    seen.add(name);
    const target = queues.find((queue) => queue.name === deadLetterQueue);
    if (deadLetterQueue !== undefined && (target === undefined || target.deadLetterQueue !== undefined)) {
      const text = `${deadLetterQueue} must be another queue, without a dead-letter queue of its own`;
      problems.push({ path: ['queues', index, 'deadLetterQueue'], text });
    }
  }
  return problems;
}

function bundleProblems(
  { bundles, images }: Required<Pick<SeedDocument, 'bundles' | 'images'>>,
  declared: ReadonlySet<string>,
): SeedProblem[] {
  const problems: SeedProblem[] = [];
  const imageIDs = new Set(images.map(({ imageID }) => imageID));
  const lists = {
    bundles: bundles.map(({ bundleID: id, imageID, applications }) => ({ id, imageID, applications })),
    images: images.map(({ imageID: id, applications }) => ({ id, imageID: undefined, applications })),
  };
  for (const [list, entries] of Object.entries(lists)) {
    const seen = new Set<string>();
    for (const [index, { id, imageID, applications = [] }] of entries.entries()) {
      if (seen.has(id)) {
        problems.push({ path: [list, index], text: `${id} is defined twice` });
      }
      seen.add(id);
      if (imageID !== undefined && !imageIDs.has(imageID)) {
        problems.push({ path: [list, index, 'imageID'], text: `${imageID} must be declared in images` });
      }
      for (const [position, application] of applications.entries()) {
        if (!declared.has(application)) {
          problems.push({
            path: [list, index, 'applications', position],
            text: `${application} must be declared in applications`,
          });
        }
      }
    }
  }
  return problems;
}
