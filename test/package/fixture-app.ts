import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const root = join(__dirname, '../..')
export const fixtures = join(__dirname, 'fixtures')

/** How a command ended. */
export interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Environment of a command, beside that of the tests. */
export type Environment = Readonly<Record<string, string>>

/** Runs a command; does not throw, whatever its exit status. */
export async function attempt(
  folder: string,
  command: string,
  parameters: readonly string[],
  environment: Environment = {},
): Promise<Outcome> {
  const env = { ...ownEnvironment(), NO_COLOR: '1', ...environment }
  const options = { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 }
  try {
    return { status: 0, ...(await promisify(execFile)(command, [...parameters], options)) }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { status: code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}

/** Runs a command and gives its output; throws with everything it said if it fails. */
export async function run(
  folder: string,
  command: string,
  parameters: readonly string[],
  environment: Environment = {},
): Promise<string> {
  const { status, stdout, stderr } = await attempt(folder, command, parameters, environment)
  if (status !== 0)
    throw new Error(`${command} ${parameters.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** A command that goes on running. */
export interface Program {
  /** Waits for a line; throws with everything that was said if the program ends before it. */
  says(line: RegExp): Promise<{ readonly said: string; readonly found: string }>
  /** Asks it to end, and waits until it has. */
  end(): Promise<void>
}

/** Starts a command that goes on running. */
export function start(
  folder: string,
  command: string,
  parameters: readonly string[],
  environment: Environment = {},
): Program {
  const env = { ...ownEnvironment(), NO_COLOR: '1', ...environment }
  const child = spawn(command, parameters, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    says: (line) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = line.exec(said)?.[0]
          if (found !== undefined) resolve({ said, found })
        }
        child.stdout.on('data', look)
        child.once('error', reject)
        void ended.then(() => reject(new Error(`${command} ${parameters.join(' ')} has ended:\n${said}`)))
        look()
      }),
    end: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** Without what `npm test` tells the scripts it runs: it would lead npm back to this package. */
function ownEnvironment(): Record<string, string | undefined> {
  const told =
    /^(npm_package_|npm_lifecycle_|npm_config_local_prefix$|npm_command$|FORCE_COLOR$|NODE_OPTIONS$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !told.test(name)))
}

/** What `npm publish` would upload. */
export interface Tarball {
  readonly file: string
  readonly paths: readonly string[]
}

/** Packs the repository; `npm test` has built it, a jest run by itself may have to. */
export async function pack(into: string): Promise<Tarball> {
  if (!existsSync(join(root, 'dist'))) await run(root, 'npm', ['run', 'build'])
  const parameters = ['pack', '--json', '--ignore-scripts', '--pack-destination', into]
  const [packed] = JSON.parse(await run(root, 'npm', parameters)) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ]
  return { file: join(into, packed.filename), paths: packed.files.map(({ path }) => path) }
}

/** Packages that are installed with a compiled part, which is copied instead of being compiled again. */
const NATIVE = ['better-sqlite3', 'sqlite3']

/** What the programs of the documentation use beside the module. */
const DOCUMENTED = [
  'typeorm-transactional',
  '@nestjs/common',
  '@nestjs/core',
  'rxjs',
  'nestjs-cls',
  '@nestjs-cls/transactional',
  '@nestjs-cls/transactional-adapter-typeorm',
]

/**
 * An application with its own node_modules: the packed module, and beside it what the repository itself is
 * tested with. `typeorm` names the repository's package that holds the wanted version.
 */
export async function createApp(
  folder: string,
  tarball: Tarball,
  fixture: string,
  typeorm: 'typeorm' | 'typeorm-0.3',
  program: 'bank' | 'host' = 'bank',
): Promise<void> {
  await cp(join(fixtures, fixture), folder, { recursive: true })
  await cp(join(fixtures, program), folder, { recursive: true })
  const others = ['better-sqlite3', 'pg', 'reflect-metadata', 'typescript', '@types/node', ...DOCUMENTED]
  if (typeorm === 'typeorm-0.3') others.push('sqlite3')
  await install(folder, [tarball.file, `typeorm@${await versionOf(typeorm)}`], others)
}

/** Installs packages, and others in the versions that the repository itself is tested with. */
export async function install(
  folder: string,
  packages: readonly string[],
  others: readonly string[],
): Promise<void> {
  const wanted = [...packages]
  for (const name of others) wanted.push(`${name}@${await versionOf(name)}`)
  const quietly = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock']
  await run(folder, 'npm', ['install', ...quietly, ...wanted])
  await copyNative(folder)
}

/** Gives those installed packages their compiled part that need one. */
export async function copyNative(folder: string): Promise<void> {
  for (const name of NATIVE.filter((native) => existsSync(join(folder, 'node_modules', native)))) {
    const build = join('node_modules', name, 'build')
    await rm(join(folder, build), { recursive: true, force: true })
    await cp(join(root, build), join(folder, build), { recursive: true })
  }
}

/** The version that the repository is tested with. */
export async function versionOf(name: string): Promise<string> {
  const manifest = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** Compiles what is in the folder with the TypeScript and the settings of the application around it. */
export async function compile(app: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await run(folder, process.execPath, [join(app, 'node_modules/typescript/bin/tsc'), '-p', '.'])
}
