/**
 * For tests: the package as `npm pack` makes it, installed into an empty folder outside the repository. Nothing is fetched:
 * the packages that it declares, and those that the example declares for its own tests, are links to those of the
 * repository. A package that the sources import without declaring it is not there.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const repository = resolve(import.meta.dirname, "..", "..");

export interface CommandRun {
  readonly status: number | null;
  /** Standard output and standard error together. */
  readonly output: string;
}

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

export class InstalledPackage {
  readonly folder: string;
  readonly files: readonly PackedFile[];
  /** Bytes of the tarball. */
  readonly size: number;

  /** Packs and installs. `contents`, a folder of the package or texts by file name, is copied into the new folder; a package.json among it. */
  constructor(contents: string | Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), "anemone-package-"));
    // What `prepare` builds is there already wherever tests run.
    const packed = spawnSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", this.folder], {
      cwd: repository,
      encoding: "utf8",
    });
    if (packed.status !== 0) throw new Error(`npm pack failed: ${packed.stderr}`);
    const [tarball] = JSON.parse(packed.stdout);
    this.files = tarball.files;
    this.size = tarball.size;
    const target = join(this.folder, "node_modules", "anemone");
    mkdirSync(target, { recursive: true });
    const unpacked = spawnSync("tar", [
      "-xzf",
      join(this.folder, tarball.filename),
      "-C",
      target,
      "--strip-components=1",
    ]);
    if (unpacked.status !== 0) throw new Error(`tar failed: ${unpacked.stderr}`);
    if (typeof contents === "string") cpSync(join(target, contents), this.folder, { recursive: true });
    else for (const [name, text] of Object.entries(contents)) writeFileSync(join(this.folder, name), text);
    const declared = (path: string): Record<string, string> => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
      return path === this.folder ? { ...dependencies, ...devDependencies } : dependencies;
    };
    for (const name of Object.keys({ ...declared(target), ...declared(this.folder) })) {
      if (name !== "anemone") this.#link(name);
    }
    mkdirSync(join(this.folder, "node_modules", ".bin"));
    const { bin } = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
    chmodSync(join(target, bin.anemone), 0o755);
    symlinkSync(join("..", "anemone", bin.anemone), join(this.folder, "node_modules", ".bin", "anemone"));
    for (const command of ["tsc", "vitest", "bun"])
      symlinkSync(
        join(repository, "node_modules", ".bin", command),
        join(this.folder, "node_modules", ".bin", command),
      );
  }

  #link(name: string): void {
    const source = join(repository, "node_modules", name);
    if (!existsSync(source)) throw new Error(`the package ${name} is declared, but not installed`);
    const target = join(this.folder, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(source, target);
  }

  /** Runs a line of shell in the folder. `npx` is left out: the commands are on the path. */
  run(line: string): CommandRun {
    const run = spawnSync("bash", ["-c", `${line.replaceAll(/\bnpx /g, "")}`], {
      cwd: this.folder,
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${join(this.folder, "node_modules", ".bin")}:${process.env["PATH"]}`,
      },
      maxBuffer: 1 << 26,
    });
    return { status: run.status, output: `${run.stdout}${run.stderr}` };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
