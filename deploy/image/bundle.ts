/** Creates a folder with the content of the image: `npm run bundle -- FOLDER`. */
import process from 'node:process';
import { writeContents } from './contents.ts';

const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write('npm run bundle -- FOLDER\n');
  process.exit(1);
}
await writeContents(target);
