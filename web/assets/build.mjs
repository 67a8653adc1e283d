// Builds the pages' scripts, styles and pictures into web/static under names that hold a hash of
// their content, with manifest.json {logical name: file name} and licenses.txt beside them.
// The same sources give the same bytes: no times, no absolute paths, keys in order.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static");
// Filled beside the target and moved over it: a failed build leaves the last good one.
const fresh = `${target}.new`;

// Phones of about the last four years; older ones still read the pages, without the live parts.
const BROWSERS = ["chrome109", "firefox115", "safari16"];
const PAGES = ["src/app.ts", "src/gallery.ts", "src/board.ts"];
const STYLES = ["styles/app.css", "styles/zoom.css"];
const BUNDLED = ["htmx.org", "photoswipe", "thumbhash"];

function checkTypes() {
  const tsc = join(here, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", here], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

async function bundle(manifest) {
  const result = await esbuild.build({
    absWorkingDir: here,
    entryPoints: [...PAGES, ...STYLES],
    outdir: fresh,
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    charset: "utf8",
    legalComments: "none", // whole licences go into licenses.txt
    target: BROWSERS,
    metafile: true,
    logLevel: "warning",
  });
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    // Parts that are loaded when they are wanted count as entries too; nobody asks for them by name.
    if (![...PAGES, ...STYLES].includes(output.entryPoint)) continue;
    const logical = plainName(output.entryPoint) + extname(path);
    manifest[logical] = relative(fresh, join(here, path));
  }
}

function plainName(path) {
  return basename(path, extname(path));
}

async function copyPictures(manifest) {
  const folder = join(here, "images");
  for (const name of (await readdir(folder)).sort()) {
    const content = await readFile(join(folder, name));
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
    const hashed = `${plainName(name)}-${hash}${extname(name)}`;
    await writeFile(join(fresh, hashed), content);
    manifest[name] = hashed;
  }
}

async function collectLicences() {
  const parts = [];
  for (const name of BUNDLED) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    // thumbhash's package names its licence without the text; ours to add.
    const file = name === "thumbhash" ? join(here, "licenses", "thumbhash.txt") : join(folder, "LICENSE");
    const text = (await readFile(file, "utf8")).trim();
    parts.push(`${name} ${version} (${license})\n\n${text}\n`);
  }
  await writeFile(join(fresh, "licenses.txt"), parts.join(`\n${"-".repeat(78)}\n\n`));
}

async function replaceTarget() {
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
}

checkTypes();
await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
const manifest = {};
await bundle(manifest);
await copyPictures(manifest);
await collectLicences();
const ordered = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(join(fresh, "manifest.json"), `${JSON.stringify(ordered, null, 2)}\n`);
await replaceTarget();
console.log(`built ${Object.keys(ordered).length} assets into web/static`);
