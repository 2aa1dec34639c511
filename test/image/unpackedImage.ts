import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../environment/image/command.ts';
import { buildImage } from '../environment/image/image.ts';

/** Parts of an image configuration (application/vnd.oci.image.config.v1+json). */
export interface ImageConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** File system and configuration of the built image, in a temporary folder that is deleted on disposal. */
export class UnpackedImage implements AsyncDisposable {
  /** Name with tag. */
  readonly reference: string;
  /** Root of the file system. */
  readonly root: string;
  readonly config: ImageConfig;
  /** Size of the compressed layers, in bytes. */
  readonly compressedBytes: number;
  readonly #folder: string;

  private constructor(folder: string, image: Pick<UnpackedImage, 'reference' | 'root' | 'config' | 'compressedBytes'>) {
    this.#folder = folder;
    this.reference = image.reference;
    this.root = image.root;
    this.config = image.config;
    this.compressedBytes = image.compressedBytes;
  }

  /** Builds the image if needed, and unpacks it. Requires root, because files keep their owners. */
  static async create(): Promise<UnpackedImage> {
    const { archive, reference } = await buildImage();
    if (process.getuid?.() !== 0) {
      throw new Error('containers require root; run: sudo npm run test:image');
    }
    const folder = await mkdtemp(join(tmpdir(), 'wsap-image-'));
    await runCommand('tar', ['-xf', archive, '-C', folder]);
    const blob = ({ digest }: Descriptor) => join(folder, 'blobs', digest.replace(':', '/'));
    const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
    const { manifests } = (await json(join(folder, 'index.json'))) as { manifests: [Descriptor] };
    const manifest = (await json(blob(manifests[0]))) as { config: Descriptor; layers: Descriptor[] };
    const root = join(folder, 'root');
    await mkdir(root);
    for (const layer of manifest.layers) {
      await runCommand('tar', ['-xf', blob(layer), '-C', root, '--numeric-owner', '--same-permissions']);
    }
    const removed = (await runCommand('find', [root, '-name', '.wh.*'])).trim();
    if (removed !== '') {
      throw new Error(`layers of the image remove files of other layers, which is not supported: ${removed}`);
    }
    const { config } = (await json(blob(manifest.config))) as { config: ImageConfig };
    const compressedBytes = manifest.layers.reduce((sum, { size }) => sum + size, 0);
    return new UnpackedImage(folder, { reference, root, config, compressedBytes });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
